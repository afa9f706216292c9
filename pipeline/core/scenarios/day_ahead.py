"""Peaks of the day to come, when nothing but the readings tells how errors go together: dependence from the errors of the naive mean.

A model's own past errors would have to be forecast again for every past day. What goes together (a busy evening, a day that is higher as a
whole) goes together in the naive mean's errors too, and only their ranks are used: docs/research_log.md has what that costs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecast, Origins
from pipeline.core.models.past import past_of
from pipeline.core.models.rows import steps_of
from pipeline.core.scenarios.paths import PAST_DAYS, draw
from pipeline.core.scenarios.quantities import peaks
from pipeline.core.scenarios.spread import Correction, corrected, spread_of
from pipeline.core.series.grid import Grid

WEEK = 7
SITES_AT_ONCE = 100  # bounds memory: a hundred paths of each


def error_scores(grid: Grid, origins: Origins) -> np.ndarray:
    """Return normal scores ``(D, B, S)`` of the last days' errors of the naive mean, each step's ranked by itself; NaN where unknown.

    The naive mean is that of the day and the week before; of the day alone where the week before is unknown.
    """
    past, observed = past_of(grid, origins, PAST_DAYS + WEEK)
    readings = np.where(observed, past, np.nan).transpose(1, 0, 2)
    yesterday, last_week = readings[WEEK - 1 : -1], readings[:-WEEK]
    point = np.where(np.isnan(last_week), yesterday, (yesterday + last_week) / 2)
    errors = readings[WEEK:] - point
    rank = np.argsort(np.argsort(errors, axis=0, kind="stable"), axis=0, kind="stable")  # NaN last
    known = np.isfinite(errors)
    count = np.maximum(known.sum(axis=0), 1)
    return np.where(known, ndtri(np.minimum((rank + 0.5) / count, 1 - 0.5 / count)), np.nan).astype(np.float32)


def peak_quantiles(grid: Grid, made: Forecast) -> np.ndarray:
    """Return the quantiles ``(B, Q)`` of the largest reading of each forecast day, over the steps that the day has."""
    out = np.empty((len(made.origins), len(QUANTILE_COLUMNS)))
    counted = steps_of(grid, made.origins)
    for start in range(0, len(out), SITES_AT_ONCE):
        part = np.arange(start, min(start + SITES_AT_ONCE, len(out)))
        paths = draw(made.quantiles[part], error_scores(grid, made.origins.subset(part)))
        spread = spread_of(peaks(paths, counted[part]))
        out[part] = corrected(spread, Correction.none(len(part)))
    return out


def to_peak_rows(grid: Grid, made: Forecast) -> pd.DataFrame:
    """Return rows of (target_day, site, q05 … q95), one per origin: quantiles of the day's peak."""
    origins = made.origins
    rows = {"target_day": [grid.day_at(day) for day in origins.day], "site": [grid.sites[i].name for i in origins.site]}
    return pd.DataFrame(rows | dict(zip(QUANTILE_COLUMNS, peak_quantiles(grid, made).T, strict=True)))
