"""Who may see which page: whoever may see the DAG that makes what it shows."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Request

FORECAST_DAG, TRAIN_DAG, MONITOR_DAG = "forecast_day_ahead", "train_model", "monitor_forecasts"


def may_see(dag: str) -> Callable[..., None]:
    """Return a check that lets in who may see this DAG; what the address says of a ``dag_id`` counts for nothing."""
    return requires_access_dag("GET", param_dag_id=dag)


def may_see_docs(path: str, request: Request, user: GetUserDep) -> None:
    """Let in who may see the DAG whose validation lies at this path of the Data Docs."""
    purpose = posixpath.normpath(f"/{path}").split("/")[1]
    may_see(TRAIN_DAG if purpose.startswith("train") else FORECAST_DAG)(request, user)
