"""The fleet: tomorrow's total, and every site by peak, risk or error; searched, filtered, sorted and paged by the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response
from psycopg2.sql import SQL, Composable

from pipeline.adapters.postgres.queries import composed
from pipeline.config import Settings
from pipeline.web.reading import Rows, SettingsHere, views
from pipeline.web.rendering import RISK_SHOWN, render
from pipeline.web.tables import csv_answer, json_answer

PAGE_ROWS = 50
DOWNLOAD_ROWS = 1_000_000
MOST_ALTERNATIVES = 40  # a label with more values than this is not offered as a filter
SORTS = {"site": "o.site", "peak": "o.q50", "share": "o.q50 / o.capacity", "risk": "o.risk", "error": "a.wape", "bias": "abs(a.bias)"}
LISTED = ("site", "target_day", "timezone", "peak_at", "q05", "q50", "q95", "capacity", "risk", "wape", "bias", "coverage80", "degradation")
TOTALS = ("ts", "median", "apart05", "apart95", "together05", "together95", "sites")

router = APIRouter()


@dataclass(frozen=True)
class Choice:
    """Which sites are shown, and in which order.

    Args:
        search: Part of a site's name, upper and lower case alike; empty for all.
        label: ``key=value`` as in a query string; empty for all.
        sort: A key of ``SORTS``.
        order: Direction.
        page: Counted from 1.
    """

    search: str
    label: str
    sort: str
    order: str
    page: int

    @property
    def values(self) -> dict[str, Any]:
        """Values of the queries that choose sites."""
        key, value = next(iter(parse_qsl(self.label)), ("", ""))
        return {"search": self.search, "key": key.replace("\0", ""), "value": value.replace("\0", "")}

    @property
    def ordering(self) -> Composable:
        """What rows are ordered by; sites that lack the figure come last."""
        return SQL(SORTS[self.sort]) + SQL(" DESC NULLS LAST" if self.order == "down" else " ASC NULLS LAST")


def chosen(
    search: Annotated[str, Query(max_length=200)] = "",
    label: Annotated[str, Query(max_length=400)] = "",
    sort: Literal["site", "peak", "share", "risk", "error", "bias"] = "peak",
    order: Literal["up", "down"] = "down",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Choice:
    """Return what the address asks for; Postgres knows no NUL in text."""
    return Choice(search.replace("\0", "").strip(), label.replace("\0", ""), sort, order, page)


ChoiceHere = Annotated[Choice, Depends(chosen)]


@router.get("/forecasts")
def fleet(settings: SettingsHere, choice: ChoiceHere) -> HTMLResponse:
    """Show the fleet."""
    with views(settings) as read:
        parts = {"chosen": composed("choose_sites")}
        whole = read("read_fleet", parts, risk=RISK_SHOWN, **(choice.values | {"search": "", "key": ""}))[0]
        if not whole["sites"]:
            return render("empty.html", title="No forecast yet")
        some = read("read_fleet", parts, risk=RISK_SHOWN, **choice.values)[0]
        rows = _sites(read, choice, PAGE_ROWS)
        labels = read("read_labels", alternatives=MOST_ALTERNATIVES)
    return render(
        "fleet.html", title="Fleet", unit=settings.unit, choice=asdict(choice), some=some, whole=whole, rows=rows, labels=_options(labels),
        zone=some["zone"] or settings.timezone, first=(choice.page - 1) * PAGE_ROWS,
        pages=-(-some["sites"] // PAGE_ROWS), several_days=whole["first_day"] != whole["last_day"],
    )  # fmt: skip


@router.get("/fleet.json")
def fleet_total(settings: SettingsHere, choice: ChoiceHere) -> JSONResponse:
    """Return tomorrow's total of the chosen sites, step by step."""
    rows, zone = _totals(settings, choice)
    return json_answer(rows, TOTALS, zone=zone)


@router.get("/fleet-total.csv")
def fleet_total_file(settings: SettingsHere, choice: ChoiceHere) -> Response:
    """Return the same total as a download."""
    return csv_answer(_totals(settings, choice)[0], TOTALS, "fleet-total")


@router.get("/sites.csv")
def sites_file(settings: SettingsHere, choice: ChoiceHere) -> Response:
    """Return every chosen site, in the order shown, as a download."""
    with views(settings) as read:
        return csv_answer(_sites(read, Choice(**(asdict(choice) | {"page": 1})), DOWNLOAD_ROWS), LISTED, "sites")


def _sites(read: Any, choice: Choice, limit: int) -> Rows:
    parts = {"chosen": composed("choose_sites"), "order": choice.ordering}
    return read("read_outlook", parts, limit=limit, offset=(choice.page - 1) * limit, **choice.values)


def _totals(settings: Settings, choice: Choice) -> tuple[Rows, str]:
    """Return the total step by step, and the zone to show it in: the sites' own where they share one, else that of the schedule."""
    with views(settings) as read:
        parts = {"chosen": composed("choose_sites")}
        some = read("read_fleet", parts, risk=RISK_SHOWN, **choice.values)[0]
        if not some["sites"]:
            return [], settings.timezone
        first_day = some["first_day"] - timedelta(days=not some["zone"])
        span = {"first_day": first_day, "last_day": some["last_day"], "since": some["since"]}
        return read("read_fleet_total", parts, **span, **choice.values), some["zone"] or settings.timezone


def _options(labels: Rows) -> dict[str, list[dict[str, Any]]]:
    """Labels as choices, by key; a key with one value for every site chooses nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        choice = {"value": urlencode({label["key"]: label["value"]}), "text": label["value"], "sites": label["sites"]}
        found.setdefault(label["key"], []).append(choice)
    return found
