"""Rows as JSON columns for a chart, or as a CSV file of exactly what the chart shows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any
from urllib.parse import quote

from fastapi.responses import JSONResponse, Response

from pipeline.web.reading import Rows

# A spreadsheet computes text that begins so, also after blanks, and also where its own separator or a line end makes a cell of the rest.
SIGN = "=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
UNSEEN = r"\s\x00-\x20\u00ad\u200b-\u200f\u2060\ufeff"
FORMULA = re.compile(rf"(^|[;,|\"\t\r\n])(?=[{UNSEEN}]*[{SIGN}])|^(?=[\t\r])")


def columns(rows: Rows, names: Iterable[str]) -> dict[str, list[Any]]:
    """Return rows column by column as plain JSON: instants and days in Unix seconds, numbers with six digits."""
    return {name: [_plain(row[name]) for row in rows] for name in names}


def json_answer(rows: Rows, names: Iterable[str], **more: Any) -> JSONResponse:
    """Return rows for a chart, with whatever else it needs."""
    return JSONResponse({"columns": columns(rows, names), **more})


def csv_answer(rows: Rows, names: Iterable[str], stem: str) -> Response:
    """Return rows as a download; an apostrophe stands before whatever a spreadsheet would take for a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(names := list(names))
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    disposition = f"attachment; filename*=UTF-8''{quote(stem, safe='')}.csv"
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, date):
        return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp())
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value
