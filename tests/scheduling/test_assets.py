"""Events of assets: what a run left there."""

from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.lineage import HookLineageCollector

from pipeline.scheduling import assets
from pipeline.scheduling.assets import champion_asset, table_asset, tell_events


@pytest.fixture(autouse=True)
def _own_database(monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql+psycopg2://me:secret@db.example/mine")
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", "https://mlflow.example")


def test_event_of_every_asset_that_a_task_writes_says_what_the_step_returned_and_no_address():
    forecasts, events = table_asset("forecasts"), OutletEventAccessors()
    left = {"rows": 144, "degraded": 2, "versions": ["7"], "target_days": ["2026-08-21"], "forecasts": "file:///store/forecasts.parquet"}

    tell_events({"task": SimpleNamespace(inlets=[], outlets=[forecasts]), "outlet_events": events}, left)

    assert events[forecasts].extra == {"target_days": ["2026-08-21"], "rows": 144, "degraded": 2, "versions": ["7"]}


def test_lineage_is_told_the_addresses_of_what_a_task_reads_and_writes(monkeypatch):
    collector = HookLineageCollector()  # what Airflow gives where a provider reads it
    monkeypatch.setattr(assets, "get_hook_lineage_collector", lambda: collector)
    task = SimpleNamespace(inlets=[table_asset("traffic"), champion_asset()], outlets=[table_asset("forecasts")])

    tell_events({"task": task, "outlet_events": OutletEventAccessors()}, {})

    told = collector.collected_assets
    assert [each.asset.uri for each in told.inputs] == [each.extra["address"] for each in task.inlets]
    assert [each.asset.uri for each in told.outputs] == ["postgres://db.example:5442/mine/dayahead/forecasts"]


def test_addresses_of_assets_hold_no_password_and_need_no_port():
    assert table_asset("forecasts").extra == {"address": "postgres://db.example:5442/mine/dayahead/forecasts"}
    assert champion_asset().extra == {"address": "mlflow://mlflow.example:5010/dayahead@champion"}


def test_an_asset_stays_the_same_where_a_setting_moves_it_else_airflow_fails_the_tasks_of_the_next_minute(monkeypatch):
    before = table_asset("traffic"), champion_asset()
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql://me@another.example/other")
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", "https://another.example")

    assert [(each.name, each.uri) for each in (table_asset("traffic"), champion_asset())] == [(each.name, each.uri) for each in before]
