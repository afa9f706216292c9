"""The journey through the stack in containers, from outside: the REST API with its login, the page over HTTP, SQL, MLflow."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest
import requests

from tests.containers import figures
from tests.containers.conftest import DAYS, SITES
from tests.containers.stack import Containers, until

TOMORROW, SHARDS = "2026-03-31", 4


@pytest.fixture(scope="module")
def trained(stack: Containers, elsewhere: Containers) -> str:
    """A training with shards, whose task ``train`` ran on the other host and whose version a person let pass: its run's id."""
    conf = {"target_day": TOMORROW, "epochs": 1, "shards": SHARDS, "days": DAYS, "approval": "required"}
    run = stack.begin("train_model", conf)
    assert until(lambda: any(task["state"] in ("awaiting_input", "failed") for task in stack.airflow.tasks("train_model", run)))
    time.sleep(10)  # the scheduler is to have seen the asking process end: sooner than people read
    where = f"http://localhost:8080/api/v2/dags/train_model/dagRuns/{run}/taskInstances/review/-1/hitlDetails"
    body: dict[str, Any] = {"chosen_options": ["Approve"], "params_input": {"comment": "read it"}}
    assert login(stack).patch(where, json=body, timeout=60).status_code == 200
    return stack.end("train_model", run)


@pytest.fixture(scope="module")
def forecast(stack: Containers, trained: str) -> str:
    """A forecast with shards: its run's id."""
    run = stack.end("forecast_day_ahead", stack.begin("forecast_day_ahead", {"target_day": TOMORROW, "shards": SHARDS}))
    figures.note(forecast_with_4_shards_seconds=figures.cost_of_run(stack, "forecast_day_ahead", run))
    return run


def login(stack: Containers) -> requests.Session:
    session = requests.Session()
    token = requests.post(
        "http://localhost:8080/auth/token", json={"username": "admin", "password": stack.secret("login_password")}, timeout=60
    )
    session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
    return session


def test_every_service_is_healthy_by_its_own_check(stack: Containers) -> None:
    assert {name for name in stack.services if until(partial(stack.ready, name), 120)} == set(stack.services)


def test_training_runs_on_the_host_that_has_only_the_documented_addresses(stack: Containers, elsewhere: Containers, trained: str) -> None:
    tasks = {task["task_id"]: task["hostname"] for task in stack.airflow.tasks("train_model", trained)}

    assert tasks["train"] == elsewhere.execute("worker", "hostname").strip()
    assert tasks["evaluate"] == stack.execute("worker", "hostname").strip()


def test_a_person_agrees_over_the_api_and_is_named(stack: Containers, trained: str) -> None:
    decision = stack.query("select version, decision, decided_by from dayahead.promotions order by id desc limit 1")

    assert decision == [{"version": "1", "decision": "promoted", "decided_by": "admin"}]


def test_champion_is_in_mlflow_with_its_files_in_the_object_store(stack: Containers, trained: str) -> None:
    own = ("admin", stack.secret("login_password"))
    api = "http://localhost:5000/api/2.0/mlflow"

    version = requests.get(f"{api}/registered-models/alias?name=dayahead&alias=champion", auth=own, timeout=60).json()["model_version"]
    files = stack.execute("worker", "python", "-c", "import s3fs; print(*s3fs.S3FileSystem().find('dayahead/artifacts'), sep='\\n')")

    assert version["version"] == "1"
    assert any(name.endswith(".safetensors") for name in files.splitlines())
    assert requests.get(f"{api}/experiments/search?max_results=1", timeout=60).status_code == 401


def test_forecast_of_every_site_is_whole_and_by_the_champion(stack: Containers, forecast: str) -> None:
    counted = """select count(distinct site) as sites, count(*) as n, max(degradation) as rung, min(q05) > 0 as sane
                 from dayahead.forecasts where role = 'champion'"""

    assert stack.query(counted) == [{"sites": SITES, "n": SITES * 24, "rung": "none", "sane": True}]


def test_page_shows_the_day_to_who_has_logged_in_and_to_nobody_else(stack: Containers, forecast: str) -> None:
    page = "http://localhost:8080/dayahead/forecasts"

    assert requests.get(page, timeout=60).status_code == 401
    shown = login(stack).get(page, timeout=60)
    assert shown.status_code == 200
    assert "site 0" in shown.text


def test_data_docs_are_read_through_the_page(stack: Containers, forecast: str) -> None:
    shown = login(stack).get(
        f"http://localhost:8080/dayahead/data-docs/forecast/20260331T000000Z/shard-0-of-{SHARDS}/index.html", timeout=60
    )

    assert shown.status_code == 200
    assert "Data Docs" in shown.text


def test_logs_of_tasks_are_read_in_the_ui(stack: Containers, forecast: str) -> None:
    tasks = stack.airflow.tasks("forecast_day_ahead", forecast)
    published = next(task for task in tasks if task["task_id"] == "publish")

    assert "step=publish" in stack.airflow.log("forecast_day_ahead", forecast, published, 1000)


@pytest.mark.parametrize(
    "service", ["postgres", "redis", "object-store", "mlflow", "api-server", "scheduler", "dag-processor", "triggerer", "worker"]
)
def test_container_is_no_root_has_no_capability_and_a_root_that_cannot_be_written(stack: Containers, service: str) -> None:
    told = dict(line.split(":\t", 1) for line in stack.execute(service, "cat", "/proc/self/status").splitlines() if ":\t" in line)

    assert told["Uid"].split()[0] != "0"
    assert int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0
    assert told["NoNewPrivs"] == "1"
    assert stack.execute(service, "sh", "-c", "touch /usr/here 2>&1 || true").strip().endswith("Read-only file system")
