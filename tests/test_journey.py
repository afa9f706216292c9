"""The whole journey as a user walks it: one command, real Airflow, real MLflow, real Postgres."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from tests.fixtures.journey import SITES, TODAY, TOMORROW
from tests.fixtures.secrets import leaks
from tests.fixtures.stack import Stack

WAIT_SECONDS = 600


def query(stack: Stack, text: str) -> list[dict]:
    return json.loads(stack.run("sql", text, "--json").stdout)


def test_demo_ends_with_tomorrow_a_plot_and_the_addresses(stack: Stack, walked: str):
    plot = next(word for word in walked.split() if word.endswith("forecast.png"))

    assert Path(plot).read_bytes().startswith(b"\x89PNG")
    assert "dayahead.next_day" in walked
    for address in (stack.settings.airflow_url, stack.settings.tracking_url):
        assert address in walked
    assert "make down" in walked


def test_demo_shows_tomorrow_by_seasonal_naive_before_it_trains_and_by_the_champion_afterwards(walked: str):
    at_once, after = walked.split("DAG train_model")

    assert len(re.findall(r"^ *site \d .* seasonal_naive *$", at_once, re.MULTILINE)) == SITES
    assert re.search(rf"visible \d+ s after the stack was up: {SITES} sites by seasonal_naive\n  now a model learns", at_once)
    assert len(re.findall(r"^ *site \d .* champion *$", after, re.MULTILINE)) == SITES
    assert re.search(rf"replaced \d+ s after the stack was up: {SITES} sites by champion", after)


def test_demo_leaves_every_site_24_hours_of_tomorrow_from_the_champion(stack: Stack, walked: str):
    counted = "select site, count(distinct ts) as hours, min(degradation) as rung from dayahead.next_day group by site order by site"
    rows = query(stack, counted)

    assert rows == [{"site": f"site {i}", "hours": 24, "rung": "none"} for i in range(SITES)]


def test_demo_leaves_a_champion_in_the_registry_and_the_decision_in_the_table(stack: Stack, walked: str):
    champion = registry.champion_version(stack.settings)

    assert query(stack, "select version, decision from dayahead.promotions") == [{"version": champion, "decision": "promoted"}]


def test_demo_keeps_a_poison_row_in_quarantine(stack: Stack, walked: str):
    assert query(stack, "select count(*) as n from dayahead.quarantine") == [{"n": 1}]


def test_second_demo_trains_no_second_time_and_leaves_the_same_rows(stack: Stack, fleet_file: Path, walked: str):
    before = query(stack, "select * from dayahead.forecasts order by site, ts")

    again = stack.run("demo", "--data", str(fleet_file)).stdout

    assert "done before" in again
    assert query(stack, "select * from dayahead.forecasts order by site, ts") == before


def test_a_day_published_by_the_schedule_makes_the_monitor_score_the_day_before(stack: Stack, walked: str):
    airflow = stack.airflow
    was_paused = {dag: airflow.set_paused(dag, False) for dag in ("forecast_day_ahead", "monitor_forecasts")}
    try:
        for day in (TODAY, TOMORROW):
            run = airflow.trigger("forecast_day_ahead", {}, partition_key=day)
            until(lambda run=run: airflow.run_state("forecast_day_ahead", run) == "success")
        scored = until(lambda: query(stack, f"select site, wape from dayahead.scores where target_day = '{TODAY}' order by site"))
    finally:
        for dag, paused in was_paused.items():
            airflow.set_paused(dag, paused)

    assert [row["site"] for row in scored] == [f"site {i}" for i in range(SITES)]
    assert max(row["wape"] for row in scored) < 0.3


def test_validate_links_to_its_data_docs_behind_the_login(stack: Stack, walked: str):
    page = link_of(stack, "forecast_day_ahead", "validate", "Data Docs")
    outside = page.split("/data-docs/")[0] + "/data-docs/%2e%2e/secrets.json"

    assert requests.get(page, timeout=60).status_code == 401
    assert "Great Expectations" in logged_in(stack).get(page, timeout=60).text
    assert logged_in(stack).get(outside, timeout=60).status_code == 404


def test_register_links_to_the_version_in_the_registry(stack: Stack, walked: str):
    champion = registry.champion_version(stack.settings)

    assert link_of(stack, "train_model", "register", "Model version") == version_url(stack.settings, champion)


def test_a_row_of_the_forecast_leads_to_the_dag_run_that_made_it(stack: Stack, walked: str):
    folder = query(stack, "select run_id from dayahead.forecasts order by target_day desc limit 1")[0]["run_id"]
    page = f"{stack.settings.airflow_url}/dayahead/run"

    answer = logged_in(stack).get(page, params={"folder": folder}, allow_redirects=False, timeout=60)

    assert answer.status_code == 307
    assert answer.headers["Location"].startswith("../dags/forecast_day_ahead/runs/")


def test_no_secret_is_left_where_others_can_read_it(stack: Stack, walked: str):
    planted = stack.home.root / "store" / "planted"
    planted.write_text(f"password={stack.home.secrets().dayahead}")

    assert leaks(stack) == ["dayahead in file store/planted"]
    planted.unlink()
    assert leaks(stack) == []


def logged_in(stack: Stack) -> requests.Session:
    settings, session = stack.settings, requests.Session()
    login = {"username": settings.tracking_username, "password": settings.tracking_password.get_secret_value()}
    answer = session.post(f"{settings.airflow_url}/auth/token", json=login, timeout=60)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def link_of(stack: Stack, dag: str, task: str, name: str) -> str:
    """Address behind a button of a task of the DAG's first run."""
    session, runs = logged_in(stack), f"{stack.settings.airflow_url}/api/v2/dags/{dag}/dagRuns"
    first = session.get(runs, params={"order_by": "run_after", "limit": 1}, timeout=60).json()["dag_runs"][0]["dag_run_id"]
    instances = session.get(f"{runs}/{first}/taskInstances", params={"limit": 1000}, timeout=60).json()["task_instances"]
    index = {"map_index": next(instance["map_index"] for instance in instances if instance["task_id"] == task)}
    return session.get(f"{runs}/{first}/taskInstances/{task}/links", params=index, timeout=60).json()["extra_links"][name]


def until(found: Callable[[], Any]) -> Any:
    """Return what a question answers as soon as it is true, and its last answer when time is up."""
    end = time.monotonic() + WAIT_SECONDS
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(1)
    return answer
