"""Retention: what is old goes, what is needed stays, and the settings are refused before anything is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg2
import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres import retention
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.errors import ConfigurationError, ServiceError
from pipeline.steps.publish import publish
from pipeline.steps.retain import retain
from tests.faults.test_locks import LONGEST_WAIT, readers
from tests.steps.test_publish import attention_rows, forecast_rows, leave

TODAY = date(2026, 8, 21)
NOW = datetime(2026, 8, 21, tzinfo=UTC)
RUN = Run("retain", TODAY, NOW)


def run_before(purpose: str, days: int) -> Run:
    return Run(purpose, TODAY - timedelta(days=days), NOW - timedelta(days=days))


def publish_day(settings, days: int) -> None:
    run = run_before("forecast", days)
    forecasts = forecast_rows().assign(target_day=run.target_day)
    leave(settings, forecasts, attention_rows().assign(target_day=run.target_day), run)
    publish(run, settings)


def tables(run_sql, parent: str = "forecasts") -> list[str]:
    found = run_sql(f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'dayahead.{parent}'::regclass ORDER BY 1")
    return [name.removeprefix("dayahead.") for (name,) in found]


@pytest.fixture
def registered(database, tracked):
    """Settings with the database and a registry: version 2 is champion after version 1, version 3 the challenger, version 4 nothing."""
    settings = database.model_copy(update={"tracking_url": tracked.tracking_url, "registered_model": tracked.registered_model})
    client = MlflowClient(settings.tracking_url)
    client.create_registered_model(settings.registered_model)
    training = client.create_run("0").info
    for age in (400, 300, 200, 100):
        tags = {"run": run_before("train", age).folder}
        client.create_model_version(settings.registered_model, f"{training.artifact_uri}/model", run_id=training.run_id, tags=tags)
    client.set_registered_model_alias(settings.registered_model, "champion", "2")
    client.set_model_version_tag(settings.registered_model, "2", registry.PREVIOUS, "1")
    client.set_registered_model_alias(settings.registered_model, "challenger", "3")
    for version in "1234":
        Path(settings.home, "models", version).mkdir(parents=True)
    return settings


def test_old_runs_go_and_what_models_in_use_come_from_stays(registered):
    store = Store(registered.store_url)
    for age in (400, 300, 200, 100, 5):
        store.write_result(run_before("train", age), "extract", {})
    for age in (31, 29):
        store.write_result(run_before("forecast", age), "extract", {})
        Path(registered.home, "gx", run_before("forecast", age + 31).folder).mkdir(parents=True)
    Path(registered.home, "store", "notes", "mine").mkdir(parents=True)

    dropped = retain(RUN, registered)

    assert dropped["snapshots"] == sorted([run_before("forecast", 31).folder, run_before("train", 100).folder])
    assert dropped["data_docs"] == [run_before("forecast", 62).folder]
    assert dropped["models"] == ["4"]
    assert sorted(path.name for path in Path(registered.home, "models").iterdir()) == ["1", "2", "3"]
    assert store.read_result(run_before("train", 400), "extract") == {}
    assert not Path(registered.home, "store", run_before("train", 100).folder).exists()
    assert Path(registered.home, "store", "notes", "mine").exists()


def test_while_the_registry_is_away_no_training_and_no_model_goes(registered):
    away = registered.model_copy(update={"tracking_url": "http://127.0.0.1:9"})
    store = Store(away.store_url)
    for purpose in ("train", "forecast"):
        store.write_result(run_before(purpose, 100), "extract", {})

    dropped = retain(RUN, away)

    assert dropped["snapshots"] == [run_before("forecast", 100).folder]
    assert dropped["models"] == []


def test_a_dry_run_says_the_same_and_drops_nothing(database, run_sql):
    for age in (500, 90, 1):
        publish_day(database, age)
    before = tables(run_sql)

    said = retain(RUN, database, dry_run=True)

    assert tables(run_sql) == before
    assert said["tables"] == ["forecasts_2025_04_08", "attention_2025_04_08"]
    assert said["months_merged"] == ["forecasts 2026-05", "attention 2026-05"]
    assert said["snapshots"] == [run_before("forecast", days).folder for days in (500, 90)]


def test_old_days_go_and_a_month_that_is_over_becomes_one_table_with_the_same_rows(database, run_sql):
    for age in (500, 90, 89, 1):
        publish_day(database, age)
    rows = "SELECT * FROM dayahead.forecasts WHERE target_day > '2026-01-01' ORDER BY target_day, role, site, ts"
    before = run_sql(rows)

    dropped = retain(RUN, database)

    assert tables(run_sql) == ["forecasts_2026_05", "forecasts_2026_08_20"]
    assert tables(run_sql, "attention") == ["attention_2026_05", "attention_2026_08_20"]
    assert run_sql(rows) == before
    assert dropped["tables"] == ["forecasts_2025_04_08", "attention_2025_04_08"]
    assert retain(RUN, database)["months_merged"] == []
    assert run_sql("SELECT min(target_day) FROM dayahead.peaks") == [(TODAY - timedelta(days=90),)]


def test_a_day_of_a_merged_month_can_be_published_again(database, run_sql):
    publish_day(database, 90)
    retain(RUN, database)
    run = run_before("forecast", 90)
    leave(database, forecast_rows(level=7.0).assign(target_day=run.target_day), attention_rows().assign(target_day=run.target_day), run)

    publish(run, database)

    assert run_sql("SELECT count(*), min(q05) FROM dayahead.forecasts") == [(72, 7.0)]


def test_traffic_is_kept_for_ever_unless_days_are_set(database, run_sql):
    run_sql("SELECT dayahead.ensure_partition('traffic', d::date) FROM (VALUES ('2020-01-01'), ('2026-08-01')) AS days (d)")

    assert retain(RUN, database)["tables"] == []
    assert retain(RUN, database.model_copy(update={"keep_traffic_days": 402}))["tables"] == ["traffic_2020_01"]


@pytest.mark.parametrize(
    ("setting", "days", "message"),
    [("keep_traffic_days", 30, r"KEEP_TRAFFIC_DAYS=30: .* 402 days"), ("keep_forecasts_days", 7, r"KEEP_FORECASTS_DAYS=7: .* 36 days")],
)
def test_a_policy_that_starves_a_step_is_refused_before_anything_goes(database, setting, days, message):
    store = Store(database.store_url)
    store.write_result(run_before("forecast", 100), "extract", {})

    with pytest.raises(ConfigurationError, match=message):
        retain(RUN, database.model_copy(update={setting: days}))

    assert store.read_result(run_before("forecast", 100), "extract") == {}


def test_a_table_that_a_reader_holds_is_left_for_the_next_time_and_all_else_is_done(database, run_sql, monkeypatch):
    monkeypatch.setattr(retention, "PATIENCE", timedelta(0))
    publish_day(database, 500)
    Store(database.store_url).write_result(run_before("forecast-old", 100), "extract", {})
    reader = psycopg2.connect(database.database_url.get_secret_value())
    try:
        reader.cursor().execute("SELECT count(*) FROM dayahead.forecasts")

        with pytest.raises(ServiceError, match="a reader kept forecasts_2025_04_08 locked for minutes; all else is done: run it again"):
            retain(RUN, database)
    finally:
        reader.close()

    assert tables(run_sql, "attention") == []
    assert retention.old_runs(database.store_url, NOW - timedelta(days=30)) == []
    assert retain(RUN, database)["tables"] == ["forecasts_2025_04_08"]


def test_retention_does_all_of_its_work_beside_busy_publishers_and_readers_wait_for_a_moment(database, run_sql):
    for age in (500, 499, 90, 89, 0):
        publish_day(database, age)
    enough = Event()

    def publish_again_and_again() -> None:
        level = 2.0
        while not enough.is_set():
            leave(database, forecast_rows(level=level), attention_rows())
            publish(run_before("forecast", 0), database)
            level += 1

    publisher = Thread(target=publish_again_and_again)
    publisher.start()
    with readers(database) as watching:
        dropped = retain(RUN, database)
        enough.set()
        publisher.join(60)

    assert dropped["months_merged"] == ["forecasts 2026-05", "attention 2026-05"]
    assert tables(run_sql) == ["forecasts_2026_05", "forecasts_2026_08_21"]
    assert max(reader.longest for reader in watching.values()) <= LONGEST_WAIT


def test_the_runs_own_folder_stays_however_old(database):
    old = replace(RUN, purpose="retain")

    retain(old, database.model_copy(update={"keep_snapshots_days": 7}))

    assert Store(database.store_url).read_result(old, "retain")["dry_run"] is False
