"""How well one published day turned out, site by site: the rows of the tables ``scores`` and ``scores_by_hour``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.core.evaluation.metrics import INTERVALS, pinball_loss
from pipeline.core.models.contract import MEDIAN


def score_sites(site: np.ndarray, actual: np.ndarray, quantiles: np.ndarray, daily_change: np.ndarray) -> pd.DataFrame:
    """Return one row per site that has an actual, indexed by site.

    Args:
        site: ``(R,)`` index of each row's site, below ``N``.
        actual: ``(R,)`` throughput; NaN where it is not in, and such a row counts nowhere.
        quantiles: ``(R, Q)`` in the unit of throughput.
        daily_change: ``(N,)`` mean absolute change of the site from one day to the next before the forecast; NaN where unknown.

    Returns:
        ``steps``, ``actual_total``, ``wape``, ``mase``, ``pinball``, ``coverage50`` … and ``bias``, as the table ``scores`` says them;
        NaN where the divisor is 0.
    """
    known = np.isfinite(actual)
    site, actual, quantiles, n = site[known], actual[known], quantiles[known], len(daily_change)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(site, weights=values, minlength=n)

    steps, level = np.bincount(site, minlength=n), total(actual)
    absolute = total(np.abs(actual - quantiles[:, MEDIAN]))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "steps": steps,
            "actual_total": level,
            "wape": absolute / np.where(level > 0, level, np.nan),
            "mase": absolute / steps / np.where(daily_change > 0, daily_change, np.nan),
            "pinball": total(pinball_loss(actual, quantiles).mean(axis=1)) / steps,
            "bias": total(quantiles[:, MEDIAN] - actual) / np.where(level > 0, level, np.nan),
        }
        for name, (low, high) in INTERVALS.items():
            columns[name] = total((quantiles[:, low] <= actual) & (actual <= quantiles[:, high])) / steps
    scores = pd.DataFrame(columns)
    return scores[steps > 0]


def hour_sums(site: np.ndarray, hour: np.ndarray, actual: np.ndarray, quantiles: np.ndarray, sites: int) -> dict[str, np.ndarray]:
    """Return sums by site and hour of the target day, each ``(N, H)``: the row of the table ``scores_by_hour``.

    Args:
        site: ``(R,)`` index of each row's site, below ``sites``.
        hour: ``(R,)`` hours since the site's day began, from 0.
        actual: ``(R,)`` throughput; a row where it is NaN counts nowhere.
        quantiles: ``(R, Q)`` in the unit of throughput.
        sites: How many sites, ``N``.

    Returns:
        ``steps`` and ``inside80`` as whole numbers; ``actual``, ``absolute`` and ``signed`` (median less actual) in the unit of throughput.
    """
    known = np.isfinite(actual)
    hours = int(hour.max()) + 1 if len(hour) else 0
    place = (site * hours + hour)[known]
    actual, quantiles = actual[known], quantiles[known]
    low, high = INTERVALS["coverage80"]
    miss = quantiles[:, MEDIAN] - actual

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=values, minlength=sites * hours).reshape(sites, hours)

    inside = (quantiles[:, low] <= actual) & (actual <= quantiles[:, high])
    return {
        "steps": total(np.ones(len(actual))).astype(np.int64),
        "actual": total(actual),
        "absolute": total(np.abs(miss)),
        "signed": total(miss),
        "inside80": total(inside).astype(np.int64),
    }
