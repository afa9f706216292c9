"""The figures that checks look at: per reading and per site, in whole arrays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.series.checks import first_fault, multiple_of, row_checks
from pipeline.core.series.clock import MINUTES_PER_DAY, steps_per_day
from pipeline.core.series.frames import Site

RECENT_DAYS = 7
DAILY_RANK = 0.05  # the usual high of a day is what a twentieth of its steps reach: one wild reading does not make it
BLOCK_READINGS = 30_000_000  # laid out at a time: 120 MB
DAYS_RANK = 0.9  # and of a site what nine days of ten stay below: a wild day does not make it


def row_measures(
    readings: pd.DataFrame, sites: Sequence[Site], *, cutoff: datetime, step_minutes: int, covariates: Sequence[str] = ()
) -> dict[str, Any]:
    """Return, column by column, the readings' own values with what ``checks.row_checks`` and ``checks.covariate_checks`` compare.

    Args:
        readings: ``site``, ``ts``, ``throughput`` and covariates, in any order.
        sites: The fleet.
        cutoff: Instant up to which readings are known.
        step_minutes: Length of a step.
        covariates: Columns to measure against their site's history too.
    """
    code = site_codes(readings["site"], sites)
    instant = _in_utc(readings["ts"])
    before = np.subtract(pd.Timestamp(cutoff).tz_convert(None).to_datetime64(), instant) / np.timedelta64(1, "m")
    usable = (code >= 0) & (before > 0)  # a missing instant lies before nothing
    step, off_grid = _steps(readings["ts"], _minutes(instant), code, usable, sites, step_minutes)
    place, shape = _places(code, step, usable, len(sites), step_minutes, cutoff)
    measures: dict[str, Any] = {"ts": readings["ts"], "site_index": code, "minutes_to_cutoff": before, "minutes_off_grid": off_grid}
    for name in ("throughput", *covariates):
        values = readings[name].to_numpy(np.float64)
        measures[name] = values
        measures[multiple_of(name) if name in covariates else "multiple_of_usual"] = _multiples(values, code, place, shape)
    measures["repeats"] = np.zeros(len(readings))
    good = first_fault(measures, row_checks()) == len(row_checks())
    measures["repeats"][good] = _repeats(place[good])
    return measures


def site_measures(
    readings: pd.DataFrame, sites: Sequence[Site], *, cutoff: datetime, step_minutes: int, dead_after_days: int
) -> pd.DataFrame:
    """Return one row per site: ``site, readings, hours_silent, completeness, hours_flat, dead``.

    ``hours_silent`` is NaN for a site that never spoke; ``completeness`` counts the last seven days before the cutoff, or a younger
    site's days since its first reading; ``hours_flat`` is how long the latest non-zero reading has been repeated.

    Args:
        readings: Clean readings: known sites, one reading a step, nothing after the cutoff.
        sites: The fleet.
        cutoff: Instant up to which readings are known.
        step_minutes: Length of a step.
        dead_after_days: A site silent for longer is dead.
    """
    code = site_codes(readings["site"], sites)
    minute = _minutes(_in_utc(readings["ts"]))
    order = _sorted_order(code, minute)
    code, minute, values = code[order], minute[order], readings["throughput"].to_numpy(np.float64)[order]
    end = int(pd.Timestamp(cutoff).timestamp()) // 60
    count = np.bincount(code, minlength=len(sites))
    spoke = count > 0
    last_row = np.cumsum(count) - 1
    first, last = np.zeros(len(sites), np.int64), np.zeros(len(sites), np.int64)
    last[spoke], first[spoke] = minute[last_row[spoke]], minute[(last_row - count + 1)[spoke]]
    opening = np.maximum(first, end - RECENT_DAYS * MINUTES_PER_DAY)
    recent = np.bincount(code[minute >= opening[code]], minlength=len(sites))
    silent = np.where(spoke, (end - last) / 60, np.nan)
    return pd.DataFrame(
        {
            "site": [site.name for site in sites],
            "readings": count,
            "hours_silent": silent,
            "completeness": np.minimum(recent / np.maximum((end - opening) // step_minutes, 1), 1.0),
            "hours_flat": _flat_readings(values, code, last_row, spoke) * step_minutes / 60,
            "dead": ~spoke | (silent > dead_after_days * 24),
        }
    )


def site_codes(names: pd.Series, sites: Sequence[Site]) -> np.ndarray:
    """Return each row's index into ``sites`` ``(R,)``, -1 where the site is unknown or missing."""
    found, labels = pd.factorize(names)
    place = np.append(pd.Index([site.name for site in sites]).get_indexer(pd.Index(labels)), -1)  # a missing name has code -1
    return place[found].astype(np.int64)


