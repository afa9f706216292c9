"""What is known ahead about a day: weekday, season, public holidays of the site's country."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import holidays
import numpy as np

from pipeline.core.series.grid import Grid
from pipeline.errors import ConfigurationError


@dataclass(frozen=True)
class Calendar:
    """Calendar of every day of a grid.

    Args:
        day_of_week: ``(D,)`` 0 = Monday.
        day_of_month: ``(D,)`` 1 … 31.
        day_of_year: ``(D,)`` 1 … 366.
        holiday: ``(N, D)`` True on a public holiday of the site's country.
    """

    day_of_week: np.ndarray
    day_of_month: np.ndarray
    day_of_year: np.ndarray
    holiday: np.ndarray


def calendar_of(grid: Grid, ahead_days: int = 0) -> Calendar:
    """Return the calendar of the grid's days and of ``ahead_days`` more.

    Raises:
        ConfigurationError: A site's country has no calendar in the ``holidays`` library.
    """
    n, d, _ = grid.shape
    days = [grid.first_day + timedelta(days=i) for i in range(d + ahead_days)]
    flags: dict[str | None, np.ndarray] = {None: np.zeros(len(days), bool)}
    for country in {site.country for site in grid.sites if site.country}:
        try:
            public = holidays.country_holidays(country, years=range(days[0].year, days[-1].year + 1))
        except NotImplementedError as error:
            raise ConfigurationError(f"no holiday calendar for country {country!r}; expected an ISO 3166 code such as DE") from error
        flags[country] = np.array([day in public for day in days])
    return Calendar(
        day_of_week=np.array([day.weekday() for day in days], np.int64),
        day_of_month=np.array([day.day for day in days], np.int64),
        day_of_year=np.array([day.timetuple().tm_yday for day in days], np.int64),
        holiday=np.stack([flags[site.country] for site in grid.sites]) if n else np.zeros((0, len(days)), bool),
    )
