"""Which page a person may open who may see one DAG, asked of the pages through a manager of rights that knows DAGs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PATHS = {
    "forecast_day_ahead": (
        "forecasts",
        "fleet.json",
        "sites.csv",
        "site?name=x",
        "site.csv?name=x",
        "run?folder=x",
        "data-docs/forecast/a/x.html",
    ),
    "monitor_forecasts": ("accuracy", "accuracy.json", "accuracy.csv"),
    "train_model": ("data-docs/train/a/x.html", "data-docs/forecast/../train/a/x.html"),
}
ASK = """
import json, sys
from airflow import settings
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.models.base import Base
import airflow.models
from fastapi.testclient import TestClient
from pipeline.web.app import app

airflow.models.import_all_models()
Base.metadata.create_all(settings.engine)
init_auth_manager()
app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="somebody", role="viewer")
client = TestClient(app, raise_server_exceptions=False)
print("ANSWERS" + json.dumps({path: client.get("/" + path).status_code for path in json.loads(sys.argv[1])}))
"""


@pytest.mark.parametrize("dag", PATHS)
def test_who_may_see_one_dag_sees_its_pages_and_no_others(tmp_path: Path, dag: str):
    asked = [path + mark for paths in PATHS.values() for path in paths for mark in ("", f"{'&' if '?' in path else '?'}dag_id={dag}")]
    asked += ["static/page.css"]
    own = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__AUTH_MANAGER": "tests.web.one_dag.OneDag",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "DAYAHEAD_HOME": str(tmp_path),
        "MAY_SEE": dag,
    }

    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(asked)], cwd=PROJECT, env=os.environ | own, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    answers = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("ANSWERS")).removeprefix("ANSWERS"))
    refused = {path for path, status in answers.items() if status == 403}
    assert refused == {path for path in asked if path != "static/page.css" and not path.startswith(PATHS[dag])}
    assert answers["static/page.css"] == 200
