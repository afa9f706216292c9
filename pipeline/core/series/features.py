"""Features by name: one number per step of a site's wall clock, made once for a whole grid and offered to every model alike.

A feature is to a model what a covariate is: a series beside the readings. Those made of readings are known up to the cutoff, and none looks
ahead of its step; those of clock and calendar are known ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.series.calendar import calendar_of
from pipeline.core.series.grid import Grid
from pipeline.errors import ConfigurationError

CLOCK = ("sin_day", "cos_day", "sin_hour", "cos_hour", "sin_minute", "cos_minute")
TWELVE = ("device_num", "dxcc_usage", "thp_2", "thp_1", *CLOCK, "mean_thp", "thp")  # of the GRU seq2seq with attention, in its order
KNOWN_AHEAD = (*CLOCK, "weekend", "holiday")
DAY_PERIOD, HOUR_PERIOD, MINUTE_PERIOD = 30, 24, 60

FEATURES: dict[str, Callable[[Grid], np.ndarray]] = {  # each gives (N, D, S), or what broadcasts to it
    "thp": lambda grid: _earlier(grid, 0),
    "thp_1": lambda grid: _earlier(grid, 1),
    "thp_2": lambda grid: _earlier(grid, 2),
    "lag_day": lambda grid: _earlier(grid, grid.shape[2]),
    "lag_week": lambda grid: _earlier(grid, 7 * grid.shape[2]),
    "mean_hour": lambda grid: _trailing_mean(grid, max(60 // grid.step_minutes, 1)),
    "mean_thp": lambda grid: _trailing_mean(grid, grid.shape[2]),
    "mean_week": lambda grid: _trailing_mean(grid, 7 * grid.shape[2]),
    "sin_minute": lambda grid: np.sin(_angle(_minutes(grid) % 60, MINUTE_PERIOD)),
    "cos_minute": lambda grid: np.cos(_angle(_minutes(grid) % 60, MINUTE_PERIOD)),
    "sin_hour": lambda grid: np.sin(_angle(_minutes(grid) // 60, HOUR_PERIOD)),
    "cos_hour": lambda grid: np.cos(_angle(_minutes(grid) // 60, HOUR_PERIOD)),
    "sin_day": lambda grid: np.sin(_angle(_days_of_month(grid), DAY_PERIOD)),
    "cos_day": lambda grid: np.cos(_angle(_days_of_month(grid), DAY_PERIOD)),
    "weekend": lambda grid: (calendar_of(grid).day_of_week >= 5)[None, :, None],
    "holiday": lambda grid: calendar_of(grid).holiday[:, :, None],
}


def with_features(grid: Grid, names: Sequence[str]) -> Grid:
    """Return the grid with the named features of ours among its covariates, or among what is planned; the very grid where none is named."""
    made = {name: np.ascontiguousarray(feature_of(grid, name)) for name in names if name in FEATURES}
    ahead = {name: values for name, values in made.items() if name in KNOWN_AHEAD}
    past = {name: values for name, values in made.items() if name not in ahead}
    return replace(grid, covariates=grid.covariates | past, planned=grid.planned | ahead) if made else grid


def check_features(names: Sequence[str], own: Iterable[str]) -> None:
    """Check that each name is a feature of ours or one of the table's ``own`` columns.

    Raises:
        ConfigurationError: One is neither.
    """
    columns = set(own) - set(FEATURES)
    if unknown := [name for name in names if name not in FEATURES and name not in columns]:
        known = ", ".join([*FEATURES, *sorted(columns)])
        raise ConfigurationError(f"unknown feature {unknown[0]!r}; expected some of {known}")


def feature_of(grid: Grid, name: str) -> np.ndarray:
    """Return a feature ``(N, D, S)`` float32, NaN where a reading that it needs is missing.

    At a site where the grid has values of that name, planned or measured, they are the feature; ours is made for the others. A name that
    nobody knows is NaN.
    """
    own = (grid.planned if name in grid.planned else grid.covariates).get(name)
    has_own = np.zeros((grid.shape[0], 1, 1), bool) if own is None else np.isfinite(own).any(axis=(1, 2), keepdims=True)
    if own is not None and (has_own.all() or name not in FEATURES):
        return own
    made = np.asarray(FEATURES[name](grid) if name in FEATURES else np.nan, np.float32)
    return np.broadcast_to(made, grid.shape) if own is None else np.where(has_own, own, made)


def stacked(grid: Grid, names: Sequence[str]) -> np.ndarray:
    """Return features side by side, ``(N, D, S, F)`` float32."""
    out = np.empty((*grid.shape, len(names)), np.float32)
    for i, name in enumerate(names):
        out[..., i] = feature_of(grid, name)
    return out


def _line(grid: Grid) -> np.ndarray:
    """Return the readings of each site one after the other, ``(N, D · S)``; NaN where unobserved."""
    return np.where(grid.observed, grid.throughput, np.float32(np.nan)).reshape(grid.shape[0], -1)


def _earlier(grid: Grid, steps: int) -> np.ndarray:
    """Return the reading ``steps`` steps before each step, across midnight too."""
    line = _line(grid)
    earlier = np.full_like(line, np.nan)
    earlier[:, steps:] = line[:, : max(line.shape[1] - steps, 0)]
    return earlier.reshape(grid.shape)


def _trailing_mean(grid: Grid, steps: int) -> np.ndarray:
    """Return the mean of the readings of the last ``steps`` steps, each with its own; NaN where there was none."""
    line = _line(grid)
    there = np.isfinite(line)
    total, count = _trailing_sum(np.where(there, line, 0.0), steps), _trailing_sum(there, steps)
    return np.divide(total, count, out=np.full(line.shape, np.nan), where=count > 0).reshape(grid.shape)


def _trailing_sum(line: np.ndarray, steps: int) -> np.ndarray:
    total = np.cumsum(line, axis=1, dtype=np.float64)
    total[:, steps:] -= total[:, :-steps].copy()
    return total


def _minutes(grid: Grid) -> np.ndarray:
    """Return the minute of the day of each step, ``(S,)``."""
    return np.arange(grid.shape[2]) * grid.step_minutes


def _days_of_month(grid: Grid) -> np.ndarray:
    return np.array([grid.day_at(day).day for day in range(grid.shape[1])])[:, None]


def _angle(position: np.ndarray, period: int) -> np.ndarray:
    return 2 * np.pi * position / period
