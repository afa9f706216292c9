"""The SQL of this project: one statement per file in ``sql/queries``, named verb_noun."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg2.sql import SQL, Composable, Composed, Identifier
from sqlalchemy import Connection, CursorResult, TextClause, text

SQL_FOLDER = Path(__file__).resolve().parents[3] / "sql"


@lru_cache
def statement(name: str) -> TextClause:
    """Return the query ``sql/queries/<name>.sql``; its values are written ``:name``."""
    return text(_query_text(name))


def checksum_of(text: str) -> str:
    """Return what tells one text of a file from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def composed(name: str, /, **parts: Composable) -> Composed:
    """Return the query ``sql/queries/<name>.sql`` for the driver, with its ``{parts}`` (identifiers, lists of columns) filled in."""
    return SQL(_query_text(name)).format(**parts)


def run_composed(connection: Connection, query: Composed, values: dict[str, Any] | None = None) -> CursorResult[Any]:
    """Run a composed query and return what a statement's run returns."""
    return connection.exec_driver_sql(query.as_string(connection.connection.driver_connection), values)


def identifiers(names: Iterable[str], table: str | None = None) -> Composable:
    """Return names of columns, of a table where it is given, with commas between them."""
    return SQL(", ").join(Identifier(table, name) if table else Identifier(name) for name in names)


def upsert_parts(columns: Iterable[str], key: Collection[str]) -> dict[str, Composable]:
    """Return the parts of a statement that adds rows and replaces those of the same key that differ.

    Args:
        columns: All columns that are written.
        key: Those among them that name the row.
    """
    values = [name for name in columns if name not in key]
    return {
        "columns": identifiers(columns),
        "assignments": SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in values),
        "old_values": identifiers(values, "old"),
        "new_values": identifiers(values, "excluded"),
    }


@lru_cache
def _query_text(name: str) -> str:
    return (SQL_FOLDER / "queries" / f"{name}.sql").read_text()
