"""The 95th percentile of a month, as transit is billed: readings so far, paths of the forecast day, past weeks for what is left.

Of a month's readings the largest 5 % are left out, and the largest of the others is billed. What is left of the month after the forecast
day (and between the cutoff and that day) is drawn from the same hours of the last ``WEEKS`` weeks. Path ``p`` takes its first week from
past week ``p`` and its next from the one after: paths of sites and shards belong together, and a group's readings may be added up first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from pipeline.core.models.contract import QUANTILE_COLUMNS, Origins
from pipeline.core.models.rows import alike
from pipeline.core.scenarios.spread import Correction, corrected, spread_of
from pipeline.core.scenarios.totals import Totals, minutes_on_step
from pipeline.core.series.clock import day_start
from pipeline.core.series.grid import Grid

LEFT_OUT = 0.05  # of a month's readings, the largest
WEEKS = 8  # past weeks that what is left of a month is drawn from
WEEK = 7 * 24 * 60  # minutes
CARRIED = 60  # minutes for which a port that sends nothing counts as it was; then as nothing


@dataclass(frozen=True)
class Month:
    """The month of a run's target day, and the weeks of readings that speak of it; all times in minutes since 1970, on the step.

    Args:
        first: Its first day.
        start: Its first instant.
        end: The instant after its last.
        until: The cutoff: readings before it are known.
        step: Minutes.
    """

    first: date
    start: int
    end: int
    until: int
    step: int

    @classmethod
    def of(cls, day: date, timezone: str, cutoff: datetime, step_minutes: int) -> Month:
        """Return the month of a day in a zone."""
        first = day.replace(day=1)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        start, end, until = (
            -(-int(at.timestamp()) // 60 // step_minutes) * step_minutes
            for at in (day_start(first, timezone), day_start(following, timezone), cutoff)
        )
        return cls(first, start, end, until, step_minutes)

    @property
    def instants(self) -> np.ndarray:
        """Instants ``(M,)`` of the month."""
        return np.arange(self.start, self.end, self.step)

    @property
    def past(self) -> np.ndarray:
        """Instants ``(H,)`` of the weeks before the cutoff."""
        return np.arange(self.until - WEEKS * WEEK, self.until, self.step)


def readings_of(grid: Grid, sites: np.ndarray, month: Month) -> np.ndarray:
    """Return the readings ``(N, H)`` of sites ``(N,)`` at the month's ``past``; NaN where there is none."""
    past = month.past
    out = np.full((len(sites), len(past)), np.nan, np.float32)
    last = grid.index_of(datetime.fromtimestamp(month.until * 60, UTC).date()) + 1
    for day in range(max(last - WEEKS * 7 - 2, 0), max(min(last + 1, grid.shape[1]), 0)):
        for members, instants, steps in alike(grid, Origins(sites, np.full_like(sites, day), np.zeros_like(sites))):
            at = (minutes_on_step(instants, month.step) - past[0]) // month.step
            inside = (at >= 0) & (at < len(past))
            own = sites[members]
            values = np.where(grid.observed[own, day], grid.throughput[own, day], np.nan)
            out[members[:, None], at[inside]] = values[:, steps[inside]]
    return out


def carried(readings: np.ndarray, step_minutes: int) -> np.ndarray:
    """Return readings ``(N, H)`` without holes, to be added up: one that is missing is the one before for an hour, then nothing.

    Example:
        >>> carried(np.array([[np.nan, 5.0, np.nan, np.nan]]), 60).tolist()
        [[0.0, 5.0, 5.0, 0.0]]
    """
    known = np.isfinite(readings)
    at = np.arange(readings.shape[1])
    last = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    recent = (last >= 0) & ((at - last) * step_minutes <= CARRIED)
    held: np.ndarray = np.where(recent, np.take_along_axis(np.nan_to_num(readings), np.maximum(last, 0), axis=1), 0.0)
    return held


