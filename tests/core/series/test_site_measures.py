"""What is measured of a whole site: silence, completeness, flat lines."""

import pandas as pd
import pytest

from pipeline.core.series.measures import site_measures
from tests.core.series.test_checks import CUTOFF, SITES, readings


def measured(frame: pd.DataFrame) -> pd.Series:
    return site_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60, dead_after_days=28).iloc[0]


def test_site_measures_of_a_whole_site():
    site = measured(readings().sample(frac=1, random_state=0))

    assert site.to_dict() == {"site": "a", "readings": 336, "hours_silent": 1.0, "completeness": 1.0, "hours_flat": 1.0, "dead": False}


def test_completeness_counts_the_last_seven_days_and_a_young_site_from_its_first_reading():
    old, young = readings(), readings(days=1)

    assert measured(old[old.index % 2 == 0])["completeness"] == pytest.approx(0.5, abs=0.01)
    assert measured(old[:168])["completeness"] == 0
    assert measured(young)["completeness"] == 1


def test_site_is_dead_when_silent_for_longer_than_allowed():
    frame = readings().assign(ts=lambda f: f["ts"] - pd.Timedelta(days=29))

    assert measured(frame)["dead"]


@pytest.mark.parametrize(("value", "hours"), [(55.0, 30.0), (0.0, 0.0)])
def test_flat_line_counts_the_latest_equal_readings_unless_they_are_zero(value, hours):
    frame = readings()
    frame.loc[frame.index[-30:], "throughput"] = value

    assert measured(frame)["hours_flat"] == hours


def test_flat_line_of_one_site_does_not_reach_into_the_next():
    frame = pd.concat([readings().assign(throughput=5.0), readings(days=2, site="b").assign(throughput=5.0)])

    flat = site_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60, dead_after_days=28)["hours_flat"]

    assert flat.tolist() == [336, 48]
