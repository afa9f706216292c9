"""How well one published day turned out, site by site: the rows of the table ``scores``."""

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
