"""Covariates of the future: what was planned or forecast for a site, such as weather or bookings, as each day's own cutoff knew it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from pipeline.core.series.clock import to_wall_clock
from pipeline.core.series.events import means_any, pairs_of, sites_meant
from pipeline.core.series.grid import Grid

KEY = ("name", "site", "labels")
LONGEST_HOLD_MINUTES = 60  # that a value stands for the steps after its own, where the next one is not due before


def planned_on(grid: Grid, planned: pd.DataFrame, labels: Mapping[str, Mapping[str, str]], cutoffs: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is planned on a grid, by name: ``(N, D, S)`` float32, NaN where nothing was known; names without a value are left out.

    On each day counts what was known before that day's own cutoff, and of it the newest. What names a site goes before what names labels,
    and that before what is the fleet's. Values within a step are averaged; one holds for an hour at most, until the next.

    Args:
        grid: Gives sites, days and steps.
        planned: ``name``, ``site`` and ``labels`` (as JSON; both missing: the fleet), ``ts``, ``value``, ``known_from``.
        labels: Those of each site, by its name.
        cutoffs: ``(N, D)`` ``datetime64[us]`` in UTC: when each site's day was forecast.
    """
    series, its_series = _series(planned)
    names, its_name = np.unique(series["name"].to_numpy(str), return_inverse=True)
    found = {str(name): np.full(grid.shape, np.nan, np.float32) for name in names}
    whose, site = pairs_of(sites_meant(series, labels), [one.name for one in grid.sites])
    zone_of_site, zones = pd.factorize(np.array([one.timezone for one in grid.sites], object))
    for code, zone in enumerate(zones):
        here = zone_of_site[site] == code
        asked = np.unique(whose[here])
        rows = planned[np.isin(its_series, asked)]
        if not len(rows):
            continue
        of_row = np.searchsorted(asked, its_series[np.isin(its_series, asked)])
        laid = _laid(grid, rows, of_row, len(asked), zone, cutoffs[zone_of_site == code][0])
        pairs = np.flatnonzero(here)
        for pair in pairs[np.argsort(_rank(series)[whose[pairs]], kind="stable")]:
            values = laid[np.searchsorted(asked, whose[pair])]
            into = found[str(names[its_name[whose[pair]]])][site[pair]]
            np.copyto(into, values, where=np.isfinite(values))
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


def meant_on(planned: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return the rows that mean any of some sites; ``labels`` are those of each, by its name."""
    series, its_series = _series(planned)
    return planned[means_any(series, labels)[its_series]].reset_index(drop=True)


def cutoffs_of(targets: np.ndarray, days: int, cutoffs: Mapping[int, datetime]) -> np.ndarray:
    """Return when each site's days were forecast, ``(N, D)`` ``datetime64[us]`` in UTC.

    Args:
        targets: ``(N,)`` index of each site's target day.
        days: ``D``.
        cutoffs: The schedule's cutoff so many days before the target day's; of a day after it the target day's own counts.
    """
    ago = np.maximum(targets[:, None] - np.arange(days), 0)
    instants = np.array([cutoffs[i].replace(tzinfo=None) for i in range(int(ago.max(initial=0)) + 1)], "datetime64[us]")
    return instants[ago]


def _series(planned: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return each name and whom it is planned for once, and which of them each row is of."""
    code = planned.groupby(list(KEY), dropna=False, sort=True, observed=True).ngroup().to_numpy()
    _, first = np.unique(code, return_index=True)
    return planned.iloc[first][list(KEY)].reset_index(drop=True), code


def _rank(series: pd.DataFrame) -> np.ndarray:
    """How particular each is: the fleet's 0, of labels 1, of a site 2."""
    return np.where(series["site"].notna(), 2, series["labels"].notna().astype(int))


def _laid(grid: Grid, rows: pd.DataFrame, series: np.ndarray, count: int, zone: str, cutoffs: np.ndarray) -> np.ndarray:
    """Return the rows of ``count`` series on a zone's days and steps, ``(count, D, S)``, by what each day's cutoff ``(D,)`` knew."""
    _, days, steps = grid.shape
    day, step = to_wall_clock(rows["ts"], zone, grid.step_minutes)
    day = (day - np.datetime64(grid.first_day)).astype(np.int64)
    known_from = rows["known_from"].dt.tz_localize(None).to_numpy("datetime64[us]")
    known = (day >= 0) & (day < days)
    known[known] = known_from[known] < cutoffs[day[known]]
    ts, values = rows["ts"].dt.tz_localize(None).to_numpy("datetime64[us]"), rows["value"].to_numpy(np.float64)
    order = np.lexsort((known_from, ts, series))
    order = order[known[order]]
    newest = np.ones(len(order), bool)
    newest[:-1] = (np.diff(series[order]) != 0) | (np.diff(ts[order]).astype(np.int64) != 0)
    order = order[newest]
    flat = np.ravel_multi_index((series[order], day[order], step[order]), (count, days, steps))
    number = np.bincount(flat, minlength=count * days * steps)
    total = np.bincount(flat, values[order], minlength=count * days * steps)
    mean = np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0)
    return _held(mean.reshape(count, -1), grid.step_minutes).reshape(count, days, steps).astype(np.float32)


def _held(line: np.ndarray, step_minutes: int) -> np.ndarray:
    """Let each value stand for the steps after it that have none, an hour at most."""
    held = line.copy()
    for later in range(1, LONGEST_HOLD_MINUTES // step_minutes):
        np.copyto(held[:, later:], line[:, :-later], where=np.isnan(held[:, later:]))
    return held
