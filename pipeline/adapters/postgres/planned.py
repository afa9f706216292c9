"""The table ``planned``: covariates of the future, and what of them was known at a cutoff."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Text, and_, func, select

from pipeline.adapters.postgres.copy_binary import Kind, read_fixed, to_instants
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import planned
from pipeline.adapters.postgres.statements import CopyOut, written_out

COLUMNS = ("name", "site", "labels", "ts", "value", "known_from")
FIXED: tuple[tuple[str, Kind], ...] = (("series", "int8"), ("ts", "timestamptz"), ("value", "float8"), ("known_from", "timestamptz"))
ROWS_AT_ONCE = 50_000


def write_planned(connection: Connection, rows: pd.DataFrame) -> int:
    """Add values and return how many were new or changed; ``connection`` is the owner's. Without ``known_from``: known from now on."""
    values = rows.astype(object).where(rows.notna(), None)
    written = 0
    for start in range(0, len(values), ROWS_AT_ONCE):
        part = values.iloc[start : start + ROWS_AT_ONCE]
        written += connection.execute(statement("write_planned"), {name: part[name].tolist() for name in COLUMNS}).scalar_one()
    return written


def read_planned(connection: Connection, cutoff: datetime, since: datetime, until: datetime) -> pd.DataFrame:
    """Return what was planned of a span and known at a cutoff, in the columns ``COLUMNS``, by them; labels as JSON.

    Names and whom they are planned for come as categories: a row of the table goes as numbers alone.

    Args:
        connection: In the role reader.
        cutoff: A value with ``known_from`` at or after it is not read.
        since: First instant of the span.
        until: First instant after it.
    """
    held = and_(planned.c.known_from < cutoff, planned.c.ts >= since, planned.c.ts < until)
    series, seed = _series(connection, held, 0), 0
    while series["hash"].duplicated().any():
        seed += 1
        series = _series(connection, held, seed)
    query = select(_hash(seed), planned.c.ts, planned.c.value, planned.c.known_from).where(held)
    found = read_fixed(connection, written_out(connection, CopyOut(query)), FIXED)
    at = series["hash"].to_numpy(np.int64).argsort()
    code = at[np.searchsorted(series["hash"].to_numpy(np.int64), found["series"], sorter=at)] if len(series) else np.zeros(0, np.int64)
    order = np.lexsort((found["known_from"], found["ts"], code))
    return pd.DataFrame(
        {name: series[name].astype("category").take(code[order]).reset_index(drop=True) for name in ("name", "site", "labels")}
        | {
            "ts": to_instants(found["ts"][order]),
            "value": found["value"][order],
            "known_from": to_instants(found["known_from"][order]),
        }
    )


def _series(connection: Connection, held: ColumnElement[bool], seed: int) -> pd.DataFrame:
    """Return the hash, the name and whom it is planned for of all that is held, each once."""
    labels = planned.c.labels.cast(Text)
    rows: list[Any] = list(connection.execute(select(_hash(seed), planned.c.name, planned.c.site, labels).where(held).distinct()))
    frame = pd.DataFrame(rows, columns=["hash", "name", "site", "labels"]).astype({"name": "str", "site": "str", "labels": "str"})
    return frame.sort_values(["name", "site", "labels"], ignore_index=True)


def _hash(seed: int) -> ColumnElement[int]:
    """Return one number for a name and whom it is planned for; text of two columns never runs together."""
    labels = func.coalesce(planned.c.labels.cast(Text), "")
    return func.hashtextextended(func.concat(planned.c.name, "\n", func.coalesce(planned.c.site, ""), "\n", labels), seed)
