"""Which day a run is about."""

from datetime import UTC, date, datetime

import pytest

from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.steps.plan import plan

NOON = datetime(2026, 8, 21, 12, 0, 30, tzinfo=UTC)


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)


def test_plan_takes_the_latest_day_whose_cutoff_has_passed_when_no_day_is_given():
    run = plan("forecast", settings(), asked=None, partition_key=None, at=NOON)

    assert run == Run("forecast", date(2026, 8, 21), datetime(2026, 8, 21, tzinfo=UTC))


def test_plan_takes_tomorrow_when_the_readings_end_the_evening_before():
    run = plan("forecast", settings(cutoff_lead_hours=6), asked=None, partition_key=None, at=datetime(2026, 8, 21, 18, tzinfo=UTC))

    assert run == Run("forecast", date(2026, 8, 22), datetime(2026, 8, 21, 18, tzinfo=UTC))


def test_plan_takes_the_partition_key_of_a_scheduled_run():
    run = plan("forecast", settings(timezone="Europe/Berlin"), asked=None, partition_key="2026-08-20", at=NOON)

    assert run == Run("forecast", date(2026, 8, 20), datetime(2026, 8, 19, 22, tzinfo=UTC))


def test_plan_ends_the_readings_now_when_tomorrow_is_asked_for_before_its_cutoff():
    run = plan("forecast", settings(), asked="2026-08-22", partition_key=None, at=NOON)

    assert run == Run("forecast", date(2026, 8, 22), datetime(2026, 8, 21, 12, tzinfo=UTC))


def test_plan_refuses_a_day_beyond_tomorrow():
    with pytest.raises(ConfigurationError, match=r"2026-08-23 is too far ahead.*the last one is 2026-08-22"):
        plan("forecast", settings(), asked="2026-08-23", partition_key=None, at=NOON)


def test_plan_refuses_two_days_that_differ():
    with pytest.raises(ConfigurationError, match="asks for 2026-08-20, the run's partition key for 2026-08-21"):
        plan("forecast", settings(), asked="2026-08-20", partition_key="2026-08-21", at=NOON)


def test_plan_refuses_what_is_no_date():
    with pytest.raises(ConfigurationError, match="'tomorrow' is not a date"):
        plan("forecast", settings(), asked="tomorrow", partition_key=None, at=NOON)


def test_plan_divides_the_sites_into_the_shards_asked_for():
    run = plan("forecast", settings(), asked=None, partition_key=None, at=NOON, shards=4)

    assert [part.shard for part in run.parts()] == [0, 1, 2, 3]
    assert run.folder == "forecast/20260821T000000Z"


def test_run_survives_the_way_through_xcom():
    run = plan("train", settings(), asked=None, partition_key=None, at=NOON)

    assert Run.from_json(run.to_json()) == run
