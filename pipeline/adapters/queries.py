"""The SQL of this project: one statement per file in ``sql/queries``, named verb_noun."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from psycopg2.sql import SQL, Composable, Composed

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"


def statement(name: str, /, **parts: Composable) -> Composed:
    """Return the query ``sql/queries/<name>.sql`` with its ``{parts}`` (identifiers, lists of columns) filled in."""
    return SQL(_query_text(name)).format(**parts)


@lru_cache
def _query_text(name: str) -> str:
    return (SQL_FOLDER / "queries" / f"{name}.sql").read_text()
