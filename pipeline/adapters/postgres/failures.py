"""What Postgres refuses, in the project's words: the one place where its errors become ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg2
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import BusyError, ConfigurationError, DataError, DayaheadError, ServiceError


class Meaning(NamedTuple):
    """What a SQLSTATE means for a person: the error it becomes, and the way out."""

    error: type[DayaheadError]
    way_out: str


MIGRATE = Meaning(ConfigurationError, "run `python -m pipeline migrate`")
OWNER = Meaning(ConfigurationError, "run `python -m pipeline migrate` as the owner, or have an administrator run sql/roles.sql")
VIEW = Meaning(
    ConfigurationError,
    "expected a view dayahead.traffic with site as text, ts as timestamptz and throughput as double precision: cast its columns",
)
AGAIN = Meaning(ServiceError, "nothing was changed, run it again")
MEANINGS = {
    "3F000": MIGRATE,  # no such schema
    "42P01": MIGRATE,  # no such table
    "42883": MIGRATE,  # no such function
    "22023": OWNER,  # no such role
    "42501": OWNER,  # no right
    "42704": OWNER,  # no such object
    "42P16": VIEW,  # a view that cannot be replaced
}
SETTING = "DAYAHEAD_DATABASE_URL"
REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist", "is not permitted to log in")
INTEGRITY_CLASS, LOCK_NOT_AVAILABLE = "23", "55P03"


def said(error: object) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def not_connected(words: str, where: str) -> DayaheadError:
    """Return the error of a connection that was not made: a login that is refused is no database that is down.

    Args:
        words: What was said: libpq gives no SQLSTATE of a connection that fails.
        where: The database, without its password.
    """
    if any(refusal in words for refusal in REFUSALS):
        return ConfigurationError(f"the database at {where} refuses the login: {words}; correct user, password or name in {SETTING}")
    if "FATAL" in words:
        return ServiceError(f"the database at {where} takes no connection now: {words}; try again in a moment")
    ours = where.startswith(("127.0.0.1:", "localhost:", "[::1]:"))
    way_out = "start it with `make up`" if ours else "see that it runs and can be reached from here"
    return ServiceError(f"the database at {where} does not answer: {words}; {way_out}, or correct {SETTING}")


@contextmanager
def in_words(where: str, holders: Callable[[], str]) -> Iterator[None]:
    """Let errors of Postgres leave as ours; what means nothing to a person, such as a fault in a statement, leaves as it is.

    Args:
        where: The database, without its password.
        holders: Says who holds locks, asked where one was waited for in vain.

    Raises:
        ConfigurationError: The database lacks our tables, roles or rights.
        DataError: A statement broke a constraint of the data contract.
        BusyError: A lock was waited for in vain.
        ServiceError: The database ended the connection, ran out of space, or took too long.
    """
    try:
        yield
    except PoolTimeout as error:
        raise ServiceError(f"{where}: every connection of this process is in use; try again in a moment") from error
    except (SQLAlchemyError, psycopg2.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "pgcode", None) or ""
        if state == LOCK_NOT_AVAILABLE:
            raise BusyError(f"{where}: {said(cause)}; {holders()}") from error
        meaning = MEANINGS.get(state)
        if meaning is None and isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError):
            meaning = AGAIN
        if meaning is not None:
            raise meaning.error(f"{where}: {said(cause)}; {meaning.way_out}") from error
        if state.startswith(INTEGRITY_CLASS):
            raise DataError(f"{where}: {said(cause)}") from error
        raise
