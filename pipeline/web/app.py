"""The pages: one FastAPI app below ``/dayahead``, every route of it behind Airflow's login. It reads views and changes nothing."""

from __future__ import annotations

import logging

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from pipeline.errors import ConfigurationError, DayaheadError
from pipeline.web import accuracy, data_docs, fleet, runbook, runs, site, static_files
from pipeline.web.rendering import render
from pipeline.web.rights import FORECAST_DAG, MONITOR_DAG, may_see, may_see_docs
from pipeline.web.room import RETRY_SECONDS, Room

log = logging.getLogger(__name__)

OWN_FILES_ONLY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": OWN_FILES_ONLY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

RIGHTS = ((fleet, may_see(FORECAST_DAG)), (site, may_see(FORECAST_DAG)), (runs, may_see(FORECAST_DAG)), (accuracy, may_see(MONITOR_DAG)))

app = FastAPI(title="dayahead", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])
for part, right in (*RIGHTS, (data_docs, may_see_docs)):
    app.include_router(part.router, dependencies=[Depends(right)])
app.include_router(runbook.router)
app.include_router(static_files.router)  # styles and scripts, and last the refusal of every other address: a login is enough
app.add_middleware(Room)


@app.middleware("http")
async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Let a page load what lies here and nothing else, and let nobody else frame or keep it."""
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


@app.exception_handler(DayaheadError)
def tell_error(request: Request, error: DayaheadError) -> Response:
    """Show what is wrong and the way out, in the words of the error."""
    log.warning("page not shown path=%s reason=%s", request.url.path, error)
    title = "The database is not ready" if isinstance(error, ConfigurationError) else "The forecasts cannot be read"
    answer = render("error.html", status=503, title=title, message=str(error))
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


@app.exception_handler(HTTPException)
def tell_refusal(_: Request, error: HTTPException) -> Response:
    """Show a refusal as a page; who is not logged in learns that and nothing else."""
    if error.status_code == 401:
        return render("error.html", status=401, title="Please log in", message="This page is for people who are logged in to Airflow.")
    title = {403: "Not allowed", 404: "Not found"}.get(error.status_code, "This cannot be shown")
    return render("error.html", status=error.status_code, title=title, message=str(error.detail))


@app.exception_handler(RequestValidationError)
def tell_mistake(_: Request, error: RequestValidationError) -> Response:
    """Name the part of the address that makes no sense."""
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    return render("error.html", status=422, title="The address makes no sense", message=faults)
