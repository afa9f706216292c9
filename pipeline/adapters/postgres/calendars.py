"""Calendars of ours: which day is of which kind, and since when that is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.postgres.schema import calendar_days, calendars
from pipeline.core.series.zones import known_calendars
from pipeline.errors import DataError

if TYPE_CHECKING:  # it loads the library of holidays, which the scheduler has not
    from pipeline.core.series.calendar import KindOfDay

days = calendar_days.c


def add_days(connection: Connection, calendar: str, said: Sequence[KindOfDay]) -> int:
    """Add days to a calendar, which is made where there is none of the name, and return how many were not there yet.

    Args:
        connection: The owner's.
        calendar: Its name.
        said: The days; where one does not say since when it is known, it is known from now on.
    """
    connection.execute(insert(calendars).values(calendar=calendar).on_conflict_do_nothing())
    rows = [asdict(each) | {"calendar": calendar, "known_from": each.known_from or func.now()} for each in said]
    added = insert(calendar_days).on_conflict_do_nothing().returning(days.day)
    return len(connection.execute(added.values(rows)).all()) if rows else 0


def list_calendars(connection: Connection) -> list[tuple[str, str, int, date, date]]:
    """Return calendar, kind, how many days, the first and the last, by name; a calendar without days is absent."""
    of_kind = (days.calendar, days.kind)
    found = select(*of_kind, func.count(), func.min(days.day), func.max(days.day)).group_by(*of_kind).order_by(*of_kind)
    return [(name, kind, count, first, last) for name, kind, count, first, last in connection.execute(found)]


def remove_calendar(connection: Connection, calendar: str) -> bool:
    """Remove a calendar with its days and return whether it was there; ``connection`` is the owner's."""
    return connection.execute(delete(calendars).where(calendars.c.calendar == calendar)).rowcount > 0


def calendar_names(connection: Connection) -> set[str]:
    """Return the names of all calendars of ours."""
    return set(connection.execute(select(calendars.c.calendar)).scalars())


def check_calendar(connection: Connection, calendar: str, what: str) -> None:
    """Raise a ``DataError`` unless all names in a site's ``calendar`` are of calendars; ``what`` says whose it is."""
    own = calendar_names(connection)
    if unknown := known_calendars(calendar, own)[1]:
        ours = f"one of {', '.join(sorted(own))}" if own else "one that was loaded: python -m pipeline calendars load NAME FILE"
        raise DataError(f"{what} has the calendar {unknown[0]!r}; expected a country or a subdivision such as DE-NW, or {ours}")


def read_days(connection: Connection, names: Collection[str], cutoff: datetime) -> pd.DataFrame:
    """Return ``calendar``, ``day`` (ISO 8601) and ``kind`` of some calendars, as known at a cutoff, in order; role reader."""
    asked = select(days.calendar, days.day, days.kind).where(days.calendar.in_(sorted(names)), days.known_from < cutoff)
    rows = connection.execute(asked.order_by(days.calendar, days.day, days.kind)).all()
    return pd.DataFrame([(name, day.isoformat(), kind) for name, day, kind in rows], columns=["calendar", "day", "kind"], dtype="str")
