"""From a row of ``forecasts`` to the DAG run that made it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.models.xcom import XComModel
from fastapi import APIRouter, HTTPException
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from pipeline.adapters.store.snapshots import Run
from pipeline.web.rights import FORECAST_DAG

LOOKED_AT = 2000  # latest runs: years of a daily schedule

router = APIRouter()


@router.get("/run")
def dag_run(folder: str, session: SessionDep) -> RedirectResponse:
    """Lead to the latest DAG run whose task ``plan`` chose this run, named by its folder in the store (column ``run_id``)."""
    planned = (
        select(XComModel.run_id, XComModel.value)
        .where(XComModel.dag_id == FORECAST_DAG, XComModel.task_id == "plan", XComModel.key == "run")
        .order_by(XComModel.timestamp.desc())
        .limit(LOOKED_AT)
    )
    for run_id, value in session.execute(planned):
        if _run(value).folder == folder.split("/shard-")[0]:
            return RedirectResponse(f"../dags/{FORECAST_DAG}/runs/{quote(run_id, safe='')}")
    raise HTTPException(
        404, f"no run of {FORECAST_DAG} made {folder!r}: it was made from the command line, or Airflow has forgotten the run"
    )


def _run(value: Any) -> Run:
    return Run.from_json(json.loads(value) if isinstance(value, str) else value)
