"""Command health, against a real PostgreSQL: what it finds, and how it ends."""

import json
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.commands.health import latest_due
from pipeline.config import Settings
from tests.fixtures.published import replace_forecasts
from tests.fixtures.receivers import web_server
from tests.steps.test_publish import attention_rows, forecast_rows

DAY = date(2026, 8, 21)
FILL = """
SELECT dayahead.ensure_partition('traffic', '2026-08-20');
INSERT INTO dayahead.sites (site) VALUES ('a'), ('it''s b'), ('📡 Straße'), ('dead long ago');
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT site, '2026-08-20 12:00+00', 1 FROM dayahead.sites WHERE site <> 'dead long ago';
"""


@pytest.fixture
def publish(database, run_sql, monkeypatch):
    """Function that publishes a day of three live sites as changed by its argument."""
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    for name in ("TRACKING_URL", "AIRFLOW_URL"):
        monkeypatch.delenv(f"DAYAHEAD_{name}", raising=False)
    run_sql(FILL)

    def publish(change=lambda rows: rows) -> None:
        with connect(database, "writer") as connection:
            for table in ("forecasts", "attention"):
                ensure_partitions(connection, table, [DAY])
        with connect(database, "writer") as connection:
            rows = forecast_rows().assign(degradation="none", cutoff=datetime(2026, 8, 21, tzinfo=UTC))
            replace_forecasts(connection, change(rows), attention_rows())

    return publish


def ask(*more: str) -> tuple[int, dict]:
    result = CliRunner().invoke(app, ["health", "--json", *(more or ("--day", DAY.isoformat()))])
    return result.exit_code, json.loads(result.stdout)


def test_health_of_a_whole_day_by_the_champion_is_good(publish):
    publish()

    code, found = ask()

    assert code == 0
    assert (found["status"], found["problems"]) == ("healthy", [])
    assert found["sites"] == {"live": 3, "forecast": 3, "missing": []}
    assert found["rungs"] == {"none": 3}
    assert found["cutoff"] == "2026-08-21T00:00:00+00:00"
    assert found["services"] == {"MLflow": "not set", "Airflow": "not set"}


def test_health_speaks_to_people_in_lines_of_80_columns(publish):
    publish()

    result = CliRunner().invoke(app, ["health", "--day", DAY.isoformat()])

    assert result.exit_code == 0
    assert result.stdout.startswith("2026-08-21  healthy\n")
    assert "rung       none (3 sites)" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_health_without_a_forecast_ends_with_2(publish):
    code, found = ask()

    assert code == 2
    assert found["problems"] == ["no forecast of 2026-08-21 is published, and 3 sites are live: see forecast_day_ahead"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[rows["site"] != "a"], "1 of 3 live sites have no forecast: a"),
        (lambda rows: rows.assign(degradation="seasonal_naive"), "3 sites were not forecast by the champion"),
        (lambda rows: rows.assign(cutoff=datetime(2026, 8, 20, 18, tzinfo=UTC)), "were forecast from readings before 2026-08-21 00:00"),
    ],
    ids=["a site is missing", "lower rung", "older readings"],
)
def test_health_of_a_degraded_forecast_ends_with_1(publish, change, said):
    publish(change)

    code, found = ask()

    assert (code, found["status"]) == (1, "degraded")
    assert said in found["problems"][0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.groupby("site").head(20), "3 sites do not have every step of the day"),
        (lambda rows: rows.drop(rows[rows["site"] == "a"].index[5]), "1 sites do not have every step of the day: a"),
        (lambda rows: rows[rows["site"] == "a"], "2 of 3 live sites have no forecast"),
    ],
    ids=["cut", "a hole", "most sites are missing"],
)
def test_health_of_a_broken_forecast_ends_with_2(publish, change, said):
    publish(change)

    code, found = ask()

    assert (code, found["status"]) == (2, "unhealthy")
    assert said in found["problems"][0]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_health_knows_how_many_hours_a_day_has_where_clocks_change(publish, run_sql, day, hours):
    run_sql("UPDATE dayahead.sites SET timezone = 'Europe/Berlin'")
    run_sql("SELECT dayahead.ensure_partition('forecasts', %s)", day)
    row = """
        INSERT INTO dayahead.forecasts SELECT %s, 'champion', 'a', %s::timestamp AT TIME ZONE 'Europe/Berlin' + h * interval '1 hour',
        1, 2, 3, 4, 5, 6, 7, now(), '1', 's', 'none', 'r' FROM generate_series(0, %s) AS h
    """
    run_sql(row, day, day, hours - 1)

    steps = run_sql("SELECT steps, expected_steps::int FROM dayahead.forecast_days WHERE target_day = %s", day)

    assert steps == [(hours, hours)]


def test_health_while_the_database_is_away_ends_with_2_and_says_so(publish, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql://postgres@127.0.0.1:9/dayahead")

    code, found = ask()

    assert code == 2
    assert "127.0.0.1:9/dayahead does not answer" in found["problems"][0]


def test_health_while_mlflow_and_airflow_are_away_ends_with_1(publish, monkeypatch):
    publish()
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", "http://127.0.0.1:9")
    with web_server() as server:  # answers a GET with 501
        monkeypatch.setenv("DAYAHEAD_AIRFLOW_URL", f"http://127.0.0.1:{server.port}")
        code, found = ask()

    assert code == 1
    assert [problem.split(" at ")[0] for problem in found["problems"]] == ["the MLflow server", "Airflow"]


def test_health_reads_with_the_roles_that_only_read(publish, run_sql, monkeypatch, database):
    publish()
    run_sql("DROP ROLE IF EXISTS guest")
    run_sql("CREATE ROLE guest LOGIN IN ROLE dayahead_viewer, dayahead_reader")
    as_guest = database.database_url.get_secret_value().replace("//postgres:", "//guest:", 1)
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", as_guest)

    assert "guest" in as_guest
    assert ask()[0] == 0


def test_health_looks_at_the_latest_day_that_was_due(publish):
    settings = Settings(deadline_minutes=120, timezone="Europe/Berlin")

    assert latest_due(settings, datetime(2026, 8, 20, 23, 30, tzinfo=UTC)) == date(2026, 8, 20)  # due by 00:00 UTC
    assert latest_due(settings, datetime(2026, 8, 21, 0, 0, tzinfo=UTC)) == DAY
    assert latest_due(settings.model_copy(update={"cutoff_lead_hours": 6.0}), datetime(2026, 8, 20, 18, tzinfo=UTC)) == DAY


def test_health_refuses_a_day_that_is_none(publish):
    result = CliRunner().invoke(app, ["health", "--day", "yesterday"])

    assert "is not a date" in str(result.exception)
