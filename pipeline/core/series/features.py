"""The twelve features of one reading that the GRU seq2seq with attention was first built on."""

from __future__ import annotations

import numpy as np

from pipeline.core.series.calendar import Calendar
from pipeline.core.series.grid import Grid

CLOCK = ("sin_day", "cos_day", "sin_hour", "cos_hour", "sin_minute", "cos_minute")
FEATURES = ("device_num", "dxcc_usage", "thp_2", "thp_1", *CLOCK, "mean_thp", "thp")
DAY_PERIOD, HOUR_PERIOD, MINUTE_PERIOD = 30, 24, 60


def twelve_features(grid: Grid, calendar: Calendar) -> np.ndarray:
    """Return ``(N, D, S, 12)`` float32, last axis in the order of ``FEATURES``; NaN where a reading that the feature needs is missing.

    ``thp_1`` and ``thp_2`` are the readings one and two steps earlier, across midnight too; ``mean_thp`` is the mean of the readings of
    the last day's worth of steps up to and with this one. None looks ahead, and what the steps and the day number are is read from the
    site's wall clock.

    Args:
        grid: ``N`` sites, ``D`` days of ``S`` steps; a covariate it lacks is NaN throughout.
        calendar: The grid's calendar.
    """
    n, days, s = grid.shape
    out = np.full((n, days, s, len(FEATURES)), np.nan, np.float32)
    throughput = np.where(grid.observed, grid.throughput, np.nan).astype(np.float32)
    line = throughput.reshape(n, days * s)
    for i, name in enumerate(FEATURES[:2]):
        if name in grid.covariates:
            out[..., i] = grid.covariates[name]
    out[..., 2] = _earlier(line, 2).reshape(n, days, s)
    out[..., 3] = _earlier(line, 1).reshape(n, days, s)
    minute = np.arange(s) * grid.step_minutes
    out[..., 4:6] = _circle(calendar.day_of_month[:days], DAY_PERIOD)[None, :, None]
    out[..., 6:8] = _circle(minute // 60, HOUR_PERIOD)
    out[..., 8:10] = _circle(minute % 60, MINUTE_PERIOD)
    out[..., 10] = _trailing_mean(line, s).reshape(n, days, s)
    out[..., 11] = throughput
    return out


def _earlier(line: np.ndarray, steps: int) -> np.ndarray:
    earlier = np.full_like(line, np.nan)
    earlier[:, steps:] = line[:, : max(line.shape[1] - steps, 0)]
    return earlier


def _circle(position: np.ndarray, period: int) -> np.ndarray:
    """Sine and cosine of a position on a circle, ``(..., 2)``."""
    angle = 2 * np.pi * position / period
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _trailing_mean(line: np.ndarray, steps: int) -> np.ndarray:
    """Mean of the observed values of the last ``steps`` steps, each with its own; NaN where none was observed."""
    there = np.isfinite(line)
    total, count = _trailing_sum(np.where(there, line, 0.0), steps), _trailing_sum(there, steps)
    return np.divide(total, count, out=np.full(line.shape, np.nan), where=count > 0)


def _trailing_sum(line: np.ndarray, steps: int) -> np.ndarray:
    total = np.cumsum(line, axis=1, dtype=np.float64)
    total[:, steps:] -= total[:, :-steps].copy()
    return total
