"""Events as a person hands them in: a file with a row for each, or a form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.adapters.files.text_table import read_text_table
from pipeline.core.series.events import EXPECTED, Note, instant_of
from pipeline.errors import DataError

NEEDED = ("kind", "from", "to")
KNOWN = ("id", "kind", "category", "site", "labels", "starts_at", "ends_at", "expected_factor", "known_from")
ALL_ALONG = datetime(1970, 1, 1, tzinfo=UTC)
OTHERS = ("category", "site", "labels", "factor", "note", "known_from")
OF_EXPECTED = ("category", "from", "to", "site", "labels", "factor")


def read_events_file(path: Path) -> list[Note]:
    """Return the events of a CSV in UTF-8, gzipped or not, or of Parquet.

    Raises:
        DataError: The file is missing or unreadable, has a column that is none of ours, or a row that cannot be an event.
    """
    frame = read_text_table(path, NEEDED, OTHERS, no_more=True)
    rows = frame.to_dict("records")
    return [_note({str(key): str(value).strip() for key, value in row.items()}, f"{path}, row {i}:") for i, row in enumerate(rows, 1)]


def notes_of_form(form: Mapping[str, Any], noted_by: str) -> list[Note]:
    """Return the events of a form whose fields are named like the columns of a file; what is empty is None.

    Args:
        form: Its ``sites`` and ``labels`` are lists; there is an event for each of the sites.
        noted_by: Who filled it in.

    Raises:
        DataError: It cannot be an event.
    """
    fields = {**form, "labels": ";".join(form["labels"] or [])}
    noted = _note({name: "" if said is None else str(said).strip() for name, said in fields.items()}, "the form:")
    return replace(noted, noted_by=noted_by).of_sites(form["sites"] or [], "the form: the event")


def note_of_words(text: str, what: str) -> Note:
    """Return the expected event of ``category=match,from=…,to=…``: pairs named like the columns of a file; ``what`` names it.

    Raises:
        DataError: It cannot be an event.
    """
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    if wrong := [key for key, equals, _ in pairs if not equals or key not in OF_EXPECTED]:
        raise DataError(f"{what} {text!r} says {wrong[0]!r}; expected NAME=VALUE with names among {', '.join(OF_EXPECTED)}")
    return _note(dict.fromkeys(NEEDED, "") | {"kind": EXPECTED} | {key: value.strip() for key, _, value in pairs}, f"{what}:")


def frame_of(notes: Sequence[Note]) -> pd.DataFrame:
    """Return events in the columns that ``extract`` keeps; one of which nobody says since when was known all along."""
    rows = [
        {
            "id": number,
            "kind": note.kind,
            "category": note.category,
            "site": note.site,
            "labels": json.dumps(dict(note.labels)) if note.labels else None,
            "starts_at": note.starts_at,
            "ends_at": note.ends_at or note.starts_at,
            "expected_factor": note.expected_factor,
            "known_from": note.known_from or ALL_ALONG,
        }
        for number, note in enumerate(notes, 1)
    ]
    frame = pd.DataFrame(rows, columns=list(KNOWN), dtype=object)
    stamps = {name: pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]") for name in ("starts_at", "ends_at", "known_from")}
    return frame.assign(**stamps).astype({"expected_factor": "float64"} | dict.fromkeys(("kind", "category", "site", "labels"), "str"))


def labels_of(text: str, what: str) -> dict[str, str] | None:
    """Return the labels of ``key=value;key=value``; None of nothing."""
    pairs = [part.strip().partition("=") for part in text.split(";") if part.strip()]
    if wrong := [key + equals for key, equals, _ in pairs if not key or not equals]:
        raise DataError(f"{what} label {wrong[0]!r} is no pair; expected KEY=VALUE, several of them with a semicolon between")
    return {key: value for key, _, value in pairs} or None


def factor_of(text: str, what: str) -> float | None:
    """Return a factor; None of nothing."""
    try:
        return float(text) if text else None
    except ValueError as error:
        raise DataError(f"{what} factor {text!r} is no number; expected one above 0, such as 1.5") from error


def _note(row: Mapping[str, str], what: str) -> Note:
    known_from = row.get("known_from", "")
    return Note(
        kind=row["kind"],
        starts_at=instant_of(row["from"], f"{what} from"),
        ends_at=instant_of(row["to"], f"{what} to") if row["to"] else None,
        category=row.get("category") or None,
        site=row.get("site") or None,
        labels=labels_of(row.get("labels", ""), what),
        expected_factor=factor_of(row.get("factor", ""), what),
        note=row.get("note", ""),
        known_from=instant_of(known_from, f"{what} known_from") if known_from else None,
    ).checked(f"{what} the event")
