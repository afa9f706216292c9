"""Cutoff, target day, step, and the way between UTC and the wall clock."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.series.clock import day_instants, day_start, infer_step_minutes, steps_per_day, target_day_at
from pipeline.errors import DataError
from tests.core.series.test_grid import days, zones


def frame(minutes: list[float], site: str = "a") -> pd.DataFrame:
    ts = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(minutes, unit="min")
    return pd.DataFrame({"site": site, "ts": ts.as_unit("us")})


@pytest.mark.parametrize(("step", "count"), [(1, 1440), (10, 144), (15, 96), (60, 24)])
def test_step_gives_its_count_a_day(step, count):
    assert steps_per_day(step) == count


@pytest.mark.parametrize("step", [0, -5, 7, 50])
def test_step_that_does_not_divide_a_day_is_refused(step):
    with pytest.raises(DataError, match=f"step of {step} minutes"):
        steps_per_day(step)


def test_interval_is_the_commonest_gap_and_survives_holes_and_disorder():
    shuffled = frame([0, 10, 20, 50, 60, 90, 100, 110]).sample(frac=1, random_state=0)

    assert infer_step_minutes(pd.concat([shuffled, frame([3], site="b")])) == 10


@pytest.mark.parametrize(("a_day", "step"), [(142, 10), (143, 10), (138, 10), (280, 5), (23, 60)])
def test_readings_a_little_rarer_than_a_step_are_on_its_grid(a_day, step):
    assert infer_step_minutes(frame([i * 1440 / a_day for i in range(2 * a_day)])) == step


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ([0], "no site has two readings"),
        ([0, 0], "no site has two"),
        ([0, 1.5, 3], "90 s"),
        ([0, 7, 14], "7 minutes"),
        ([0, 1.05, 2.1], "63 s"),
    ],
)
def test_interval_that_cannot_be_read_is_refused(minutes, message):
    with pytest.raises(DataError, match=message):
        infer_step_minutes(frame(minutes))


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2026, 8, 21), "Europe/Berlin", "2026-08-20T22:00"),
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00"),  # midnight is skipped
        (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00"),  # the day before is skipped
    ],
)
def test_day_starts_at_its_first_instant(day, zone, start):
    assert day_start(day, zone) == datetime.fromisoformat(start).replace(tzinfo=UTC)


def test_day_that_a_zone_skips_has_no_instant():
    assert len(day_instants(date(2011, 12, 30), "Pacific/Apia", 15)[0]) == 0


def test_target_day_is_the_day_that_begins_at_the_cutoff_or_the_next():
    midnight = datetime(2026, 8, 20, 22, tzinfo=UTC)

    assert target_day_at(midnight, "Europe/Berlin") == date(2026, 8, 21)
    assert target_day_at(midnight + timedelta(minutes=1), "Europe/Berlin") == date(2026, 8, 22)
    assert target_day_at(midnight, "UTC") == date(2026, 8, 21)


def test_target_day_wants_an_instant():
    with pytest.raises(ValueError, match="carries no time zone"):
        target_day_at(datetime(2026, 8, 21), "UTC")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(day=days, zone=zones, minutes=st.integers(0, 1439))
def test_target_day_starts_at_or_after_the_cutoff_and_the_day_before_does_not(day, zone, minutes):
    cutoff = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)

    target = target_day_at(cutoff, zone)

    assert day_start(target - timedelta(days=1), zone) < cutoff <= day_start(target, zone)
