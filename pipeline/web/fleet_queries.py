"""What the fleet's page asks of the views: who is chosen, in which order, and their total from the cutoff to the end of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Select, Table, and_, cast, func, or_, select
from sqlalchemy.sql import ColumnElement

from pipeline.adapters.postgres import schema

SITE = ("site", "target_day", "timezone", "labels", "capacity", "peak_at", "q05", "q50", "q95", "risk", "degradation")
outlook, accuracy, forecasts = schema.site_outlook, schema.site_accuracy_30d, schema.published_forecasts
totals, peaks = schema.next_day_totals, schema.next_day_total_peaks
QUANTILES = ("q05", "q50", "q95")
SORTS: dict[str, ColumnElement[Any]] = {
    "site": outlook.c.site,
    "peak": outlook.c.q50,
    "share": outlook.c.q50 / outlook.c.capacity,
    "risk": outlook.c.risk,
    "error": accuracy.c.wape,
    "bias": func.abs(accuracy.c.bias),
}


@dataclass(frozen=True)
class Chosen:
    """Which sites are meant.

    Args:
        search: Part of a site's name, upper and lower case alike; empty for all.
        key: Name of a label; empty for all.
        value: What that label says.
    """

    search: str = ""
    key: str = ""
    value: str = ""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What a row of ``outlook`` must fulfil."""
        named = [func.strpos(func.lower(outlook.c.site), func.lower(self.search)) > 0] if self.search else []
        return [*named, *([outlook.c.labels[self.key].astext == self.value] if self.key else [])]


def facts_of(chosen: Chosen, risk: float) -> Select[*tuple[Any, ...]]:
    """Return the statement that counts the sites chosen: one row.

    Args:
        chosen: The sites.
        risk: Chance of exceeding the capacity from which on a site is at risk.
    """
    return select(
        func.count().label("sites"),
        func.count().filter(outlook.c.risk >= risk).label("at_risk"),
        func.count().filter(outlook.c.capacity.is_(None)).label("without_capacity"),
        func.count().filter(outlook.c.degradation != "none").label("degraded"),
        func.min(outlook.c.target_day).label("first_day"),
        func.max(outlook.c.target_day).label("last_day"),
        func.max(outlook.c.cutoff).label("cutoff"),
        func.max(outlook.c.published_at).label("published_at"),
    ).where(*chosen.conditions)


def sites_of(chosen: Chosen, sort: str, *, descending: bool, limit: int, offset: int = 0) -> Select[*tuple[Any, ...]]:
    """Return the statement that lists sites by a key of ``SORTS``; those that lack the figure come last."""
    order = SORTS[sort].desc() if descending else SORTS[sort].asc()
    return (
        select(*(outlook.c[name] for name in SITE), accuracy.c.wape, accuracy.c.bias, accuracy.c.coverage80, accuracy.c.days)
        .select_from(outlook.outerjoin(accuracy, accuracy.c.site == outlook.c.site))
        .where(*chosen.conditions)
        .order_by(order.nulls_last(), outlook.c.site)
        .limit(limit)
        .offset(offset)
    )


def total_of(chosen: Chosen, first_day: date, last_day: date, since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """Return the statement that adds up the medians of the sites chosen at every instant of a span, and counts them.

    The hours before a site's own day come from its forecast of the day before.

    Args:
        chosen: The sites.
        first_day: Earliest target day among them.
        last_day: Latest one.
        since: First instant.
        until: The instant after the last.
    """
    own_day = forecasts.c.target_day == outlook.c.target_day
    begins = func.timezone(outlook.c.timezone, cast(outlook.c.target_day, TIMESTAMP))
    day_before = and_(forecasts.c.target_day == outlook.c.target_day - 1, forecasts.c.ts < begins)
    return (
        select(forecasts.c.ts, func.count().label("sites"), func.sum(forecasts.c.q50).label("median"))
        .select_from(outlook.join(forecasts, forecasts.c.site == outlook.c.site))
        .where(forecasts.c.role == "champion", forecasts.c.target_day.between(_day_before(first_day), last_day))
        .where(forecasts.c.ts >= since, forecasts.c.ts < until, or_(own_day, day_before), *chosen.conditions)
        .group_by(forecasts.c.ts)
        .order_by(forecasts.c.ts)
    )


def joint_of(chosen: Chosen) -> Select[*tuple[Any, ...]]:
    """Return the statement that reads the quantiles of the total of the fleet, or of the sites that share the label chosen."""
    return select(totals.c.ts, totals.c.sites, *(totals.c[name] for name in QUANTILES)).where(*_group(totals, chosen))


def peak_of(chosen: Chosen) -> Select[*tuple[Any, ...]]:
    """Return the statement that reads the quantiles of the peak of the same total: one row, or none."""
    return select(peaks.c.sites_at_once, peaks.c.peak_at, *(peaks.c[name] for name in QUANTILES)).where(*_group(peaks, chosen))


def _group(of: Table, chosen: Chosen) -> list[ColumnElement[bool]]:
    return [of.c.label == chosen.key, of.c.value == chosen.value]


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
