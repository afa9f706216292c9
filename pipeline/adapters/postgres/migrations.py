"""The schema brought up to date: revisions, then functions, views and rights; what is as it should be is not touched, not even locked."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql.base import PGDialect

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.definitions import ROLES, define, outdated
from pipeline.adapters.postgres.queries import SQL_FOLDER, checksum_of, statement
from pipeline.adapters.postgres.standing import RIGHTS, Standing, noting, noting_rights, read_standing
from pipeline.config import Settings
from pipeline.errors import BusyError, ConfigurationError

log = logging.getLogger(__name__)

OLDEST_SERVER = 15  # that knows UNIQUE NULLS NOT DISTINCT
REVISIONS = "revisions"  # name in the ledger of all their files together, and of the newest one
OTHERS_SECONDS = 60  # that a migration waits for another one at a time
LOCK_MILLISECONDS = 250  # that it waits for readers at a time, and so the longest that a reader who comes after it waits
PAUSES_SECONDS = (0.2, 0.5, 1, 2, 4, 8)  # before it tries again


def migrate(settings: Settings, folder: Path = SQL_FOLDER) -> list[str]:
    """Apply what is missing in one transaction and return the names of the files applied; where nothing is, only look.

    Two at once are safe: the second waits for the first, which nobody but an owner can seem to be. A view that a user puts in the place of
    ``traffic`` is seen by the other views and may be read by the reader from then on. Where somebody holds on to what must change, it is
    tried again for a quarter of a minute.

    Raises:
        ConfigurationError: A file was changed after it was applied, or the login may not create what is missing.
        BusyError: Somebody held on to it for all that time; nothing is changed.
    """
    for pause in PAUSES_SECONDS:
        try:
            return _migrate(settings, folder)
        except BusyError as error:
            log.info("trying again in %.1f s: %s", pause, error)
            time.sleep(pause)
    return _migrate(settings, folder)


def migration_script(settings: Settings, folder: Path = SQL_FOLDER) -> str:
    """Return the SQL that ``migrate`` would run, for an administrator to read and run; empty where there is nothing to do."""
    with connect(settings, work="migrate") as connection:
        standing = read_standing(connection)
        if _is_current(connection, standing, folder):
            return ""
        _check_unchanged(standing, folder)
        due = outdated(connection, standing.ledger, folder)
    from pipeline.adapters.postgres.revisions import newest, upgrade_script

    parts = [] if standing.ledger else [str(statement("create_ledger"))]
    parts += [upgrade_script(folder, standing.revision, standing.ledger)]
    if due and due[-1][0] != ROLES:
        due.append((ROLES, (folder / ROLES).read_text()))  # a view that is made anew has no rights
    for name, text in due:
        parts += [text, _literal(noting(name, checksum_of(text)))]
    parts += [_literal(noting_rights()), _literal(noting(REVISIONS, _revisions(folder, newest(folder))))]
    return "BEGIN;\n\n" + "\n\n".join(part.strip() for part in parts) + "\n\nCOMMIT;\n"


def go_back(settings: Settings, revision: str, folder: Path = SQL_FOLDER) -> None:
    """Bring the tables back to an earlier revision; functions, views and rights stay as they are until the next ``migrate``.

    Raises:
        ConfigurationError: There is no such revision, or data would be lost.
    """
    from pipeline.adapters.postgres.revisions import downgrade

    with connect(settings, work="migrate") as connection:
        connection.execute(statement("lock_migrations"))
        downgrade(connection, folder, revision)


def _migrate(settings: Settings, folder: Path) -> list[str]:
    with connect(settings, work="migrate", lock_seconds=OTHERS_SECONDS) as connection:
        _check_server(connection)
        standing = read_standing(connection)
        if _is_current(connection, standing, folder):
            return []
        if not standing.ledger:
            connection.execute(statement("create_ledger"))
        connection.execute(statement("lock_migrations"))
        standing = read_standing(connection)
        if _is_current(connection, standing, folder):
            return []
        applied = _apply(connection, standing, folder)
    log.info("migrated applied=%s", ",".join(applied))
    return applied


def _apply(connection: Connection, standing: Standing, folder: Path) -> list[str]:
    from pipeline.adapters.postgres.revisions import newest, upgrade

    _check_unchanged(standing, folder)
    connection.execute(statement("wait_briefly"), {"lock_timeout": str(LOCK_MILLISECONDS)})
    head = newest(folder)
    if standing.revision != head:
        upgrade(connection, folder, standing.ledger)
    define(connection, standing.ledger, folder)
    connection.execute(noting(REVISIONS, _revisions(folder, head)))
    after = read_standing(connection).ledger
    return sorted(name for name in after.keys() - {RIGHTS, REVISIONS} if after[name] != standing.ledger.get(name))


def _check_server(connection: Connection) -> None:
    version: int = connection.execute(statement("read_server_version")).scalar_one()
    if version // 10_000 < OLDEST_SERVER:
        raise ConfigurationError(
            f"the server is PostgreSQL {version // 10_000}; dayahead needs {OLDEST_SERVER} or newer: upgrade it, or name another one in "
            "DAYAHEAD_DATABASE_URL"
        )


def _is_current(connection: Connection, standing: Standing, folder: Path) -> bool:
    known = standing.revision is not None and standing.ledger.get(REVISIONS) == _revisions(folder, standing.revision)
    return known and not outdated(connection, standing.ledger, folder)


def _revisions(folder: Path, newest: str) -> str:
    """Return what names the text of every revision, and the newest: where it is in the ledger, Alembic need not be loaded."""
    return f"{newest} {checksum_of(chr(0).join(f'{file.name} {file.read_text()}' for file in sorted(folder.glob('migrations/*.*'))))}"


def _literal(line: Insert) -> str:
    """Return a statement with its values written out."""
    return f"{line.compile(dialect=PGDialect(paramstyle='named'), compile_kwargs={'literal_binds': True})};"


def _check_unchanged(standing: Standing, folder: Path) -> None:
    for file in folder.glob("migrations/*.sql"):
        applied, found = standing.ledger.get(file.name), checksum_of(file.read_text())
        if applied not in (None, found):
            raise ConfigurationError(
                f"migration {file.name} has checksum {found[:12]}, but {str(applied)[:12]} was applied; restore the file and put the "
                "change into a new migration with the next number"
            )
