"""What goes together in a day, as the readings alone tell it: the errors of a naive forecast on the days before.

A model's own past errors would have to be forecast again for every past day. What goes together (a busy evening, a day that is higher as a
whole) goes together in the naive mean's errors too, and only their ranks are used: docs/research_log.md has both beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from pipeline.core.models.contract import Forecast, Origins
from pipeline.core.models.past import past_of
from pipeline.core.scenarios.memory import Advice, Lesson, lesson_of
from pipeline.core.scenarios.paths import PAST_DAYS, PATHS, draw
from pipeline.core.series.grid import Grid

WEEK = 7
PATHS_AT_ONCE = 10_000  # bounds memory: a hundred paths of a hundred sites


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


def lesson_on(grid: Grid, made: Forecast, advice: Advice, actual: np.ndarray, observed: np.ndarray) -> Lesson:
    """Return what a day teaches that was forecast and is over.

    Args:
        grid: Readings; of them only those that were known at each origin's cutoff are read.
        made: What was published.
        advice: That there was on each origin when it was made.
        actual: ``(B, S)`` throughput of the origins' day; any value where not observed.
        observed: ``(B, S)``.
    """
    observed = observed & np.isfinite(made.quantiles).all(axis=-1)
    parts = []
    for rows in in_parts(len(made.origins), PATHS):
        paths = draw(made.quantiles[rows], error_scores(grid, made.origins.subset(rows)), PATHS)
        said = advice.subset(rows).say(paths, made.quantiles[rows], observed[rows])
        parts.append(lesson_of(said, actual[rows], observed[rows]))
    return Lesson.joined(parts)


def in_parts(sites: int, paths: int) -> Iterator[np.ndarray]:
    """Yield the rows ``(n,)`` of so many sites, as many at a time as memory should hold the paths of."""
    at_once = max(1, PATHS_AT_ONCE // paths)
    for start in range(0, sites, at_once):
        yield np.arange(start, min(start + at_once, sites))
