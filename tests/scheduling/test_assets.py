"""Events of assets: what a run left there."""

from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time.context import OutletEventAccessors

from pipeline.scheduling.assets import champion_asset, table_asset, tell_events


@pytest.fixture(autouse=True)
def _own_database(monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql+psycopg2://me:secret@db.example/mine")
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", "https://mlflow.example")


def test_event_of_every_asset_that_a_task_writes_says_what_the_step_returned_and_no_address():
    forecasts, events = table_asset("forecasts"), OutletEventAccessors()
    left = {"rows": 144, "degraded": 2, "versions": ["7"], "target_days": ["2026-08-21"], "forecasts": "file:///store/forecasts.parquet"}

    tell_events({"task": SimpleNamespace(outlets=[forecasts]), "outlet_events": events}, left)

    assert events[forecasts].extra == {"target_days": ["2026-08-21"], "rows": 144, "degraded": 2, "versions": ["7"]}


def test_addresses_of_assets_hold_no_password_and_need_no_port():
    assert table_asset("forecasts").extra == {"address": "postgres://db.example:5442/mine/dayahead/forecasts"}
    assert champion_asset().extra == {"address": "mlflow://mlflow.example:5010/dayahead@champion"}


def test_an_asset_stays_the_same_where_a_setting_moves_it_else_airflow_fails_the_tasks_of_the_next_minute(monkeypatch):
    before = table_asset("traffic"), champion_asset()
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql://me@another.example/other")
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", "https://another.example")

    assert [(each.name, each.uri) for each in (table_asset("traffic"), champion_asset())] == [(each.name, each.uri) for each in before]
