"""Forecasts into the database: a reader sees the old day or the new one, whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
from psycopg2 import extensions
from psycopg2.sql import SQL, Composable, Identifier

from pipeline.adapters.copy_binary import Kind, write_frame
from pipeline.adapters.database import lock
from pipeline.adapters.forecast_peaks import write_peaks
from pipeline.adapters.queries import statement
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.errors import DataError

FORECASTS: dict[str, Kind] = {
    "target_day": "date",
    "role": "text",
    "site": "text",
    "ts": "timestamptz",
    **dict.fromkeys(QUANTILE_COLUMNS, "float8"),
    "cutoff": "timestamptz",
    "model_version": "text",
    "snapshot": "text",
    "degradation": "text",
    "run_id": "text",
}
ATTENTION: dict[str, Kind] = {
    "target_day": "date",
    "role": "text",
    "site": "text",
    "band": "int2",
    "past_day": "date",
    "weight": "float8",
}
KEYS = {"forecasts": ("target_day", "role", "site", "ts"), "attention": ("target_day", "role", "site", "band", "past_day")}


def ensure_partitions(connection: extensions.connection, parent: str, days: Iterable[date]) -> None:
    """Make the monthly partitions of ``forecasts``, ``attention`` or ``traffic`` that hold ``days``; commit before long work follows."""
    with connection.cursor() as cursor:
        for month in sorted({day.replace(day=1) for day in days}):
            cursor.execute(statement("ensure_partition"), {"parent": parent, "day": month})


def replace_forecasts(connection: extensions.connection, forecasts: pd.DataFrame, attention: pd.DataFrame) -> None:
    """Put these rows in the place of what is there for their (target_day, role) and sites, in the caller's transaction.

    Two publishers of a day and role wait for each other. Rows that would only be repeated are left alone, ``published_at`` included.

    Args:
        connection: In the role writer; the partitions of the days exist.
        forecasts: The columns of ``FORECASTS``, one row per (target_day, role, site, ts).
        attention: The columns of ``ATTENTION``; may be empty. Attention of the forecasts' sites that it does not name is removed.

    Raises:
        DataError: A column is missing, or a key stands twice.
    """
    _check(forecasts, "forecasts", FORECASTS)
    _check(attention, "attention", ATTENTION)
    slices = list(forecasts.groupby(["role", "target_day"], sort=True))  # zones apart by a day: each day has sites of its own
    for (role, day), _ in slices:
        lock(connection, f"forecasts.{day}.{role}")
    for (role, day), rows in slices:
        scope = {"day": day, "role": role, "sites": sorted(rows["site"].unique())}
        weights = attention[(attention["role"] == role) & (attention["target_day"] == day)]
        _replace(connection, "forecasts", rows, FORECASTS, scope)
        _replace(connection, "attention", weights, ATTENTION, scope)
        write_peaks(connection, rows)


def _replace(connection: extensions.connection, table: str, rows: pd.DataFrame, kinds: dict[str, Kind], scope: dict[str, Any]) -> None:
    columns = _list(kinds)
    parts = {"table": Identifier(table), "staged": Identifier(f"staged_{table}"), "columns": columns}
    with connection.cursor() as cursor:
        cursor.execute(statement("find_slice", **parts), scope)
        if not cursor.fetchone()[0]:
            write_frame(connection, statement("copy_rows", table=Identifier("dayahead", table), columns=columns), rows, kinds)
            return
        cursor.execute(statement("create_staged", **parts))
        write_frame(connection, statement("copy_rows", table=parts["staged"], columns=columns), rows, kinds)
        values = [name for name in kinds if name not in KEYS[table]]
        sides = {
            "new_key": _list(KEYS[table], "new"),
            "old_key": _list(KEYS[table], "old"),
            "new_values": _list(values, "new"),
            "old_values": _list(values, "old"),
        }
        cursor.execute(statement("delete_changed", **parts, **sides), scope)
        cursor.execute(statement("insert_staged", **parts))


def _check(rows: pd.DataFrame, table: str, kinds: dict[str, Kind]) -> None:
    missing = [name for name in kinds if name not in rows.columns]
    if missing:
        raise DataError(f"the rows of {table} lack {', '.join(missing)}; found {', '.join(map(str, rows.columns))}")
    twice = rows.duplicated(list(KEYS[table]))
    if twice.any():
        row = ", ".join(f"{name}={rows[twice].iloc[0][name]}" for name in KEYS[table])
        raise DataError(f"{int(twice.sum())} row(s) of {table} stand twice, the first is {row}; expected each once")


def _list(names: Iterable[str], table: str | None = None) -> Composable:
    return SQL(", ").join(Identifier(table, name) if table else Identifier(name) for name in names)
