"""The fleet: the total of the hours ahead, and every site by peak, risk or error; searched, filtered, sorted and paged by the database."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from pipeline.config import Settings
from pipeline.core.series.clock import day_start, target_day_at
from pipeline.errors import ServiceError
from pipeline.web.candidates import event_candidates
from pipeline.web.fleet_queries import Chosen, facts_of, joint_of, peak_of, sites_of, total_of
from pipeline.web.reading import Rows, SettingsHere, views
from pipeline.web.rendering import RISK_SHOWN, render
from pipeline.web.tables import csv_answer, json_answer

PAGE_ROWS = 50
DOWNLOAD_ROWS = 1_000_000
ABSENT_SECONDS = 3  # that the sites without a forecast may take
MOST_ALTERNATIVES = 40  # a label with more values than this is not offered as a filter
LISTED = ("site", "target_day", "timezone", "peak_at", "q05", "q50", "q95", "capacity", "risk", "wape", "bias", "coverage80", "degradation")
TOTALS = ("ts", "median", "q05", "q95", "sites")

log = logging.getLogger(__name__)
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
    def sites(self) -> Chosen:
        """The sites that are meant."""
        key, value = next(iter(parse_qsl(self.label)), ("", ""))
        return Chosen(self.search, key.replace("\0", ""), value.replace("\0", ""))


@dataclass(frozen=True)
class Span:
    """What the page shows of time: from the latest cutoff to the end of the day that the schedule forecasts.

    Args:
        day: That day, in the zone of the schedule.
        since: The cutoff.
        until: The instant after the last.
    """

    day: date
    since: datetime
    until: datetime


def span_of(settings: Settings, cutoff: datetime) -> Span:
    """Return the span of a cutoff. One for all sites: a fleet over many zones has no day in common."""
    day = target_day_at(cutoff, settings.timezone)
    return Span(day, cutoff, day_start(day + timedelta(days=1), settings.timezone))


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
        whole = read(facts_of(Chosen(), RISK_SHOWN))[0]
        if not whole["sites"]:
            return render("empty.html", title="No forecast yet")
        some = read(facts_of(choice.sites, RISK_SHOWN))[0]
        rows = _sites(read, choice, PAGE_ROWS)
        labels = read("read_labels", alternatives=MOST_ALTERNATIVES)
    absent = absent_sites(settings)
    return render(
        "fleet.html", title="Fleet", unit=settings.unit, choice=asdict(choice), some=some, whole=whole, rows=rows, labels=_options(labels),
        absent=absent, candidates=event_candidates(settings, whole["sites"]),
        zone=settings.timezone, span=span_of(settings, whole["cutoff"]), first=(choice.page - 1) * PAGE_ROWS,
        pages=-(-some["sites"] // PAGE_ROWS),
    )  # fmt: skip


@router.get("/fleet.json")
def fleet_total(settings: SettingsHere, choice: ChoiceHere) -> JSONResponse:
    """Return the total of the chosen sites, step by step, and how many were chosen."""
    rows, sites, peak = _totals(settings, choice)
    return json_answer(rows, TOTALS, zone=settings.timezone, chosen=sites, peak=peak)


@router.get("/fleet-total.csv")
def fleet_total_file(settings: SettingsHere, choice: ChoiceHere) -> Response:
    """Return the same total as a download."""
    return csv_answer(_totals(settings, choice)[0], TOTALS, "fleet-total")


@router.get("/sites.csv")
def sites_file(settings: SettingsHere, choice: ChoiceHere) -> Response:
    """Return every chosen site, in the order shown, as a download."""
    with views(settings) as read:
        return csv_answer(_sites(read, Choice(**(asdict(choice) | {"page": 1})), DOWNLOAD_ROWS), LISTED, "sites")


def absent_sites(settings: Settings) -> Rows | None:
    """Return the first sites without a forecast, and why; None where the readings could not be asked in time: the page stands without."""
    try:
        with views(settings, ABSENT_SECONDS) as read:
            return read("read_absent_sites", limit=PAGE_ROWS)
    except ServiceError:
        log.warning("sites without a forecast are not shown: the readings did not answer within %s s", ABSENT_SECONDS)
        return None


def _sites(read: Any, choice: Choice, limit: int) -> Rows:
    descending, offset = choice.order == "down", (choice.page - 1) * limit
    return read(sites_of(choice.sites, choice.sort, descending=descending, limit=limit, offset=offset))


def _totals(settings: Settings, choice: Choice) -> tuple[Rows, int, dict[str, float] | None]:
    """Return the total step by step, how many sites were chosen (a step may hold fewer), and the total's peak where it is known.

    Of the fleet and of a label the quantiles are joint ones; sites chosen by name have but the sum of their medians.
    """
    with views(settings) as read:
        whole, some = (read(facts_of(sites, RISK_SHOWN))[0] for sites in (Chosen(), choice.sites))
        if not some["sites"]:
            return [], 0, None
        span = span_of(settings, whole["cutoff"])
        rows = read(total_of(choice.sites, some["first_day"], some["last_day"], span.since, span.until))
        joint, peaks = ([], []) if choice.search else (read(joint_of(choice.sites)), read(peak_of(choice.sites)))
    peak = next((row for row in peaks if row["sites_at_once"] == some["sites"]), None)
    told = peak and {"at": peak["peak_at"].timestamp()} | {name: peak[name] for name in ("q05", "q50", "q95")}
    return _with_joint(on_one_grid(rows), joint), some["sites"], told


def _with_joint(rows: Rows, joint: Rows) -> Rows:
    """Return the rows with the joint quantiles where both hold as many sites; readings may be stamped some minutes after the step."""
    gaps = [after["ts"] - before["ts"] for before, after in pairwise(rows)]
    step = min(gaps, default=timedelta(hours=1)).total_seconds()
    known = {row["ts"].timestamp(): row for row in joint}
    found = []
    for row in rows:
        seconds = row["ts"].timestamp()
        there = known.get(seconds - seconds % step)
        whole = there if there and there["sites"] == row["sites"] else {"q50": row["median"], "q05": None, "q95": None}
        found.append(row | {"median": whole["q50"], "q05": whole["q05"], "q95": whole["q95"]})
    return found


def on_one_grid(rows: Rows) -> Rows:
    """Return the steps that the most sites have, and those between them: after a change of interval, days of two grids meet."""
    most = max((row["sites"] for row in rows), default=0)
    whole = [row["ts"] for row in rows if row["sites"] == most]
    if len(whole) < 2:
        return rows
    step = min(after - before for before, after in pairwise(whole))
    return [row for row in rows if not (row["ts"] - whole[0]) % step]


def _options(labels: Rows) -> dict[str, list[dict[str, Any]]]:
    """Labels as choices, by key; a key with one value for every site chooses nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        choice = {"value": urlencode({label["key"]: label["value"]}), "text": label["value"], "sites": label["sites"]}
        found.setdefault(label["key"], []).append(choice)
    return found
