"""Templates, and how numbers, days and instants are written for people."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from pipeline.core.evaluation.quantity import interval, percent, quantity, unit_parts

HERE = Path(__file__).resolve().parent
RUNGS = {
    "none": "champion",
    "previous_champion": "previous champion",
    "fleet_champion": "fleet's champion",
    "seasonal_naive": "seasonal naive",
}
RISK_SHOWN = 0.05  # below it the quantiles say no more than "at most 5 %"


def risk(value: float | None) -> str:
    """Return P(throughput > capacity), as far as quantiles from 5 to 95 % can tell."""
    if value is None:
        return "–"
    if value < RISK_SHOWN:
        return "< 5 %"
    return "> 95 %" if value >= 0.95 else f"{100 * value:.0f} %"


def day(value: date) -> str:
    """Return a calendar day with its weekday: Fri 21 Aug 2026."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def local(value: datetime, timezone: str, form: str = "%H:%M") -> str:
    """Return an instant on the clock of a zone."""
    return f"{value.astimezone(ZoneInfo(timezone)):{form}}"


def asset(name: str) -> str:
    """Return the address of a bundled file, with its content's hash so that browsers may keep it."""
    return f"static/{name}?v={_digest(name)}"


def query(values: dict[str, Any], **changes: Any) -> str:
    """Return the query string of ``values`` with some changed; what is empty is left out."""
    return "?" + urlencode({key: value for key, value in (values | changes).items() if value not in ("", None)})


def render(template: str, *, status: int = 200, unit: str = "", **values: Any) -> HTMLResponse:
    """Return a page made from a template of ``templates``, its amounts in ``unit``."""
    factor, base = unit_parts(unit)
    page = _templates().get_template(template).render(unit=unit, unit_factor=factor, unit_base=base, **values)
    return HTMLResponse(page, status_code=status)


@pass_context
def _amount(context: Context, value: float | None) -> str:
    return quantity(value, context["unit"])


@pass_context
def _interval(context: Context, low: float | None, high: float | None) -> str:
    return interval(low, high, context["unit"])


@lru_cache
def _digest(name: str) -> str:
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


@lru_cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "quantity": _amount,
        "interval": _interval,
        "percent": percent,
        "risk": risk,
        "day": day,
        "local": local,
        "rung": lambda name: RUNGS.get(name, name),
    }
    made.globals |= {"asset": asset, "query": query, "RISK_SHOWN": RISK_SHOWN}
    return made
