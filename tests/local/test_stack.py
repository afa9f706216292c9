"""The embedded stack, started once for all of these by the command that people type."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
import requests

from pipeline.errors import ServiceError
from pipeline.local.airflow_api import Airflow
from pipeline.local.home import LOGIN
from pipeline.local.stack import status
from pipeline.local.supervision import Supervisor, members
from tests.fixtures.stack import Stack

SERVICES = ["postgres", "mlflow", "api-server", "scheduler", "dag-processor", "triggerer"]


def test_status_shows_every_service_healthy_with_its_process_and_the_login(stack: Stack):
    shown = stack.run("status").stdout

    assert [line.split()[:2] for line in shown.splitlines()[1:7]] == [[name, "healthy"] for name in SERVICES]
    assert f"login {LOGIN} / {stack.home.secrets().login}" in shown


def test_every_process_listens_on_loopback_only(stack: Stack):
    listening = []
    for process in members(stack.home):
        with suppress(psutil.NoSuchProcess):  # it has ended since
            listening += [c.laddr for c in process.net_connections() if c.status == psutil.CONN_LISTEN]

    settings = stack.settings
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == {settings.postgres_port, settings.airflow_port, settings.mlflow_port}


def test_scheduler_holds_the_libraries_that_tasks_would_load_each_for_itself(stack: Stack):
    pid = next(line.pid for line in status(stack.settings) if line.name == "scheduler")

    loaded = {Path(mapped.path).name for mapped in psutil.Process(pid).memory_maps()}

    assert {"libtorch_cpu.so", "lib_lightgbm.so"} <= loaded


def test_second_up_keeps_the_processes_that_run(stack: Stack):
    before = {line.name: line.pid for line in status(stack.settings)}

    stack.run("up")

    assert {line.name: line.pid for line in status(stack.settings)} == before


def test_nobody_gets_in_without_the_password(stack: Stack):
    settings = stack.settings
    url = settings.database_url.get_secret_value().replace("+psycopg2", "")

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url.replace(stack.home.secrets().dayahead, "guessed"))
    with pytest.raises(ServiceError, match="refused the login"):
        Airflow(stack.settings.airflow_url, LOGIN, "guessed").set_pool("mine", 1)
    assert requests.get(f"{settings.tracking_url}/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=30).status_code == 401


def test_dags_are_parsed_and_training_has_a_pool_of_one(stack: Stack):
    airflow = stack.airflow

    assert airflow.import_errors() == []
    assert all(airflow.find_dag(name) for name in ("train_model", "forecast_day_ahead", "monitor_forecasts"))
    assert airflow._ask("GET", "/pools/training")["slots"] == 1


def test_logs_of_an_unknown_service_are_refused_with_the_names_there_are(stack: Stack):
    refused = stack.run("logs", "nginx", check=False)

    assert refused.returncode == 2
    assert "no log of nginx" in refused.stderr
    assert "scheduler" in refused.stderr


def test_service_that_ended_is_told_by_status_and_mended_by_up(stack: Stack):
    Supervisor(stack.home).stop(["triggerer"], seconds=30)

    told = stack.run("status", check=False)
    assert told.returncode == 1
    assert "not all services are healthy; start them with: make up" in told.stdout

    stack.run("up")
    assert stack.run("status").returncode == 0


def test_down_leaves_no_process_and_up_finds_everything_again(stack: Stack):
    stack.airflow.set_pool("kept", 3)

    stack.run("down")
    assert members(stack.home) == []
    assert stack.run("status", check=False).returncode == 1

    stack.run("up")
    assert stack.airflow._ask("GET", "/pools/kept")["slots"] == 3
