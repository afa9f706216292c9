"""What is known ahead about a day: weekday, season, and its kinds, such as a public holiday or a day without school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import numpy as np
import pandas as pd

from pipeline.core.series.grid import Grid
from pipeline.core.series.zones import CODE, is_country, parts_of
from pipeline.errors import ConfigurationError

HOLIDAY = "holiday"
DERIVED = BEFORE, AFTER, BRIDGE = ("before a holiday", "after a holiday", "bridge day")
FEWEST_DAYS = 2  # of a kind, that a model may learn of it
MARGIN = timedelta(days=1)  # on both sides of the days asked for: what is derived looks at the days beside


@dataclass(frozen=True)
class KindOfDay:
    """A local day that is of a kind.

    Args:
        day: The day.
        kind: Such as school or company; ``HOLIDAY`` counts as a public holiday does.
        name: What people call it.
        known_from: A cutoff at or before it does not know of the day; None for now.
    """

    day: date
    kind: str
    name: str = ""
    known_from: datetime | None = None


@dataclass(frozen=True)
class Calendar:
    """Calendar of every day of a grid.

    Args:
        day_of_week: ``(D,)`` 0 = Monday.
        day_of_month: ``(D,)`` 1 … 31.
        day_of_year: ``(D,)`` 1 … 366.
        kinds: ``(N, D, K)`` whether a day is of a kind at the site; the first kind is the holiday.
    """

    day_of_week: np.ndarray
    day_of_month: np.ndarray
    day_of_year: np.ndarray
    kinds: np.ndarray

    @property
    def holiday(self) -> np.ndarray:
        """Return ``(N, D)`` True on a holiday of the site."""
        return self.kinds[..., 0]


def calendar_of(grid: Grid, ahead_days: int = 0, kinds: Sequence[str] = ()) -> Calendar:
    """Return the calendar of the grid's days and of ``ahead_days`` more, with ``kinds`` of day beside the holiday.

    Raises:
        ConfigurationError: A site's country has no calendar in the ``holidays`` library.
    """
    n, d, _ = grid.shape
    days = [grid.first_day + timedelta(days=i) for i in range(d + ahead_days)]
    found = {site.country: _kinds_on(days, site.country, grid.calendars) for site in grid.sites}
    wanted = (HOLIDAY, *kinds)
    none = np.zeros(len(days), bool)
    flags = {said: np.stack([on.get(kind, none) for kind in wanted], axis=-1) for said, on in found.items()}
    return Calendar(
        day_of_week=np.array([day.weekday() for day in days], np.int64),
        day_of_month=np.array([day.day for day in days], np.int64),
        day_of_year=np.array([day.timetuple().tm_yday for day in days], np.int64),
        kinds=np.stack([flags[site.country] for site in grid.sites]) if n else np.zeros((0, len(days), len(wanted)), bool),
    )


def calendars_in(rows: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Return the days of each calendar by kind, from rows of ``calendar``, ``day`` (ISO 8601) and ``kind``.

    Example:
        >>> calendars_in(pd.DataFrame({"calendar": "plant", "day": ["2026-12-24", "2026-12-28"], "kind": ["holiday", "closed"]}))
        {'plant': {'closed': ['2026-12-28'], 'holiday': ['2026-12-24']}}
    """
    return {
        str(name): {str(kind): list(days["day"]) for kind, days in of_calendar.groupby("kind")}
        for name, of_calendar in rows.groupby("calendar")
    }


def kinds_to_learn(grid: Grid, days: range) -> tuple[str, ...]:
    """Return the kinds beside the holiday that some days of a grid are of; none where every site has the calendar of its country alone.

    Args:
        grid: Its sites say which calendars they have.
        days: Indices; a kind that is rarer than ``FEWEST_DAYS`` on them cannot be learnt.
    """
    said = {site.country for site in grid.sites if site.country and not is_country(site.country)}
    asked = [grid.day_at(index) for index in days]
    found = [_kinds_on(asked, each, grid.calendars) for each in said] if asked else []
    every = {kind for on in found for kind in on} - {HOLIDAY}
    return tuple(sorted(kind for kind in every if max(on[kind].sum() for on in found if kind in on) >= FEWEST_DAYS))


def public_holidays(country: str, years: Sequence[int]) -> holidays.HolidayBase:
    """Return the public holidays of a country, or of a subdivision of it: ``DE``, ``DE-NW``.

    Example:
        All Saints' Day is a holiday in Cologne and none in Berlin.

        >>> ["2026-11-01" in public_holidays(place, [2026]) for place in ("DE-NW", "DE-BE")]
        [True, False]

    Raises:
        ConfigurationError: It has no calendar in the ``holidays`` library.
    """
    code, _, subdivision = country.partition("-")
    try:
        return holidays.country_holidays(code, subdiv=subdivision or None, years=years)
    except NotImplementedError as error:
        raise ConfigurationError(f"no holiday calendar for country {country!r}; expected an ISO 3166 code such as DE or DE-NW") from error


def _kinds_on(days: Sequence[date], said: str | None, own: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, np.ndarray]:
    """Return which of consecutive days ``(D,)`` are of each kind, by what a site says of its calendar: names with commas between."""
    around = [days[0] - MARGIN, *days, days[-1] + MARGIN]
    found = {HOLIDAY: np.zeros(len(around), bool)}
    for part in parts_of(said):
        if CODE.fullmatch(part):
            public = public_holidays(part, range(around[0].year, around[-1].year + 1))
            there = {HOLIDAY: [day in public for day in around]}
        else:  # a calendar of which no day is known is in no grid
            there = _named(own.get(part, {}), around)
        for kind, flags in there.items():
            found[kind] = found.get(kind, False) | np.array(flags, bool)
    holiday, free = found[HOLIDAY], found[HOLIDAY] | np.array([day.weekday() >= 5 for day in around])
    beside = {BEFORE: ~holiday[1:-1] & holiday[2:], AFTER: ~holiday[1:-1] & holiday[:-2]}
    bridge = ~free[1:-1] & free[:-2] & free[2:] & (holiday[:-2] | holiday[2:])
    return {kind: flags[1:-1] for kind, flags in found.items()} | beside | {BRIDGE: bridge}


def _named(calendar: Mapping[str, Sequence[str]], days: Sequence[date]) -> dict[str, list[bool]]:
    sets = {kind: set(named) for kind, named in calendar.items()}
    return {kind: [day.isoformat() in named for day in days] for kind, named in sets.items()}