def percentile(readings: np.ndarray) -> np.ndarray:
    """Return the 95th percentile ``(…)`` of readings ``(…, M)`` as it is billed; NaN where there is none.

    Example:
        >>> percentile(np.arange(1.0, 101.0)).item(), percentile(np.array([3.0, np.nan, 1.0])).item()
        (95.0, 3.0)
    """
    count = np.isfinite(readings).sum(axis=-1)
    return _highest_but(np.where(np.isfinite(readings), readings, -np.inf), count)


def month_ends(readings: np.ndarray, month: Month, paths: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the month's 95th percentile on each path, ``(P, N)``; NaN where there is no reading.

    Args:
        readings: ``(N, H)`` at the month's ``past``; NaN where there is none.
        month: The month.
        paths: ``(P, N, T)`` of the forecast day.
        at: Their instants ``(T,)``.
    """
    first = month.past[0]
    during = (at >= max(month.start, month.until)) & (at < month.end)
    instants = month.instants
    left = np.setdiff1d(instants[instants >= month.until], at[during])
    known = readings[:, (instants[instants < month.until] - first) // month.step]
    most = int(LEFT_OUT * len(instants)) + 1
    back = 1 + (left - month.until) // WEEK
    out = np.empty(paths.shape[:2])
    for week in range(min(WEEKS, len(paths))):
        source = left - WEEK * (back + (week + back) % WEEKS)
        rest = np.concatenate([known, readings[:, (source - first) // month.step]], axis=1)
        count = np.isfinite(rest).sum(axis=1)
        highest = np.where(np.isfinite(rest), rest, -np.inf)
        if highest.shape[1] > most:
            highest = -np.partition(-highest, most - 1, axis=1)[:, :most]
        some = paths[week::WEEKS][..., during]
        whole = np.concatenate([np.broadcast_to(highest, (len(some), *highest.shape)), some], axis=-1)
        out[week::WEEKS] = _highest_but(whole, np.broadcast_to(count + during.sum(), whole.shape[:-1]))
    return out


def bills(readings: np.ndarray, month: Month, paths: np.ndarray, at: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``month``, ``readings`` (so far), ``to_date`` and the quantiles of the month's end, each ``(N,)``.

    Args:
        readings: ``(N, H)``; these and the others as in ``month_ends``.
        month: The month.
        paths: ``(P, N, T)``.
        at: ``(T,)``.
    """
    so_far = readings[:, (month.past >= month.start)]
    spread = spread_of(month_ends(readings, month, paths, at))
    quantiles = corrected(spread, Correction.none(len(spread)))
    told = {"month": np.full(len(readings), month.first, object), "readings": np.isfinite(so_far).sum(axis=1).astype(np.int32)}
    return told | {"to_date": percentile(so_far)} | dict(zip(QUANTILE_COLUMNS, quantiles.T, strict=True))


def to_total_bills(billed: Totals, totals: Totals, month: Month) -> pd.DataFrame:
    """Return a row per group (label, value, sites): what ``bills`` says of the sum of its sites' readings.

    Args:
        billed: Sums of ``carried`` readings at the month's ``past``.
        totals: Sums of the paths.
        month: The month.
    """
    return pd.DataFrame(_rows(billed, totals, month))


def _rows(billed: Totals, totals: Totals, month: Month) -> Iterator[dict[str, object]]:
    before = {total.group: total.paths for total in billed.each()}
    for total in totals.each():
        found = bills(before[total.group], month, total.paths[:, None], total.instants)
        yield {"label": total.group[0], "value": total.group[1], "sites": total.sites} | {name: column[0] for name, column in found.items()}


def _highest_but(readings: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the largest of readings ``(…, M)`` but for their ``LEFT_OUT``, of so many ``(…)`` in all; NaN where there is none."""
    left_out = (LEFT_OUT * count).astype(np.int64)
    if not readings.shape[-1]:
        return np.full(count.shape, np.nan)
    ordered = -np.partition(-readings, np.unique(left_out), axis=-1)
    found: np.ndarray = np.take_along_axis(ordered, left_out[..., None], axis=-1)[..., 0]
    return np.where(np.isfinite(found), found, np.nan)