def usual_high(values: np.ndarray, place: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return each site's usual daily high, ``(N,)``: robust to wild readings and wild days; infinite where nothing is known.

    Args:
        values: Readings, 0 where one says nothing.
        place: Flat index of each reading into ``shape``.
        shape: Sites, days, steps a day.
    """
    n, days, s = shape
    high = np.full(n, np.inf)
    rank = max(2, round(s * DAILY_RANK))
    block = max(1, BLOCK_READINGS // (days * s))
    for first in range(0, n, block):
        width = min(block, n - first)
        inside = slice(None) if block >= n else (place >= first * days * s) & (place < (first + width) * days * s)
        table = np.zeros(width * days * s, np.float32)
        table[place[inside] - first * days * s] = values[inside]
        ranked = np.partition(table.reshape(width, days, s), s - rank, axis=2)[:, :, s - rank :]
        daily = ranked[:, :, 0]
        lately = np.quantile(daily[:, -RECENT_DAYS:], 0.5, axis=1, method="lower")  # a site that went live is believed after four days
        often, ever = np.maximum(_high_of_days(daily), lately), _high_of_days(ranked.max(axis=2))
        high[first : first + width] = np.where(often > 0, often, np.where(ever > 0, ever, np.inf))
    return high


def _high_of_days(daily: np.ndarray) -> np.ndarray:
    """Return what nine of ten days with traffic stay at or below, ``(n,)`` from ``(n, D)``; 0 where no day has any."""
    ordered = np.sort(daily, axis=1)
    n, days = daily.shape
    busy = (daily > 0).sum(axis=1)
    place = days - busy + np.floor(DAYS_RANK * np.maximum(busy - 1, 0)).astype(np.int64)
    return np.where(busy > 0, ordered[np.arange(n), np.minimum(place, days - 1)], 0.0)


def _multiples(values: np.ndarray, code: np.ndarray, place: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """How many times its site's usual daily high each value is; NaN where it has no place or is not finite."""
    telling = np.where((values > 0) & (values < np.finfo(np.float32).max), values, 0)
    placed = place >= 0
    high = usual_high(telling, place, shape) if placed.all() else usual_high(telling[placed], place[placed], shape)
    return np.where(placed & np.isfinite(values), values / np.append(high, np.nan)[code], np.nan)


def _places(
    code: np.ndarray, step: np.ndarray, usable: np.ndarray, sites: int, step_minutes: int, cutoff: datetime
) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Flat index of each usable reading into (site, UTC day up to the cutoff's, step of day), -1 elsewhere; and that shape."""
    s = steps_per_day(step_minutes)
    if not usable.any():
        return np.full(code.size, -1), (sites, 1, s)
    first = (step if usable.all() else step[usable]).min() // s
    last = (int(cutoff.timestamp()) - 1) // 60 // MINUTES_PER_DAY
    shape = (sites, last - int(first) + 1, s)
    return np.where(usable, code * (shape[1] * s) + step - first * s, -1), shape


def _in_utc(ts: pd.Series) -> np.ndarray:
    """Instants as datetime64[us] in UTC, NaT where missing."""
    return ts.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")


def _minutes(instant: np.ndarray) -> np.ndarray:
    """Whole minutes since 1970 of each instant; anything where one is missing."""
    return instant.view(np.int64) // 60_000_000


def _steps(
    ts: pd.Series, minute: np.ndarray, code: np.ndarray, usable: np.ndarray, sites: Sequence[Site], step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Step of each reading since 1970 on its site's grid, and how many minutes it lies off that grid."""
    whole = minute // step
    rest = minute - whole * step  # many times as fast as %
    counted = code * step + rest if usable.all() else (code * step + rest)[usable]
    phase = np.bincount(counted, minlength=len(sites) * step).reshape(-1, step).argmax(axis=1)
    off = rest - np.append(phase, 0)[code]
    before = off < 0
    off += step * before
    odd = np.flatnonzero(usable & (off > 0))
    if odd.size:  # where clocks change by half a step, the same wall-clock grid has another phase for a season
        grid = np.flatnonzero(usable & (off == 0))
        example = np.zeros(len(sites), np.int64)
        example[code[grid]] = grid
        zones = [site.timezone for site in sites]
        away = _wall_clock_minutes(ts, odd, code, zones) - _wall_clock_minutes(ts, example[code[odd]], code, zones)
        off[odd[away % step == 0]] = 0
    return whole - before, np.minimum(off, step - off).astype(np.float64)


def _wall_clock_minutes(ts: pd.Series, rows: np.ndarray, code: np.ndarray, zones: Sequence[str]) -> np.ndarray:
    """Minutes since 1970 on the site's own wall clock, of the chosen rows."""
    zone_of_site, names = pd.factorize(np.array(zones, object))
    minutes = np.zeros(rows.size, np.int64)
    for i, zone in enumerate(names):
        here = zone_of_site[code[rows]] == i
        minutes[here] = ts.iloc[rows[here]].dt.tz_convert(zone).dt.tz_localize(None).to_numpy().astype("datetime64[m]").astype(np.int64)
    return minutes


def _repeats(place: np.ndarray) -> np.ndarray:
    """1 for each reading whose place an earlier row already has."""
    if (np.diff(place) > 0).all():
        return np.zeros(place.size)
    return pd.Series(place).duplicated().to_numpy(np.float64)


def _sorted_order(code: np.ndarray, minute: np.ndarray) -> np.ndarray:
    same = np.diff(code) == 0
    if (np.diff(code) >= 0).all() and (np.diff(minute)[same] > 0).all():
        return np.arange(code.size)
    return np.lexsort((minute, code))


def _flat_readings(values: np.ndarray, code: np.ndarray, last_row: np.ndarray, spoke: np.ndarray) -> np.ndarray:
    """How many of each site's latest readings repeat the same non-zero value, ``(sites,)``; 0 for a quiet site."""
    flat = np.zeros(last_row.size, np.int64)
    if not values.size:
        return flat
    latest = values[np.maximum(last_row, 0)]
    before_run = np.append(-1, last_row[:-1])  # the last row of the site before
    different = np.flatnonzero(values != latest[code])
    before_run[code[different]] = different  # ascending, so the latest stays
    flat[spoke] = (last_row - before_run)[spoke]
    return np.where(latest == 0, 0, flat)
