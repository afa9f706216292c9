"""A break: from there on a site is another. The days before it keep their shape and are laid at the level of those after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.core.series.event_spans import Spans, spans_on, without
from pipeline.core.series.events import BREAK, pairs_of, sites_meant
from pipeline.core.series.grid import Grid

USUAL_DAYS, LEARNT_DAYS = 28, 7  # before a break, that say what was usual; after it, that say what is
MOST = 1e3  # times, up or down: a larger step is a wrong unit rather than a migration


def breaks_on(grid: Grid, events: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> Spans:
    """Return the spans of breaks, from the start of each to its end, the earliest first.

    Args:
        grid: Gives sites, zones and days.
        events: Of any kind, in the columns of ``extract``.
        labels: Those of each site, by its name.
    """
    chosen = events[events["kind"] == BREAK].sort_values(["starts_at", "id"]).reset_index(drop=True)
    pairs = pairs_of(sites_meant(chosen, labels), [site.name for site in grid.sites])
    return spans_on(
        grid, *pairs, chosen["starts_at"], chosen["ends_at"].where(chosen["ends_at"] > chosen["starts_at"], chosen["starts_at"])
    )


def levelled(grid: Grid, breaks: Spans) -> Grid:
    """Return a grid in which what came before each break is at the level of what came after; the very grid where there is none.

    The level is the sum of the first ``LEARNT_DAYS`` after the break over what was usual at the same times of the same kind of day, working
    day or weekend, in the ``USUAL_DAYS`` before. Where nothing came yet, or nothing came before, the days before stay as they are. What was
    measured while the change took place is left out.

    Args:
        grid: Readings known at a cutoff.
        breaks: As ``breaks_on`` finds them.
    """
    if not len(breaks.site):
        return grid
    grid = without(grid, breaks.subset(breaks.stop > breaks.first + 1))
    n, days, steps = grid.shape
    values, observed = grid.throughput.reshape(n, -1).copy(), grid.observed.reshape(n, -1)
    weekend = (grid.first_day.weekday() + np.arange(days)) % 7 >= 5
    kind = 2 * np.tile(np.arange(steps), days) + np.repeat(weekend, steps)  # time of day, of a working day or a weekend
    for place in np.argsort(breaks.first, kind="stable"):
        site, first, stop = (int(part[place]) for part in (breaks.site, breaks.first, breaks.stop))
        stop = stop if stop > first + 1 else first
        before = slice(max(first - USUAL_DAYS * steps, 0), max(first, 0))
        after = slice(max(stop, 0), max(stop + LEARNT_DAYS * steps, 0))
        usual = _usual(values[site, before], observed[site, before], kind[before], 2 * steps)
        came, known = values[site, after], observed[site, after] & np.isfinite(usual[kind[after]])
        there, was = float(came[known].sum()), float(usual[kind[after]][known].sum())
        if there > 0 and was > 0:
            values[site, : max(first, 0)] *= np.float32(np.clip(there / was, 1 / MOST, MOST))
    return replace(grid, throughput=values.reshape(grid.shape))


def _usual(values: np.ndarray, observed: np.ndarray, kind: np.ndarray, kinds: int) -> np.ndarray:
    """Return the mean ``(K,)`` of values ``(M,)`` by kind; that of the other kind of day where there is none, NaN without either."""
    count, total = (np.bincount(kind, weight, kinds) for weight in (observed.astype(float), np.where(observed, values, 0.0)))
    mean = np.divide(total, count, out=np.full(kinds, np.nan), where=count > 0)
    other = mean.reshape(-1, 2)[:, ::-1].ravel()
    return np.where(np.isfinite(mean), mean, other)
