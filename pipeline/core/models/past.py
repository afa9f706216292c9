"""What a forecaster may look at: the days before each target day, with the steps after the cutoff masked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.core.models.contract import Origins
from pipeline.core.series.grid import Grid


def past_of(grid: Grid, origins: Origins, context_days: int, series: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the past ``(B, L, S)`` of each origin in float32, oldest day first, and where it was observed and known at the cutoff.

    Values are 0 wherever the mask is False: before the grid begins, in holes, and in the last ``unknown_steps`` steps.

    Args:
        grid: The readings.
        origins: ``B`` rows.
        context_days: ``L``.
        series: What to cut instead of the throughput, ``(N, D, S)``, observed where it is finite.
    """
    _, d, s = grid.shape
    days = origins.day[:, None] - context_days + np.arange(context_days)  # (B, L)
    inside = (days >= 0) & (days < d)
    rows = np.clip(days, 0, max(d - 1, 0))
    at = origins.site[:, None], rows
    values = (grid.throughput if series is None else series)[at]  # (B, L, S)
    observed = (grid.observed[at] if series is None else np.isfinite(values)) & inside[:, :, None]
    steps_ahead = context_days * s - np.arange(context_days * s)  # of the start of the target day; 1 for the step just before it
    known = steps_ahead[None, :] > origins.unknown_steps[:, None]
    observed &= known.reshape(len(origins), context_days, s)
    return np.where(observed, values, np.float32(0)), observed


def first_known_lag(steps: int, unknown_steps: int) -> np.ndarray:
    """Return, per step of day ``(S,)``, how many days back its newest reading lies that a cutoff ``unknown_steps`` early still knows."""
    return 1 + (np.arange(steps) + unknown_steps) // steps


def in_parts(origins: Origins, values_each: int, most_values: int = 4_000_000) -> Iterator[tuple[slice, Origins]]:
    """Yield consecutive parts of the origins, so that ``values_each`` numbers per origin stay below ``most_values`` at a time."""
    size = max(1, most_values // max(values_each, 1))
    for start in range(0, len(origins), size):
        part = slice(start, start + size)
        yield part, Origins(origins.site[part], origins.day[part], origins.unknown_steps[part])
