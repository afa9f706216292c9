"""The Grafana dashboard's SQL, run as viewer on a real PostgreSQL: what Grafana would ask for, its macros written out."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.adapters.postgres.database import connect, driver
from pipeline.config import Settings
from tests.fixtures.database import TEMPLATE, database_url, execute
from tests.fixtures.fleet import TARGET_DAY, fill_fleet

GRAFANA = Path(__file__).resolve().parents[2] / "docker" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "dayahead.json").read_text())
TELEMETRY = json.loads((GRAFANA / "telemetry.json").read_text())
QUERIES = {panel["title"]: panel["targets"][0] for panel in DASHBOARD["panels"]} | {
    "annotation": DASHBOARD["annotations"]["list"][0]["target"],
    "sites": {"rawSql": DASHBOARD["templating"]["list"][0]["query"], "format": "table"},
}
SITES = ["it's; a 'site'", "edge-1", "edge-2", "edge-3"]
UNTIL = datetime(TARGET_DAY.year, TARGET_DAY.month, TARGET_DAY.day, tzinfo=UTC) + timedelta(days=1)
SINCE = UNTIL - timedelta(days=10)


@pytest.fixture(scope="module")
def filled(migrated_server: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database with a week of a small fleet."""
    execute(migrated_server, f"CREATE DATABASE grafana TEMPLATE {TEMPLATE}")
    settings = Settings(home=tmp_path_factory.mktemp("home"), database_url=database_url(migrated_server, "grafana"))
    fill_fleet(settings, SITES, days=8)
    return settings


def written_out(sql: str) -> str:
    """Return a panel's SQL as Grafana sends it: macros and the variable replaced."""
    sql = re.sub(r"\$__timeFilter\(([^)]+)\)", rf"\1 BETWEEN '{SINCE:%Y-%m-%dT%H:%M:%SZ}' AND '{UNTIL:%Y-%m-%dT%H:%M:%SZ}'", sql)
    for macro, value in (("$__timeFrom()", SINCE), ("$__timeTo()", UNTIL)):
        sql = sql.replace(macro, f"'{value:%Y-%m-%dT%H:%M:%SZ}'")
    sql = sql.replace("${site:sqlstring}", "'" + SITES[0].replace("'", "''") + "'")
    assert "$" not in sql, f"a macro or variable that this test does not know: {sql}"
    return sql


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_dashboard_runs_as_viewer_and_finds_rows(filled: Settings, name: str):
    target: dict[str, Any] = QUERIES[name]

    with connect(filled, "viewer") as connection, driver(connection).cursor() as cursor:
        cursor.execute(written_out(target["rawSql"]))
        columns, rows = [column.name for column in cursor.description], cursor.fetchall()

    may_be_empty = name == "Silent sites"  # nobody is silent
    assert bool(rows) or may_be_empty
    if target["format"] == "time_series":
        assert columns[0] == "time"
        assert rows == sorted(rows, key=lambda row: row[0])


def test_the_site_of_the_variable_is_the_one_shown(filled: Settings):
    with connect(filled, "viewer") as connection, driver(connection).cursor() as cursor:
        cursor.execute(written_out(QUERIES["Forecast and readings of $site"]["rawSql"]))
        rows = cursor.fetchall()

    assert len(rows) == 9 * 24
    assert sum(row[1] is not None for row in rows) == 8 * 24


def test_the_dashboard_asks_views_and_never_tables_of_rows():
    asked = {relation for target in QUERIES.values() for relation in re.findall(r"dayahead\.(\w+)", target["rawSql"])}

    assert not asked & {"traffic", "forecasts", "attention", "scores", "promotions", "quarantine", "sites", "anomalies"}


@pytest.mark.parametrize("dashboard", [DASHBOARD, TELEMETRY], ids=lambda dashboard: dashboard["title"])
def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]):
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]

    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_provisioning_names_the_data_source_that_the_panels_use():
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "dayahead.yaml").read_text())["datasources"][0]

    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    assert source["type"] == "postgres"


def test_a_dashboard_of_its_own_asks_for_its_data_source_and_has_what_grafana_needs_to_import_it():
    variable = TELEMETRY["templating"]["list"][0]
    source = {"type": variable["query"], "uid": f"${{{variable['name']}}}"}

    assert variable["type"] == "datasource"
    assert TELEMETRY["uid"] not in (None, "", DASHBOARD["uid"])
    assert TELEMETRY["schemaVersion"] == DASHBOARD["schemaVersion"]
    for panel in TELEMETRY["panels"]:
        assert panel.keys() >= {"id", "title", "type", "gridPos", "datasource", "targets", "fieldConfig"}
        assert [each["datasource"] for each in (panel, *panel["targets"])] == [source] * (1 + len(panel["targets"]))
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
