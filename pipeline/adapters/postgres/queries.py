"""The SQL of this project: one statement per file in ``sql/queries``, named verb_noun."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from sqlalchemy import TextClause, text

SQL_FOLDER = Path(__file__).resolve().parents[3] / "sql"


@lru_cache
def statement(name: str) -> TextClause:
    """Return the query ``sql/queries/<name>.sql``; its values are written ``:name``."""
    return text((SQL_FOLDER / "queries" / f"{name}.sql").read_text())


def said_of(view: str) -> str:
    """Return the comment that the file of a view puts on it: what one row is."""
    _, _, comment = (SQL_FOLDER / "views" / f"{view}.sql").read_text().partition(f"COMMENT ON VIEW dayahead.{view} IS")
    return comment.strip().removesuffix(";").strip("'").replace("''", "'")


def checksum_of(text: str) -> str:
    """Return what tells one text of a file from another."""
    return hashlib.sha256(text.encode()).hexdigest()
