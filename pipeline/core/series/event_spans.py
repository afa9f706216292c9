"""Where events lie on the sites' own wall clocks, and a grid without what was measured there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.core.series.clock import to_wall_clock
from pipeline.core.series.events import IGNORE, pairs_of, sites_meant
from pipeline.core.series.grid import Grid

INSTANT = pd.Timedelta(microseconds=1)


class Spans(NamedTuple):
    """Spans of ``P`` pairs of an event and a site.

    Args:
        event: ``(P,)`` row of the event, as the caller counts them.
        site: ``(P,)`` index into the grid's sites.
        first: ``(P,)`` first step touched, counted from the start of day 0; it may lie outside the grid.
        stop: ``(P,)`` the step after the last one, always after ``first``.
    """

    event: np.ndarray
    site: np.ndarray
    first: np.ndarray
    stop: np.ndarray

    def subset(self, chosen: np.ndarray) -> Spans:
        """Return the pairs that ``chosen`` names, a mask ``(P,)`` or an index."""
        return Spans(*(values[chosen] for values in self))


def spans_on(grid: Grid, event: np.ndarray, site: np.ndarray, starts_at: pd.Series, ends_at: pd.Series) -> Spans:
    """Return the spans of pairs of an event and a site on the sites' wall clocks: every step that a span touches.

    Args:
        grid: Gives days, steps and zones.
        event: ``(P,)`` row of the event.
        site: ``(P,)`` index into the grid's sites.
        starts_at: Of each event, ``datetime64[us, UTC]``.
        ends_at: First instant after each event.
    """
    zone_of_site, zones = pd.factorize(np.array([one.timezone for one in grid.sites], object))
    first, stop = np.zeros(len(event), np.int64), np.zeros(len(event), np.int64)
    for code, zone in enumerate(zones):
        here = zone_of_site[site] == code
        at = event[here]
        first[here] = _steps(grid, starts_at, zone)[at]
        stop[here] = _steps(grid, ends_at - INSTANT, zone)[at] + 1
    return Spans(event, site, first, np.maximum(stop, first + 1))  # in the hour that autumn repeats an end may look earlier than its start


def ignored_on(grid: Grid, events: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> Spans:
    """Return the spans of those events whose readings are no model for the future.

    Args:
        grid: Gives sites, zones and days.
        events: Of any kind, in the columns of ``extract``.
        labels: Those of each site, by its name.
    """
    chosen = events[events["kind"] == IGNORE].reset_index(drop=True)
    pairs = pairs_of(sites_meant(chosen, labels), [site.name for site in grid.sites])
    return spans_on(grid, *pairs, chosen["starts_at"], chosen["ends_at"])


def without(grid: Grid, spans: Spans) -> Grid:
    """Return a grid in which nothing was observed inside the spans; the very grid where there is none."""
    if not len(spans.site):
        return grid
    n, days, steps = grid.shape
    first, stop = np.clip(spans.first, 0, days * steps), np.clip(spans.stop, 0, days * steps)
    length = stop - first
    site = np.repeat(spans.site, length)
    at = np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())

    def emptied(values: np.ndarray, empty: float | bool) -> np.ndarray:
        left = values.copy()
        left.reshape(n, -1)[site, at] = empty
        return left

    covariates = {name: emptied(values, np.nan) for name, values in grid.covariates.items()}
    return replace(grid, throughput=emptied(grid.throughput, 0.0), observed=emptied(grid.observed, False), covariates=covariates)


def _steps(grid: Grid, instants: pd.Series, zone: str) -> np.ndarray:
    day, step = to_wall_clock(instants, zone, grid.step_minutes)
    return (day - np.datetime64(grid.first_day)).astype(np.int64) * grid.shape[2] + step
