"""Where a database stands: its ledger, a line for each SQL file that was run and what it said, and the revision in Alembic's table."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Text, column, func, literal, select, table
from sqlalchemy.dialects.postgresql import Insert, insert

from pipeline.adapters.postgres.queries import statement

SCHEMA = "dayahead"
LEDGER = table("migrations", column("name", Text), column("checksum", Text), column("applied_at"), schema=SCHEMA)
RIGHTS = "rights"  # name in the ledger of the rights as the roles' file left them


@dataclass(frozen=True)
class Standing:
    """What a database says of itself.

    Args:
        ledger: Checksum of every file that was run, by its name.
        revision: The newest revision; None before the first.
    """

    ledger: dict[str, str]
    revision: str | None


def read_standing(connection: Connection) -> Standing:
    """Return where a database stands."""
    found = connection.execute(statement("find_ledger")).one()
    ledger: dict[str, str] = dict(connection.execute(statement("read_ledger")).all()) if found.ledger else {}
    return Standing(ledger, connection.execute(statement("read_version")).scalar() if found.version else None)


def noting(name: str, checksum: str) -> Insert:
    """Return the statement that writes a line of the ledger."""
    return _noted(insert(LEDGER).values(name=name, checksum=checksum))


def noting_rights() -> Insert:
    """Return the statement that notes the rights there are."""
    rights = statement("read_rights").columns(column("rights", Text)).subquery()
    return _noted(insert(LEDGER).from_select(["name", "checksum"], select(literal(RIGHTS), rights.c.rights)))


def _noted(line: Insert) -> Insert:
    values = {"checksum": line.excluded.checksum, "applied_at": func.now()}
    return line.on_conflict_do_update(index_elements=["name"], set_=values, where=LEDGER.c.checksum != line.excluded.checksum)
