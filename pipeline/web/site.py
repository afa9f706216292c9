"""One site: what came, what was forecast, what tomorrow may bring, where the model looked, and what stood out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from pipeline.config import Settings
from pipeline.core.learning.mixture import attended, tell
from pipeline.web.heat_map import explain, heat_map
from pipeline.web.links import version_page
from pipeline.web.reading import Rows, SettingsHere, views
from pipeline.web.rendering import render
from pipeline.web.tables import columns, csv_answer, json_answer

SERIES = ("ts", "actual", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "what_if")
FILED = (*SERIES, "target_day", "model_version", "degradation")
ANOMALY = ("starts_at", "ends_at", "direction", "excess")
EVENT = ("starts_at", "ends_at", "kind", "category", "note")

router = APIRouter()


@dataclass(frozen=True)
class Window:
    """A site, and how many days before the target day are shown."""

    site: str
    days: int


def chosen(name: Annotated[str, Query(max_length=1000)], days: Literal["2", "7", "28"] = "7") -> Window:
    """Return what the address asks for; Postgres knows no NUL in text."""
    return Window(name.replace("\0", ""), int(days))


WindowHere = Annotated[Window, Depends(chosen)]


@router.get("/site")
def site(settings: SettingsHere, window: WindowHere) -> HTMLResponse:
    """Show a site."""
    with views(settings) as read:
        facts = _facts(read, window)
        if "reason" in facts:
            return render(
                "absent.html", title=window.site, unit=settings.unit, facts=facts, window={"name": window.site, "days": window.days}
            )
        span = _span(facts, window)
        days = read("read_site_days", **span)
        attention = read("read_attention", site=window.site, target_day=facts["target_day"])
        mixed = read("read_mixture", site=window.site, target_day=facts["target_day"])
        anomalies = read("read_site_anomalies", site=window.site, since=facts["since"])
        events = read("read_site_events", site=window.site, since=facts["since"], history=settings.forecast_days)
        asked = read("read_what_if", site=window.site, target_day=facts["target_day"], cutoff=facts["cutoff"])
    return render(
        "site.html", title=window.site, unit=settings.unit, facts=facts, days=days, window={"name": window.site, "days": window.days},
        yesterday=next((day for day in days if day["wape"] is not None), None),
        attention=heat_map(attention), sentence=explain(attention, facts["target_day"], facts["degradation"]), anomalies=anomalies[::-1],
        events=events[::-1], what_if=next(iter(asked), None),
        mixed=f"{tell(mixed)} {attended(mixed) if attention else ''}".strip(),
        versions={day["model_version"]: version_page(settings, day["model_version"]) for day in [facts, *days]},
    )  # fmt: skip


@router.get("/site.json")
def site_series(settings: SettingsHere, window: WindowHere) -> JSONResponse:
    """Return readings and forecasts of the days shown, the anomalies among them, and what people noted."""
    facts, series, anomalies, events = _series(settings, window)
    return json_answer(
        series, SERIES, zone=facts["timezone"], capacity=facts["capacity"],
        cutoff=int(facts["cutoff"].timestamp()) if "cutoff" in facts else None,
        anomalies=columns(anomalies, ANOMALY), events=columns(events, EVENT),
    )  # fmt: skip


@router.get("/site.csv")
def site_file(settings: SettingsHere, window: WindowHere) -> Response:
    """Return the rows of the chart as a download."""
    _, series, *_ = _series(settings, window)
    return csv_answer(series, FILED, window.site)


def _series(settings: Settings, window: Window) -> tuple[dict[str, Any], Rows, Rows, Rows]:
    with views(settings) as read:
        facts = _facts(read, window)
        series = read("read_site_series", **_span(facts, window), since=facts["since"], until=facts["until"])
        asked = {"site": window.site, "since": facts["since"]}
        events = read("read_site_events", **asked, history=settings.forecast_days)
        return facts, series, read("read_site_anomalies", **asked), events


def _facts(read: Any, window: Window) -> dict[str, Any]:
    asked = {"site": window.site, "days": window.days}
    found = read("read_site", **asked) or read("read_absent_site", **asked)
    if not found:
        raise HTTPException(
            404,
            f"the champion made no forecast for {window.site!r} in the last run, and no reading of it is there: the name is another, "
            "or the site is new",
        )
    return found[0]


def _span(facts: dict[str, Any], window: Window) -> dict[str, Any]:
    return {"site": window.site, "first_day": facts["target_day"] - timedelta(days=window.days), "last_day": facts["target_day"]}
