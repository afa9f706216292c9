"""Airflow plugin: the Data Docs of every validation, for whoever may read the DAGs."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse

from pipeline.config import read_settings

DOCS = (read_settings().home / "gx").resolve()

app = FastAPI(title="dayahead", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/data-docs/{path:path}")
def data_docs(path: str, _: Annotated[None, Depends(requires_access_dag("GET"))]) -> FileResponse:
    """Return a file of the Data Docs; 404 for anything that is none."""
    file = (DOCS / path).resolve()
    if not file.is_relative_to(DOCS) or not file.is_file():
        raise HTTPException(404, "no such page; Data Docs are kept on the machine that validated")
    return FileResponse(file)


class DayaheadPlugin(AirflowPlugin):
    """Mounts the pages below ``/dayahead``."""

    name = "dayahead"
    fastapi_apps: list[Any] = [{"app": app, "url_prefix": "/dayahead", "name": "dayahead"}]  # noqa: RUF012 — declared so by Airflow
