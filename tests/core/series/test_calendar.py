"""What is known ahead about a day."""

from datetime import date

import numpy as np
import pytest

from pipeline.core.series.calendar import calendar_of
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid
from pipeline.errors import ConfigurationError


def grid_from(first_day: date, days: int, *countries: str | None) -> Grid:
    sites = tuple(Site(f"site-{i}", country=country) for i, country in enumerate(countries))
    shape = (len(sites), days, 24)
    return Grid(sites, first_day, 60, np.zeros(shape, np.float32), np.zeros(shape, bool))


def test_calendar_knows_weekday_day_of_month_and_day_of_a_leap_year():
    calendar = calendar_of(grid_from(date(2028, 2, 28), 3, None))

    assert calendar.day_of_week.tolist() == [0, 1, 2]
    assert calendar.day_of_month.tolist() == [28, 29, 1]
    assert calendar.day_of_year.tolist() == [59, 60, 61]


def test_calendar_marks_the_holidays_of_each_sites_own_country_across_new_year():
    calendar = calendar_of(grid_from(date(2025, 12, 24), 10, "DE", "US", None))

    assert np.flatnonzero(calendar.holiday[0]).tolist() == [1, 2, 8]
    assert np.flatnonzero(calendar.holiday[1]).tolist() == [1, 8]
    assert not calendar.holiday[2].any()


def test_calendar_reaches_ahead_of_the_grid():
    calendar = calendar_of(grid_from(date(2025, 12, 24), 1, "DE"), ahead_days=1)

    assert calendar.holiday.tolist() == [[False, True]]


def test_calendar_refuses_a_country_it_does_not_know():
    with pytest.raises(ConfigurationError, match="no holiday calendar for country 'XX'"):
        calendar_of(grid_from(date(2026, 1, 1), 1, "XX"))


def test_calendar_of_no_site_has_no_row():
    assert calendar_of(grid_from(date(2026, 1, 1), 2)).holiday.shape == (0, 2)
