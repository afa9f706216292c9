"""How good the forecasts were: WAPE, bias and coverage by day and role, and who was champion when."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from pipeline.config import Settings
from pipeline.core.learning.mixture import WORDS
from pipeline.web.links import version_page
from pipeline.web.reading import Rows, SettingsHere, views
from pipeline.web.rendering import render
from pipeline.web.tables import columns, csv_answer, json_answer

BESIDE = {name: f"naive: {words}" for name, words in WORDS.items() if name.startswith("seasonal_naive")} | {
    "frozen": "champion without daily learning"
}
FIGURES = ("target_day", "role", "sites", "wape", "bias", "mase", "coverage50", "coverage80", "coverage90")
DECISION = ("decided_at", "version", "decision")
QUANTITIES = {
    "peak": "Peak of a site's day", "volume": "Volume of a site's day", "total": "Fleet's total, step by step",
    "total_peak": "Fleet's peak", "total_volume": "Fleet's volume",
}  # fmt: skip
RUN_DAYS = 14  # of the table of runs
MOST_DECISIONS = 200

router = APIRouter()
Days = Literal["30", "90", "365"]


@router.get("/accuracy")
def accuracy(settings: SettingsHere, days: Days = "90") -> HTMLResponse:
    """Show the accuracy of champion and challenger over time."""
    last_day, rows, decisions = _read(settings, int(days))
    if last_day is None:
        return render("empty.html", title="No forecast yet")
    with views(settings) as read:
        runs = read("read_published_runs", last_day=last_day, days=RUN_DAYS)
        planned, reliability = read("read_plan_accuracy"), read("read_risk_reliability")
    versions = {row["model_version"] for row in runs} | {row["version"] for row in decisions}
    return render(
        "accuracy.html", title="Accuracy", zone=settings.timezone, days=int(days),
        rows=rows[::-1], decisions=decisions, runs=runs, run_days=RUN_DAYS, planned=planned, quantities=QUANTITIES,
        reliability=reliability,
        versions={version: version_page(settings, version) for version in versions},
    )  # fmt: skip


@router.get("/accuracy.json")
def accuracy_figures(settings: SettingsHere, days: Days = "90") -> JSONResponse:
    """Return the figures by day and role, and the decisions among them."""
    _, rows, decisions = _read(settings, int(days))
    zone = ZoneInfo(settings.timezone)
    marks = [row | {"decided_at": row["decided_at"].astimezone(zone).replace(tzinfo=UTC)} for row in decisions[::-1]]  # the axis is of days
    return json_answer(rows, FIGURES, zone=settings.timezone, decisions=columns(marks, DECISION), beside=BESIDE)


@router.get("/accuracy.csv")
def accuracy_file(settings: SettingsHere, days: Days = "90") -> Response:
    """Return the figures as a download."""
    return csv_answer(_read(settings, int(days))[1], FIGURES, "accuracy")


def _read(settings: Settings, days: int) -> tuple[date | None, Rows, Rows]:
    with views(settings) as read:
        last: Any = read("read_last_published")[0]["last_day"]
        span = {"last_day": last or date(1970, 1, 1), "days": days}
        return last, read("read_accuracy", **span), read("read_decisions", **span, limit=MOST_DECISIONS)
