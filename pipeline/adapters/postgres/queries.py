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


def checksum_of(text: str) -> str:
    """Return what tells one text of a file from another."""
    return hashlib.sha256(text.encode()).hexdigest()
