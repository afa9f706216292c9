"""Connections to Postgres, one per piece of work, in the role it needs; and its schema. All SQL text lies in ``sql/``."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg2
from psycopg2 import errors, extensions
from psycopg2.sql import Identifier

from pipeline.adapters.postgres.promotions import champion_on, record_promotion
from pipeline.adapters.postgres.quarantine import quarantine_rows
from pipeline.adapters.postgres.queries import SQL_FOLDER, statement
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, DataError, ServiceError

__all__ = ["champion_on", "connect", "describe", "lock", "migrate", "quarantine_rows", "record_promotion", "run_query"]

log = logging.getLogger(__name__)

EVERY_TIME = ("views.sql", "views_monitoring.sql", "roles.sql")
Role = Literal["reader", "writer", "viewer"]


@contextmanager
def connect(settings: Settings, role: Role | None = None) -> Iterator[extensions.connection]:
    """Give one transaction on the traffic database: committed at the end, rolled back on an error, closed in any case.

    Args:
        settings: ``database_url`` names the database.
        role: Least privilege that the work needs, ``SET ROLE dayahead_<role>``; None for the login's own rights.

    Raises:
        ConfigurationError: No database is set, or it lacks our tables or roles.
        DataError: A statement broke a constraint of the data contract.
        ServiceError: The database did not answer, ended the connection or ran out of space.
    """
    where = describe(settings)
    connection = _open(settings, where)
    try:
        with _plain_words(where):
            if role:
                with connection.cursor() as cursor:
                    cursor.execute(statement("set_role", role=Identifier(f"dayahead_{role}")))
            yield connection
            connection.commit()
    finally:
        connection.close()  # which rolls back what is not committed


def describe(settings: Settings) -> str:
    """Return ``host:port/database`` of the traffic database, without its password.

    Raises:
        ConfigurationError: ``DAYAHEAD_DATABASE_URL`` is empty or no URL.
    """
    parts = _dsn_parts(settings)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"


def lock(connection: extensions.connection, subject: str) -> None:
    """Wait for everybody else who works on ``subject`` in this database, and keep them waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(statement("lock_subject"), {"subject": subject})


def run_query(settings: Settings, query: str) -> tuple[list[str] | None, list[tuple[Any, ...]], str]:
    """Run a person's own statement and return its columns (None where it returns no rows), its rows, and what Postgres says of it.

    Raises:
        DataError: Postgres refused it.
    """
    with connect(settings) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(query)
            names = [column.name for column in cursor.description] if cursor.description else None
            return names, cursor.fetchall() if names else [], cursor.statusmessage or ""
        except psycopg2.ProgrammingError as error:
            raise DataError(f"Postgres refused the statement: {str(error).strip()}") from error
        except psycopg2.DataError as error:
            raise DataError(f"Postgres could not finish the statement: {str(error).strip()}") from error


def migrate(settings: Settings, folder: Path = SQL_FOLDER) -> list[str]:
    """Apply what is missing in one transaction and return the names of the files applied; a second call applies none.

    Two at once are safe: the second waits for the first. Views and roles are renewed every time, so a view that a user puts in the
    place of ``traffic`` is seen by the other views and may be read by the reader.

    Raises:
        ConfigurationError: A file was changed after it was applied, or the login may not create what is missing.
    """
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(statement("lock_migrations"))
        cursor.execute(statement("create_migrations"))
        applied = _apply_missing(cursor, folder)
        for name in EVERY_TIME:
            cursor.execute((folder / name).read_text())
    log.debug("migrated applied=%s", ",".join(applied) or "none")
    return applied


def _open(settings: Settings, where: str) -> extensions.connection:
    options = {"connect_timeout": "10", "application_name": "dayahead", "options": "-c TimeZone=UTC -c client_encoding=UTF8"}
    try:
        return psycopg2.connect(extensions.make_dsn(**(options | _dsn_parts(settings))))
    except psycopg2.OperationalError as error:
        raise ServiceError(
            f"the database at {where} does not answer: {_said(error)}; start it with `make up`, or correct DAYAHEAD_DATABASE_URL"
        ) from error


@contextmanager
def _plain_words(where: str) -> Iterator[None]:
    try:
        yield
    except (errors.InvalidSchemaName, errors.UndefinedTable, errors.UndefinedFunction) as error:
        raise ConfigurationError(f"{where}: {_said(error)}; run `python -m pipeline migrate`") from error
    except (errors.InvalidParameterValue, errors.InsufficientPrivilege, errors.UndefinedObject) as error:
        raise ConfigurationError(
            f"{where}: {_said(error)}; run `python -m pipeline migrate` as the owner, or have an administrator run sql/roles.sql"
        ) from error
    except errors.InvalidTableDefinition as error:
        wanted = "a view dayahead.traffic with site as text, ts as timestamptz and throughput as double precision: cast its columns"
        raise ConfigurationError(f"{where}: {_said(error)}; expected {wanted}") from error
    except errors.IntegrityError as error:
        raise DataError(f"{where}: {_said(error)}") from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise ServiceError(f"{where}: {_said(error)}; nothing was changed, run it again") from error


def _dsn_parts(settings: Settings) -> dict[str, str]:
    url = settings.database_url.get_secret_value()
    if not url:
        raise ConfigurationError(
            "DAYAHEAD_DATABASE_URL is empty; run `make up`, or set it to postgresql://user:password@host:port/database"
        )
    try:
        return {
            key: value for key, value in extensions.parse_dsn(url.replace("postgresql+psycopg2://", "postgresql://", 1)).items() if value
        }
    except psycopg2.ProgrammingError as error:
        raise ConfigurationError(
            "DAYAHEAD_DATABASE_URL is no URL of Postgres; expected postgresql://user:password@host:port/database"
        ) from error


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _apply_missing(cursor: extensions.cursor, folder: Path) -> list[str]:
    cursor.execute(statement("read_migrations"))
    known = dict(cursor.fetchall())
    applied = []
    for file in sorted((folder / "migrations").glob("[0-9][0-9][0-9]_*.sql")):
        text = file.read_text()
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if file.name in known:
            _check_unchanged(file, checksum, known[file.name])
            continue
        if known and file.name < max(known):
            raise ConfigurationError(f"migration {file.name} comes before {max(known)}, which is applied; give it a higher number")
        cursor.execute(text)
        cursor.execute(statement("write_migration"), {"name": file.name, "checksum": checksum})
        applied.append(file.name)
    return applied


def _check_unchanged(file: Path, found: str, applied: str) -> None:
    if found != applied:
        raise ConfigurationError(
            f"migration {file.name} has checksum {found[:12]}, but {applied[:12]} was applied; restore the file and put the change "
            "into a new migration with the next number"
        )
