"""The table ``events``: what people noted, and what of it was known at a cutoff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres.queries import statement
from pipeline.core.series.events import Note

KNOWN = ("id", "kind", "category", "site", "labels", "starts_at", "ends_at", "expected_factor", "known_from")
INSTANT = "datetime64[us, UTC]"


@dataclass(frozen=True)
class NotedEvent:
    """An event as a person sees it; ``sites`` counts those that it means."""

    id: int
    kind: str
    category: str | None
    site: str | None
    labels: dict[str, Any] | None
    starts_at: datetime
    ends_at: datetime
    expected_factor: float | None
    note: str
    noted_by: str
    noted_at: datetime
    known_from: datetime
    sites: int


def write_events(connection: Connection, notes: Sequence[Note]) -> list[int]:
    """Note events and return the numbers of those that were not there yet; ``connection`` is the owner's.

    Raises:
        DataError: A site does not exist, or a break overlaps another one of a site.
    """
    columns: dict[str, list[Any]] = {
        "kind": [note.kind for note in notes],
        "category": [note.category for note in notes],
        "site": [note.site for note in notes],
        "labels": [json.dumps(dict(note.labels)) if note.labels else None for note in notes],
        "starts_at": [note.starts_at for note in notes],
        "ends_at": [note.ends_at or note.starts_at for note in notes],
        "expected_factor": [note.expected_factor for note in notes],
        "note": [note.note for note in notes],
        "noted_by": [note.noted_by for note in notes],
        "known_from": [note.known_from for note in notes],
    }
    return list(connection.execute(statement("write_events"), columns).scalars())


def list_events(connection: Connection, site: str | None = None, ids: Sequence[int] | None = None) -> list[NotedEvent]:
    """Return the events by their start: all of them, those that mean a site, or those of the given numbers."""
    found = connection.execute(statement("list_events"), {"site": site, "ids": None if ids is None else list(ids)})
    return [NotedEvent(*row) for row in found]


def remove_events(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Remove events and return the numbers of those that were there; ``connection`` is the owner's."""
    return list(connection.execute(statement("remove_events"), {"ids": list(ids)}).scalars())


def read_events(connection: Connection, cutoff: datetime, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the events known at a cutoff that touch a span, by number, in the columns ``KNOWN``; labels as JSON.

    Args:
        connection: In the role reader.
        cutoff: An event with ``known_from`` at or after it is not read.
        since: First instant of the span.
        until: First instant after it.
    """
    rows = connection.execute(statement("read_events"), {"cutoff": cutoff, "since": since, "until": until}).all()
    frame = pd.DataFrame(rows, columns=list(KNOWN), dtype=object)
    frame["labels"] = [None if labels is None else json.dumps(labels, sort_keys=True) for labels in frame["labels"]]
    kinds = {"id": "int64", "expected_factor": "float64", "starts_at": INSTANT, "ends_at": INSTANT, "known_from": INSTANT}
    texts = dict.fromkeys(("kind", "category", "site", "labels"), "str")
    return frame.astype(kinds | texts)


def read_ignored(connection: Connection, cutoff: datetime, since: datetime, until: datetime, sites: Sequence[str]) -> pd.DataFrame:
    """Return ``site``, ``starts_at`` and ``ends_at`` of what is to be ignored of some sites in a span, as known at a cutoff.

    Args:
        connection: In the role reader.
        cutoff: An event with ``known_from`` at or after it is not read.
        since: First instant of the span.
        until: First instant after it.
        sites: Names.
    """
    asked = {"cutoff": cutoff, "since": since, "until": until, "sites": list(sites)}
    rows = connection.execute(statement("read_ignored"), asked).all()
    frame = pd.DataFrame(rows, columns=["site", "starts_at", "ends_at"], dtype=object)
    return frame.astype({"site": "str", "starts_at": INSTANT, "ends_at": INSTANT})
