"""The three words of time: cutoff, target day, step — and the way between UTC and a site's wall clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.errors import DataError

MINUTES_PER_DAY = 24 * 60
MINUTE = np.timedelta64(1, "m")
SHORTEST_LOOSE, LONGEST_LOOSE = 5, 60  # minutes of a step that readings may come a little less often than
MOST_HOLES = 0.05  # share of its steps that then stay empty


def steps_per_day(step_minutes: int) -> int:
    """Return how many steps of ``step_minutes`` make a day.

    Example:
        >>> steps_per_day(15)
        96

    Raises:
        DataError: The step does not divide 24 hours.
    """
    if step_minutes < 1 or MINUTES_PER_DAY % step_minutes:
        raise DataError(
            f"a step of {step_minutes} minutes does not divide a day of {MINUTES_PER_DAY} minutes; "
            "resample the readings to a whole number of steps a day, for instance with date_bin in the view 'traffic'"
        )
    return MINUTES_PER_DAY // step_minutes


def infer_step_minutes(readings: pd.DataFrame) -> int:
    """Return the reading interval in minutes: the commonest gap between one site's neighbouring readings.

    Where that is a little longer than a step, as of 142 equal steps a day, it is the step: each reading has one of its own, few stay empty.

    Args:
        readings: Columns ``site`` and ``ts`` (UTC); order does not matter.

    Raises:
        DataError: No site has two readings, or the commonest gap is no whole number of minutes that divides a day.

    Example:
        >>> ts = pd.to_datetime(["2026-03-01 00:00", "2026-03-01 00:10", "2026-03-01 00:30", "2026-03-01 00:40"], utc=True)
        >>> infer_step_minutes(pd.DataFrame({"site": "ams", "ts": ts}))
        10
    """
    site, _ = pd.factorize(readings["site"])
    second = readings["ts"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    order = np.lexsort((second, site))
    gaps = np.diff(second[order])[np.diff(site[order]) == 0]
    gaps = gaps[gaps > 0]
    if not gaps.size:
        raise DataError("cannot read the interval: no site has two readings at different times; load at least one day per site")
    seconds, counts = np.unique(gaps, return_counts=True)
    step_seconds = int(seconds[counts.argmax()])
    shorter = range(min(step_seconds // 60, LONGEST_LOOSE), SHORTEST_LOOSE - 1, -1)
    fitting = next((minutes for minutes in shorter if MINUTES_PER_DAY % minutes == 0), 0) * 60
    if fitting <= step_seconds <= fitting * (1 + MOST_HOLES):
        return fitting // 60
    if step_seconds % 60:
        raise DataError(f"the commonest gap between readings is {step_seconds} s; expected whole minutes: round ts to the minute")
    steps_per_day(step_seconds // 60)
    return step_seconds // 60


def phases_of(minute: np.ndarray, code: np.ndarray, sites: int, step_minutes: int) -> np.ndarray:
    """Return at which minute after a multiple of the step (in UTC) each site's readings are stamped, ``(N,)``; -1 where half share none.

    Args:
        minute: Minutes since 1970 of each reading, ``(R,)``.
        code: Index of its site, ``(R,)``.
        sites: ``N``.
        step_minutes: Length of a step.

    Example:
        >>> phases_of(np.array([5, 15, 25, 0, 11, 22]), np.array([0, 0, 0, 1, 1, 1]), 2, 10).tolist()
        [5, -1]
    """
    counts = np.bincount(code * step_minutes + minute % step_minutes, minlength=sites * step_minutes).reshape(sites, step_minutes)
    return np.where(2 * counts.max(axis=1) >= counts.sum(axis=1), counts.argmax(axis=1), -1)


def day_start(day: date, timezone: str) -> datetime:
    """Return the first instant (UTC) whose local date in ``timezone`` is ``day``; where midnight is skipped, the instant after.

    Example:
        >>> day_start(date(2026, 8, 21), "Europe/Berlin").isoformat()
        '2026-08-20T22:00:00+00:00'
    """
    zone = ZoneInfo(timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(ZoneInfo("UTC"))
    while midnight.astimezone(zone).date() < day:  # midnight itself was skipped by a clock change
        midnight += timedelta(minutes=15)
    earlier = midnight - timedelta(minutes=15)
    while earlier.astimezone(zone).date() == day:
        midnight, earlier = earlier, earlier - timedelta(minutes=15)
    return midnight


def target_day_at(cutoff: datetime, timezone: str) -> date:
    """Return the first local day of ``timezone`` that starts at or after ``cutoff``.

    Raises:
        ValueError: ``cutoff`` carries no time zone.

    Example:
        >>> evening = datetime.fromisoformat("2026-08-20T18:00:00+00:00")
        >>> target_day_at(evening, "UTC"), target_day_at(evening, "Asia/Tokyo")
        (datetime.date(2026, 8, 21), datetime.date(2026, 8, 22))
    """
    if cutoff.tzinfo is None:
        raise ValueError(f"cutoff {cutoff} carries no time zone; expected an instant such as 2026-08-21T00:00:00+00:00")
    today = cutoff.astimezone(ZoneInfo(timezone)).date()
    return today if day_start(today, timezone) >= cutoff else today + timedelta(days=1)


def to_wall_clock(ts: pd.Series, timezone: str, step_minutes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the local day (``datetime64[D]``) and the step of day of each instant, ``(P,)`` both.

    Args:
        ts: Instants, ``datetime64[us, UTC]``.
        timezone: IANA name of the site's zone.
        step_minutes: Length of a step.

    Example:
        >>> day, step = to_wall_clock(pd.Series(pd.to_datetime(["2026-08-20 22:30"], utc=True)), "Europe/Berlin", 15)
        >>> str(day[0]), int(step[0])
        ('2026-08-21', 2)
    """
    local = ts.dt.tz_convert(timezone).dt.tz_localize(None).to_numpy().astype("datetime64[m]")
    day = local.astype("datetime64[D]")
    return day, ((local - day) // MINUTE // step_minutes).astype(np.int64)


@lru_cache(maxsize=4096)
def day_instants(day: date, timezone: str, step_minutes: int, phase_minutes: int = 0) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Return every reading instant (UTC) of a local day, each once, and its step of day ``(P,)``.

    A day of 24 hours has as many instants as steps; in spring the skipped steps are absent, in autumn the repeated ones stand
    twice (92 and 100 quarter hours in Europe/Berlin).

    Args:
        day: The local calendar day.
        timezone: IANA name of the site's zone.
        step_minutes: Length of a step.
        phase_minutes: Minutes after a multiple of the step (counted in UTC) at which the site's readings are stamped.

    Example:
        >>> [len(day_instants(date(2026, *day), "Europe/Berlin", 60)[0]) for day in ((3, 29), (8, 21), (10, 25))]
        [23, 24, 25]
    """
    start, end = (int(day_start(day + timedelta(days=d), timezone).timestamp()) // 60 for d in (0, 1))
    first = start + (phase_minutes - start) % step_minutes
    minutes = np.arange(first, end, step_minutes, dtype=np.int64)
    instants = pd.DatetimeIndex(minutes.astype("datetime64[m]").astype("datetime64[us]")).tz_localize("UTC")
    _, steps = to_wall_clock(pd.Series(instants), timezone, step_minutes)
    return instants, steps
