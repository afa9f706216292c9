"""What is known ahead about a day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pipeline.core.series.calendar import AFTER, BEFORE, BRIDGE, DERIVED, calendar_of, kinds_to_learn
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid, join
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


CORPUS_CHRISTI = date(2026, 6, 4)  # a Thursday, and a holiday in six of Germany's states
NO_SCHOOL = {"schools": {"school": [f"2026-06-{day:02d}" for day in range(1, 6)], "holiday": ["2026-06-02"]}}


def kinds_around(said: str | None, *kinds: str, calendars: dict | None = None) -> list[list[int]]:
    """Days of June 2026 of each kind, the holiday first."""
    grid = replace(grid_from(date(2026, 6, 1), 12, said), calendars=calendars or {})
    found = calendar_of(grid, ahead_days=3, kinds=kinds).kinds[0]
    return [(np.flatnonzero(column) + 1).tolist() for column in found.T]


def test_a_subdivision_has_holidays_that_its_country_has_not():
    assert kinds_around("DE") == [[]]
    assert kinds_around("DE-NW") == [[4]]
    with pytest.raises(ConfigurationError, match="no holiday calendar for country 'DE-XX'; expected an ISO 3166 code such as DE or DE-NW"):
        kinds_around("DE-XX")


def test_days_beside_a_holiday_and_between_it_and_the_weekend_are_kinds_of_their_own():
    assert kinds_around("DE-NW", *DERIVED) == [[4], [3], [5], [5]]


def test_what_is_derived_looks_beyond_the_ends_of_the_grid():
    grid = grid_from(date(2026, 6, 5), 1, "DE-NW")

    assert calendar_of(grid, kinds=DERIVED).kinds.tolist() == [[[False, False, True, True]]]


def test_days_of_a_calendar_of_ours_are_of_their_kinds_and_its_holidays_count_as_public_ones():
    assert kinds_around("DE-NW,schools", "school", calendars=NO_SCHOOL) == [[2, 4], [1, 2, 3, 4, 5]]
    assert kinds_around("schools", "school", "company", calendars=NO_SCHOOL) == [[2], [1, 2, 3, 4, 5], []]


def test_nothing_beside_the_holiday_is_learnt_where_every_site_has_but_its_country():
    grid = replace(grid_from(date(2026, 5, 1), 40, "DE", None, "US"), calendars=NO_SCHOOL)

    assert kinds_to_learn(grid, range(40)) == ()


def test_kinds_that_came_often_enough_are_learnt():
    grid = replace(grid_from(date(2026, 5, 1), 40, "DE-NW,schools", "US"), calendars=NO_SCHOOL)

    assert kinds_to_learn(grid, range(40)) == (AFTER, BEFORE, BRIDGE, "school")
    assert kinds_to_learn(grid, range(31)) == (AFTER, BEFORE)


def test_a_grid_with_calendars_comes_back_from_its_file_and_from_its_parts(tmp_path):
    whole = replace(grid_from(date(2026, 6, 1), 3, "schools", None), calendars=NO_SCHOOL, phase_minutes=np.zeros(2, np.int64))
    whole.save(tmp_path / "grid.safetensors")

    assert Grid.load(tmp_path / "grid.safetensors").calendars == NO_SCHOOL
    assert join([whole]).calendars == NO_SCHOOL


def test_a_calendar_of_which_no_day_is_known_yet_has_none():
    assert kinds_around("DE-NW,schools", "school") == [[4], []]
