"""Airflow's own part: past days are filled in from what was known then, a lost service is tried again and faulty data is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.local.airflow_api import Airflow
from pipeline.local.postgres import HOST, SUPERUSER
from tests.fixtures.journal import Journal
from tests.fixtures.stack import Stack

DAG = "forecast_day_ahead"
SITES = ("past a", "past b")
DAYS = (date(2025, 6, 10), date(2025, 6, 11))
WAIT_SECONDS = 600
FILL = """
INSERT INTO dayahead.sites (site) SELECT unnest(%(sites)s::text[]) ON CONFLICT DO NOTHING;
SELECT dayahead.ensure_partition('traffic', day::date) FROM generate_series('2025-04-01'::date, '2025-06-01', '1 month') AS day;
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT site, ts, %(factor)s * (50 + 10 * sin(extract(hour FROM ts) / 4) + extract(day FROM ts))
FROM unnest(%(sites)s::text[]) AS site, generate_series(%(since)s::timestamptz, %(until)s::timestamptz - interval '1 hour', '1 hour') AS ts;
"""
DAY_LOST = DAYS[0] - timedelta(days=1)
ROWS = "SELECT target_day, site, ts, q05, q50, q95 FROM dayahead.forecasts WHERE site = ANY(%(sites)s) ORDER BY 1, 2, 3"
CLEAN = """
DELETE FROM dayahead.traffic WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.sites WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.forecasts WHERE site = ANY(%(sites)s);
DELETE FROM dayahead.attention WHERE site = ANY(%(sites)s);
"""


@pytest.fixture(scope="module")
def ask(stack: Stack) -> Callable[..., list[tuple]]:
    """Function that runs statements on the stack's traffic database as its owner and returns the rows of the last one."""
    url = stack.settings.database_url.get_secret_value().replace("+psycopg2", "")

    def run(text: str, **values: Any) -> list[tuple]:
        connection = psycopg2.connect(url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text, {"sites": list(SITES)} | values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    return run


@pytest.fixture(scope="module")
def history(stack: Stack, ask) -> Iterator[None]:
    """Readings of two sites up to the first of the days, while the DAG is on; both end with the module."""
    ask(FILL, factor=1, since="2025-04-20", until=str(DAYS[0]))
    airflow = stack.airflow
    was_paused, before = airflow.set_paused(DAG, False), runs_of(airflow)
    yield
    airflow.set_paused(DAG, was_paused)
    for run in runs_of(airflow) - before:
        ended(stack, run)  # one that runs is not deleted
        airflow._send("DELETE", f"/dags/{DAG}/dagRuns/{run}", None).raise_for_status()
    ask(CLEAN)


@dataclass(frozen=True)
class Shaken:
    """Runs that something was wrong with: the database was closed to the first try of one, the other's day has no readings."""

    lost: str
    faulty: str
    closed_at: datetime


@pytest.fixture(scope="module")
def shaken(stack: Stack, history) -> Shaken:
    """Both runs, under way while other tests work: a second try comes after 20 seconds."""
    owner = {"host": HOST, "port": stack.settings.postgres_port, "user": SUPERUSER, "password": stack.home.secrets().superuser}

    def close(closed: bool) -> None:
        connection = psycopg2.connect(**owner, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE traffic ALLOW_CONNECTIONS {not closed}")
            if closed:
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'traffic'")
        connection.close()

    close(True)
    closed_at = datetime.now(UTC)
    try:
        lost = stack.airflow.trigger(DAG, {}, partition_key=str(DAY_LOST))
        until(lambda: task_of(stack, lost, "extract").get("state") == "up_for_retry")
    finally:
        close(False)
    return Shaken(lost, stack.airflow.trigger(DAG, {}, partition_key="2024-01-01"), closed_at)


def task_of(stack: Stack, run: str, task: str) -> dict[str, Any]:
    return next((each for each in stack.airflow.tasks(DAG, run) if each["task_id"] == task and each["state"]), {})


def runs_of(airflow: Airflow) -> set[str]:
    return {run["dag_run_id"] for run in airflow._ask("GET", f"/dags/{DAG}/dagRuns?limit=100")["dag_runs"]}


def until(found: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Return what a question answers as soon as it is true, and its last answer when time is up."""
    end = time.monotonic() + seconds
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(0.5)
    return answer


def ended(stack: Stack, run: str) -> str:
    """How a run of the DAG ended."""
    until(lambda: stack.airflow.run_state(DAG, run) in ("success", "failed"))
    return stack.airflow.run_state(DAG, run)


def known_then(stack: Stack, day: date, home: Path) -> list[tuple]:
    """What the steps say of a day with the readings that the database holds by now, in a home of their own."""
    settings = stack.settings.model_copy(update={"home": home, "store": ""})
    run = Run("forecast", day, settings.cutoff_of(day))
    for step in ("extract", "validate", "features", "forecast"):
        made = getattr(import_module(f"pipeline.steps.{step}"), step)(run, settings)
    frame = Store(settings.store_url).get_frame(made["forecasts"])
    rows = frame[frame["site"].isin(SITES)].sort_values(["site", "ts"])
    return [(day, row.site, row.ts.to_pydatetime(), row.q05, row.q50, row.q95) for row in rows.itertuples()]


def ask_for(stack: Stack, first: date, last: date, reprocess: str, path: str = "") -> dict[str, Any]:
    """Ask Airflow to fill in a range of days."""
    body = {"dag_id": DAG, "from_date": f"{first}T00:00:00Z", "to_date": f"{last}T00:00:00Z", "reprocess_behavior": reprocess}
    return stack.airflow._ask("POST", f"/backfills{path}", body | {"max_active_runs": 2, "dag_run_conf": {}, "run_backwards": False})


def published(ask) -> list[tuple]:
    return [row for row in ask(ROWS) if row[0] in DAYS]


def backfill(stack: Stack, first: date, last: date, reprocess: str) -> float:
    """Let Airflow fill in a range of days, and return how many seconds it took."""
    started = time.monotonic()
    made = ask_for(stack, first, last, reprocess)
    assert until(lambda: stack.airflow._ask("GET", f"/backfills/{made['id']}")["completed_at"])
    return time.monotonic() - started


def test_days_filled_in_together_use_only_what_was_known_and_rows_are_replaced_only_when_asked(
    stack: Stack, ask, shaken: Shaken, journal: Journal, tmp_path: Path
):
    expected = known_then(stack, DAYS[0], tmp_path / "first")
    ask(FILL, factor=1, since=str(DAYS[0]), until=str(DAYS[1]))
    expected += known_then(stack, DAYS[1], tmp_path / "second")
    ask(FILL, factor=1000, since=str(DAYS[1]), until="2025-06-13")

    seconds = backfill(stack, *DAYS, "none")
    journal.note(
        "days filled in side by side",
        "backfill; readings after each cutoff planted",
        expected=expected,
        found=published(ask),
        seconds=seconds,
    )

    ask("UPDATE dayahead.traffic SET throughput = throughput * 2 WHERE site = ANY(%(sites)s) AND ts < '2025-06-10'")
    corrected = known_then(stack, DAYS[0], tmp_path / "corrected")
    unasked = ask_for(stack, *DAYS, "none", "/dry_run")
    seconds = backfill(stack, DAYS[0], DAYS[0], "completed")

    assert unasked["total_entries"] == 0  # neither day would be run again
    assert corrected != expected[: len(corrected)]
    wanted = corrected + [row for row in expected if row[0] == DAYS[1]]
    journal.note(
        "a past day filled in again",
        "backfill; readings before its cutoff corrected",
        expected=wanted,
        found=published(ask),
        seconds=seconds,
    )


def test_a_lost_database_is_tried_again_until_the_run_is_green_and_faulty_data_is_not(stack: Stack, ask, shaken: Shaken, journal: Journal):
    day = DAY_LOST

    assert ended(stack, shaken.lost) == "success"
    assert task_of(stack, shaken.lost, "extract")["try_number"] == 2
    assert ended(stack, shaken.faulty) == "failed"
    assert task_of(stack, shaken.faulty, "extract")["try_number"] == 1
    hours = [(day, site, datetime(day.year, day.month, day.day, hour, tzinfo=UTC)) for site in SITES for hour in range(24)]
    found = [row[:3] for row in ask(ROWS) if row[0] == day]
    whole_at = datetime.fromisoformat(task_of(stack, shaken.lost, "publish")["end_date"])
    seconds = (whole_at - shaken.closed_at).total_seconds()
    journal.note(
        "Postgres refuses connections under Airflow",
        "ALLOW_CONNECTIONS false until the first try has failed",
        expected=hours,
        found=found,
        seconds=seconds,
    )
