"""What forecasters see of a grid with expected events in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.core.learning.effects import Expected, effects_of
from pipeline.core.learning.occurrences import around, measured
from pipeline.core.series.event_spans import without
from pipeline.core.series.grid import Grid

LATELY = 14  # days
OFTEN = 7  # of them with an event at a time of day: to hide them all would lose sight of that time


def seen(grid: Grid, expected: Expected) -> tuple[Grid, np.ndarray]:
    """Return a grid as forecasters see it, and the effect ``(P, BINS)`` of each span as ``measured`` gives it.

    What was measured in an event, and in the hours around it, is hidden. Where a site had events at a time of day on ``OFTEN`` of the days
    before, it is divided by what the events that were over by then teach instead.
    """
    steps = grid.shape[2]
    clean = without(grid, around(expected.spans, steps))
    ratios = measured(grid, clean, expected.spans)
    sites = np.unique(expected.spans.site)
    hidden = grid.observed[sites] & ~clean.observed[sites]
    often = hidden & (_lately(hidden) >= OFTEN)
    place, day = np.nonzero(often.any(axis=2))
    if not len(place):
        return clean, ratios
    site, chosen = sites[place], often[place, day]
    noted = replace(expected, known_from=np.full_like(expected.known_from, np.datetime64(0, "us")))  # of the past all is known by now
    effects = effects_of(grid, noted, ratios, site, day, grid.midnights(site, day))
    throughput, observed = clean.throughput.copy(), clean.observed.copy()
    throughput[site, day] = np.where(chosen, grid.throughput[site, day] * np.exp(-effects.log), throughput[site, day])
    observed[site, day] |= chosen
    return replace(clean, throughput=throughput, observed=observed), ratios


def _lately(hidden: np.ndarray) -> np.ndarray:
    """Return on how many of the days before each day ``(N, D, S)`` a step was hidden."""
    count = np.cumsum(np.pad(hidden, ((0, 0), (1, 0), (0, 0))), axis=1, dtype=np.int16)
    day = np.arange(hidden.shape[1])
    return count[:, day] - count[:, np.maximum(day - LATELY, 0)]
