"""Rows to learn from: steps of past target days with what was known before them and what came."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.core.models.contract import Origins
from pipeline.core.models.past import in_parts
from pipeline.core.models.peers.lag_features import LagFeatures, holes_stay_nan
from pipeline.core.series.grid import Grid


class LearntRows(NamedTuple):
    """``R`` observed steps.

    Args:
        features: ``(R, F)``, NaN where unknown.
        target: ``(R,)`` what came, divided by the level of its window.
        day: ``(R,)`` index of the target day.
    """

    features: np.ndarray
    target: np.ndarray
    day: np.ndarray


def rows_of(
    maker: LagFeatures, grid: Grid, days: range, unknown: np.ndarray, most: int, early_share: float, rng: np.random.Generator
) -> LearntRows:
    """Return at most ``most`` observed steps of the target days, spread over sites and days.

    Args:
        maker: Of the same grid.
        grid: What came.
        days: Target days.
        unknown: ``(N,)`` steps before a target day of each site that are usually not known.
        most: Rows to keep.
        early_share: Share of the target days with a random cutoff in the day before instead.
        rng: Decides which rows are kept.
    """
    n, _, s = grid.shape
    origins = Origins.every(n, days, unknown)
    origins = origins.subset(np.flatnonzero(grid.observed[origins.site, origins.day].any(axis=1)))
    steps_each = min(s, max(12, -(-most // max(len(origins), 1))))
    origins = origins.subset(rng.permutation(len(origins))[: -(-most // steps_each)])
    early = np.where(rng.random(len(origins)) < early_share, rng.integers(0, s, len(origins)), origins.unknown_steps)
    parts = []
    for _, some in in_parts(Origins(origins.site, origins.day, early), maker.context_days * s * 4):
        steps = rng.permuted(np.tile(np.arange(s), (len(some), 1)), axis=1)[:, :steps_each]
        with holes_stay_nan():
            rows, level, _ = maker.of(some)
        alive = level > 0
        actual = grid.throughput[some.site[:, None], some.day[:, None], steps] / np.where(alive, level, 1)[:, None]
        usable = grid.observed[some.site[:, None], some.day[:, None], steps] & alive[:, None]
        day = np.broadcast_to(some.day[:, None], usable.shape)
        parts.append(LearntRows(np.take_along_axis(rows, steps[:, :, None], axis=1)[usable], actual[usable], day[usable]))
    if not parts:
        return LearntRows(np.empty((0, 0), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))
    return LearntRows(*(np.concatenate(column) for column in zip(*parts, strict=True)))
