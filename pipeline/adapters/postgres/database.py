"""Connections to Postgres, one per piece of work, in the role it needs. All SQL text lies in ``sql/``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import psycopg2
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from pipeline.adapters.postgres.engines import describe, driver, engine_of
from pipeline.adapters.postgres.failures import in_words, not_connected, said
from pipeline.adapters.postgres.queries import statement
from pipeline.config import Settings
from pipeline.errors import DataError, DayaheadError

__all__ = ["connect", "describe", "driver", "lock", "run_query"]

log = logging.getLogger(__name__)

LOCK_SECONDS = 60.0  # that a piece of work waits for a lock unless it says otherwise
Role = Literal["reader", "writer", "viewer"]


@contextmanager
def connect(
    settings: Settings,
    role: Role | None = None,
    *,
    work: str = "",
    lock_seconds: float = LOCK_SECONDS,
    query_seconds: float = 0,
    pooled: bool = False,
) -> Iterator[Connection]:
    """Give one transaction on the traffic database: committed at the end, rolled back on an error, let go of in any case.

    Args:
        settings: ``database_url`` names the database.
        role: Least privilege that the work needs, ``dayahead_<role>``; None for the login's own rights.
        work: What it is, in a word: others see it in ``pg_stat_activity`` behind ``dayahead``.
        lock_seconds: How long it waits for a lock; the error then names who holds it. 0 is for ever.
        query_seconds: How long a statement may take; 0 is for ever.
        pooled: True in a process that lives long and asks often: the connection goes back into a pool.

    Raises:
        ConfigurationError: No database is set, or it lacks our tables or roles.
        DataError: A statement broke a constraint of the data contract.
        ServiceError: The database did not answer, ended the connection, ran out of space or kept us waiting for too long.
    """
    engine, where = engine_of(settings, pooled=pooled), describe(settings)
    terms = {
        "role": f"dayahead_{role}" if role else "none",
        "lock_timeout": str(round(lock_seconds * 1000)),
        "statement_timeout": str(round(query_seconds * 1000)),
        "application_name": f"dayahead {work}".strip(),
    }
    with in_words(where, partial(_held_by, settings)), _open(engine, where) as connection, connection.begin():
        connection.execute(statement("begin_work"), terms)
        yield connection


@contextmanager
def trying(settings: Settings, *, work: str, dry_run: bool) -> Iterator[Connection]:
    """Give a connection like ``connect``; with ``dry_run`` the server checks all that is written, and then it is taken back."""
    with connect(settings, work=work) as connection:
        trial = connection.begin_nested()
        yield connection
        if dry_run:
            trial.rollback()


def lock(connection: Connection, subject: str) -> None:
    """Wait for everybody else who works on ``subject`` in this database, and keep them waiting until the transaction ends."""
    connection.execute(statement("lock_subject"), {"subject": subject})


def run_query(settings: Settings, query: str) -> tuple[list[str] | None, list[tuple[Any, ...]], str]:
    """Run a person's own statement and return its columns (None where it returns no rows), its rows, and what Postgres says of it.

    Raises:
        DataError: Postgres refused it.
    """
    with connect(settings, work="query") as connection, driver(connection).cursor() as cursor:
        try:
            cursor.execute(query)
            names = [column.name for column in cursor.description] if cursor.description else None
            return names, cursor.fetchall() if names else [], cursor.statusmessage or ""
        except psycopg2.ProgrammingError as error:
            raise DataError(f"Postgres refused the statement: {str(error).strip()}") from error
        except psycopg2.DataError as error:
            raise DataError(f"Postgres could not finish the statement: {str(error).strip()}") from error


def _open(engine: Engine, where: str) -> Connection:
    try:
        return engine.connect()
    except OperationalError as error:
        raise not_connected(said(error.orig), where) from error


def _held_by(settings: Settings) -> str:
    """Return who holds locks of ours at this moment: what a wait that ended in vain may have been for."""
    try:
        with connect(settings, work="look for locks", lock_seconds=1, query_seconds=2) as connection:
            holders = connection.execute(statement("read_lock_holders")).all()
    except DayaheadError:
        return "who held it cannot be told; nothing was changed, run it again"
    told = [
        f"pid {who.pid} ({who.usename}, {who.application_name or 'unnamed'}) since {who.since:%H:%M:%S} UTC, {who.state}: {who.query}"
        for who in holders
    ]
    held = f"locks are held by {'; '.join(told)}" if told else "whoever held it has let go since"
    return f"{held}; nothing was changed, run it again"
