"""Scores of a published day against a for-loop."""

import numpy as np
import pytest

from pipeline.core.evaluation.site_scores import score_sites
from pipeline.core.models.contract import QUANTILES


def test_scores_equal_those_of_a_loop_over_sites_and_steps():
    random = np.random.default_rng(0)
    site, actual = np.repeat([0, 1, 2], 40), random.uniform(1, 9, 120)
    actual[random.random(120) < 0.2] = np.nan
    quantiles, change = np.sort(random.uniform(0, 10, (120, 7)), axis=1), np.array([2.0, 0.5, np.nan])

    scores = score_sites(site, actual, quantiles, change)

    for s in range(3):
        rows = [(y, q) for y, q, where in zip(actual, quantiles, site, strict=True) if where == s and np.isfinite(y)]
        total = sum(y for y, _ in rows)
        error = sum(abs(y - q[3]) for y, q in rows)
        pinball = np.mean([max(level * (y - f), (level - 1) * (y - f)) for y, q in rows for level, f in zip(QUANTILES, q, strict=True)])
        expected = {
            "steps": len(rows),
            "actual_total": total,
            "wape": error / total,
            "mase": error / len(rows) / change[s],
            "pinball": pinball,
            "coverage50": np.mean([q[2] <= y <= q[4] for y, q in rows]),
            "coverage80": np.mean([q[1] <= y <= q[5] for y, q in rows]),
            "coverage90": np.mean([q[0] <= y <= q[6] for y, q in rows]),
            "bias": sum(q[3] - y for y, q in rows) / total,
        }
        assert scores.loc[s].to_dict() == pytest.approx(expected, nan_ok=True)


def test_a_site_without_an_actual_gets_no_score_and_a_silent_one_no_ratio():
    scores = score_sites(np.array([0, 0, 1]), np.array([0.0, 0.0, np.nan]), np.ones((3, 7)), np.array([0.0, 1.0]))

    assert scores.index.tolist() == [0]
    assert scores[["wape", "mase", "bias"]].isna().all(axis=None)
    assert scores["pinball"].tolist() == pytest.approx([np.mean(1 - np.array(QUANTILES))])
