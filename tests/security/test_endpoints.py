"""Every address that the stack answers, asked by a stranger: Airflow's, MLflow's and our own pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from pipeline.local.home import PROJECT
from tests.fixtures.stack import Stack

CLOSED = {401, 403}
OF_AIRFLOW_OPEN_TO_ALL = {"/api/v2/monitor/health", "/api/v2/version", "/api/v2/auth/login", "/api/v2/auth/logout"}
OF_MLFLOW_OPEN_TO_ALL = {"/health", "/version"}
OF_MLFLOW = (
    "/", "/signup", "/api/2.0/mlflow/experiments/search", "/api/2.0/mlflow/runs/search", "/api/2.0/mlflow/registered-models/search",
    "/api/2.0/mlflow/users/create", "/ajax-api/2.0/mlflow/experiments/search", "/api/2.0/mlflow-artifacts/artifacts", "/graphql",
    "/get-artifact?path=x&run_uuid=x", "/model-versions/get-artifact?path=x&name=x&version=1", "/metrics",
)  # fmt: skip
ROUTES = """
import json
from pipeline.web.app import app
routes = [[sorted(getattr(route, "methods", None) or ["GET"]), route.path] for route in app.routes]
print("ROUTES" + json.dumps(routes))
"""


@pytest.fixture(scope="module")
def own_routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Every method and path of our pages, read from the application itself; a folder's own path stands for what lies below it."""
    home = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {"AIRFLOW_HOME": str(home), "DAYAHEAD_HOME": str(home / "dayahead")}
    done = subprocess.run(
        [sys.executable, "-c", ROUTES], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True, timeout=600
    )
    routes = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("ROUTES")).removeprefix("ROUTES"))
    return [(method, filled(path)) for methods, path in routes for method in methods]


def filled(path: str) -> str:
    """A path with something in the place of each parameter."""
    return re.sub(r"\{[^}]*\}", "1", path)


def answers(base: str, asked: list[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Ask without a login, as curl does and as a browser does."""
    for method, path in asked:
        for accept in ("*/*", "text/html"):
            answer = requests.request(method, base + path, headers={"Accept": accept}, timeout=120, allow_redirects=False)
            yield method, path, answer.status_code


def test_a_stranger_sees_none_of_our_pages(stack: Stack, own_routes: list[tuple[str, str]]):
    base = f"{stack.settings.airflow_url}/dayahead"
    unlisted = [("GET", path) for path in ("/docs", "/redoc", "/openapi.json", "/no-such-page")]

    answered = list(answers(base, own_routes))

    assert len(own_routes) >= 2
    assert [each for each in answered if each[2] not in CLOSED] == []
    assert [each for each in answers(base, unlisted) if each[2] not in CLOSED | {404}] == []


def test_a_stranger_gets_nothing_out_of_airflow(stack: Stack):
    base = stack.settings.airflow_url
    described = requests.get(f"{base}/openapi.json", timeout=120).json()["paths"]
    asked = [(method.upper(), filled(path)) for path, methods in described.items() for method in methods if path.startswith("/api/v2")]
    asked = [each for each in asked if each[1] not in OF_AIRFLOW_OPEN_TO_ALL]

    session, open_to_all = requests.Session(), []
    for method, path in asked:
        status = session.request(method, base + path, json={}, timeout=120, allow_redirects=False).status_code
        if status not in CLOSED:
            open_to_all.append((method, path, status))

    assert len(asked) > 50
    assert open_to_all == []


def test_a_stranger_gets_nothing_out_of_mlflow(stack: Stack):
    base = stack.settings.tracking_url
    asked = [(method, path) for path in OF_MLFLOW for method in ("GET", "POST")]

    assert [each for each in answers(base, asked) if each[2] not in CLOSED | {404, 405}] == []
    assert requests.get(base + "/api/2.0/mlflow/experiments/search?max_results=1", timeout=120).status_code == 401


def test_what_is_open_says_nothing_but_that_it_is_there(stack: Stack):
    for base, paths in ((stack.settings.airflow_url, OF_AIRFLOW_OPEN_TO_ALL), (stack.settings.tracking_url, OF_MLFLOW_OPEN_TO_ALL)):
        for path in paths:
            assert len(requests.get(base + path, timeout=120, allow_redirects=False).text) < 1_000


def test_postgres_was_told_no_secret_of_another_service(stack: Stack):
    secrets = vars(stack.home.secrets())
    running = next(service for service in json.loads(stack.run("status", "--json").stdout) if service["name"] == "postgres")

    seen = psutil.Process(running["pid"]).environ()

    assert [name for name, secret in secrets.items() if any(secret in value for value in seen.values())] == []


def test_files_that_hold_secrets_are_closed_to_other_users(stack: Stack):
    root = stack.home.root
    secrets = [root / "secrets.json", stack.home.stack_env, *(path for path in stack.home.run.rglob("*") if path.is_file())]

    def reachable(path: Path) -> bool:
        return all(folder.stat().st_mode & 0o001 for folder in path.parents if folder.is_relative_to(root))

    assert [path.name for path in secrets if path.stat().st_mode & 0o077 and reachable(path)] == []
