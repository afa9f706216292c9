"""The watching as a user meets it: decay and a failure in the real Airflow, told to a real webhook, once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.fixtures.receivers import Hook, web_server
from tests.fixtures.stack import Stack

WAIT_SECONDS = 600
DAY = "2026-08-22"  # a day after the journey's: what is planted here is the latest that is published
TABLE = f"forecasts_{DAY.replace('-', '_')}"
PLANT = f"""
do $$ begin
perform dayahead.ensure_day('forecasts', '{DAY}');
create table if not exists dayahead.{TABLE}_champion partition of dayahead.{TABLE} for values in ('champion');
insert into dayahead.sites (site) values ('watched');
insert into dayahead.forecasts
select '{DAY}', 'champion', 'watched', ts, 1, 2, 3, 4, 5, 6, 7, '{DAY} 00:00+00', '901', 'none', 'none', 'planted'
from generate_series(timestamptz '{DAY} 00:00+00', '{DAY} 23:00+00', '1 hour') as ts;
insert into dayahead.champion_references (model_version, snapshot, backtest_wape) values ('901', 'none', 0.2);
insert into dayahead.scores
select date '{DAY}' - d, 'champion', 'watched', '901', now(), 24, 100, 0.9, 2, 1, 0, 0, 0, 0 from generate_series(1, 6) as d;
end $$"""
CLEAR = f"""
do $$ begin
delete from dayahead.scores where site = 'watched';
delete from dayahead.forecasts where site = 'watched';
delete from dayahead.sites where site = 'watched';
delete from dayahead.champion_references where model_version = '901';
delete from dayahead.retrainings where model_version = '901';
delete from dayahead.alerts where target_day = '{DAY}';
end $$"""


@pytest.fixture
def api(stack: Stack) -> Callable[..., Any]:
    """Function that asks Airflow's API: method, path, JSON body."""
    settings, session = stack.settings, requests.Session()
    login = {"username": settings.tracking_username, "password": settings.tracking_password.get_secret_value()}
    token = session.post(f"{settings.airflow_url}/auth/token", json=login, timeout=120).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def ask(method: str, path: str, body: dict | None = None) -> Any:
        answer = session.request(method, f"{settings.airflow_url}/api/v2{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    return ask


@pytest.fixture
def hook(api: Callable[..., Any]) -> Iterator[Hook]:
    """A webhook that Airflow knows as a connection."""
    with web_server() as server:
        api(
            "POST",
            "/connections",
            {"connection_id": "dayahead_webhook", "conn_type": "http", "host": f"http://127.0.0.1:{server.port}/hook"},
        )
        yield server
        api("DELETE", "/connections/dayahead_webhook")


@pytest.fixture
def decayed(stack: Stack) -> Iterator[None]:
    """A champion that was wrong four times over what it promised, six days long."""
    stack.run("sql", PLANT)
    yield
    stack.run("sql", CLEAR)


@pytest.fixture
def running(stack: Stack) -> Iterator[None]:
    """The DAGs on, but for train_model: a training that is asked for waits."""
    wanted = {"monitor_forecasts": False, "forecast_day_ahead": False, "train_model": True}
    before = {dag: stack.airflow.set_paused(dag, paused) for dag, paused in wanted.items()}
    yield
    for dag, paused in before.items():
        stack.airflow.set_paused(dag, paused)


def test_decay_starts_one_training_and_is_told_once_however_often_the_day_is_monitored(stack, api, hook, decayed, running):
    states = []
    for _ in range(2):
        run = stack.airflow.trigger("monitor_forecasts", {"target_day": DAY})
        assert until(lambda run=run: stack.airflow.run_state("monitor_forecasts", run) in ("success", "failed") and "over")
        states.append({task["task_id"]: task["state"] for task in stack.airflow.tasks("monitor_forecasts", run)})
        until(lambda: [body for _, body in hook.posts if body["kind"] == "decay"])
    asked = [run["dag_run_id"] for run in api("GET", "/dags/train_model/dagRuns")["dag_runs"] if run["dag_run_id"].startswith("decay__")]
    api("DELETE", f"/dags/train_model/dagRuns/decay__{DAY}")

    assert [(state["monitor"], state["retrain"]) for state in states] == [("success", "success"), ("success", "skipped")]
    assert asked == [f"decay__{DAY}"]
    told = [body for _, body in hook.posts if body["kind"] == "decay"]
    assert len(told) == 1
    assert "A training was asked for: WAPE" in told[0]["text"]
    assert told[0]["links"]["run"].startswith(f"{stack.settings.airflow_url}/dags/monitor_forecasts/runs/")


def test_a_task_that_fails_is_told_with_its_reason_and_its_run(stack, hook, running):
    run = stack.airflow.trigger("forecast_day_ahead", {"target_day": "2019-01-01"})

    [body] = until(lambda: [body for _, body in hook.posts if body["title"].startswith("forecast_day_ahead: extract failed")])

    assert "no reading from" in body["text"]
    assert body["links"]["run"] == stack.airflow.page("forecast_day_ahead", run)
    assert until(lambda: stack.airflow.run_state("forecast_day_ahead", run) == "failed")


def until(found: Callable[[], Any]) -> Any:
    """Return what a question answers as soon as it is true, and its last answer when time is up."""
    end = time.monotonic() + WAIT_SECONDS
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(0.5)
    return answer
