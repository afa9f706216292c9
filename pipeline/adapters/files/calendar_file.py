"""Days of a calendar as people have them: a table of spans, or an iCalendar file with recurring events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.files.text_table import read_text_table
from pipeline.core.series.calendar import KindOfDay
from pipeline.core.series.events import instant_of
from pipeline.errors import DataError

NEEDED, OTHERS = ("from",), ("to", "kind", "name", "known_from")
LONGEST_DAYS = 366
A_DAY, AN_INSTANT = timedelta(days=1), timedelta(microseconds=1)


def read_calendar_file(path: Path, kind: str, since: date, until: date) -> list[KindOfDay]:
    """Return the days of a file, each once for each kind, in order.

    Args:
        path: CSV or Parquet of ``from``, ``to`` (the last day; empty for the same) and any of ``kind``, ``name``, ``known_from``; or
            ``.ics``.
        kind: Of days of which the file says none.
        since: First day that recurring events of an ``.ics`` are followed to.
        until: The last one.

    Raises:
        DataError: The file is missing or unreadable, or holds a day that is none.
    """
    found = _of_ics(path, kind, since, until) if path.suffix.lower() == ".ics" else _of_table(path, kind)
    return sorted({(each.day, each.kind): each for each in found}.values(), key=lambda each: (each.day, each.kind))


def _of_table(path: Path, kind: str) -> Iterator[KindOfDay]:
    rows = read_text_table(path, NEEDED, OTHERS).to_dict("records")
    for number, row in enumerate(rows, 1):
        said = {str(key): str(value).strip() for key, value in row.items()}
        what = f"{path}, row {number}:"
        first = _day(said["from"], f"{what} from")
        last = _day(said["to"], f"{what} to") if said.get("to") else first
        known = instant_of(said["known_from"], f"{what} known_from") if said.get("known_from") else None
        yield from _span(first, last, said.get("kind") or kind, said.get("name", ""), what, known)


def _of_ics(path: Path, kind: str, since: date, until: date) -> Iterator[KindOfDay]:
    from icalendar import Calendar
    from recurring_ical_events import of

    try:
        calendar = Calendar.from_ical(path.read_bytes())
        events: list[Any] = list(of(calendar).between(since, until + A_DAY))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    except Exception as error:  # the parser has no error of its own
        raise DataError(f"{path} is no iCalendar file: {error}") from error
    for event in events:
        name = str(event.get("SUMMARY", ""))
        start, stop = event["DTSTART"].dt, event["DTEND"].dt
        last = max(_date(start), _date(stop - (AN_INSTANT if isinstance(stop, datetime) else A_DAY)))
        yield from _span(_date(start), last, kind, name, f"{path}, {name!r}:")


def _span(first: date, last: date, kind: str, name: str, what: str, known_from: datetime | None = None) -> Iterator[KindOfDay]:
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise DataError(f"{what} lasts from {first} to {last}; expected an end on or after the start, at most a year later")
    if not kind:
        raise DataError(f"{what} is of no kind; expected --kind, or a column kind")
    for ahead in range((last - first).days + 1):
        yield KindOfDay(first + timedelta(days=ahead), kind, name, known_from)


def _date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{what} {text!r} is no day; expected for instance 2026-07-20") from error
