"""Engines: one for each database and way of work in a process, from any URL that SQLAlchemy takes for psycopg2."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from typing import Any, cast

import psycopg2
from psycopg2 import extensions
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from pipeline.config import Settings
from pipeline.errors import ConfigurationError

DRIVER = "postgresql+psycopg2"
OURS = ("postgresql", "postgres", DRIVER)
FORM = "postgresql://user:password@host:port/database"
STRICT_JSON = partial(json.dumps, default=str, allow_nan=False)  # Postgres knows neither NaN nor instants in it
POOL = {"pool_size": 2, "max_overflow": 8, "pool_timeout": 5, "pool_pre_ping": True, "pool_recycle": 1800}


def engine_of(settings: Settings, *, pooled: bool = False) -> Engine:
    """Return the engine of the traffic database.

    Args:
        settings: ``database_url`` names it.
        pooled: True where a process lives long and asks often, such as the web page: two connections stay open, up to ten are opened.

    Raises:
        ConfigurationError: ``DAYAHEAD_DATABASE_URL`` is empty or no URL of Postgres.
    """
    return _engine(_url(settings), pooled)


def describe(settings: Settings) -> str:
    """Return ``host:port/database`` of the traffic database, without its password.

    Raises:
        ConfigurationError: As ``engine_of``.
    """
    engine = engine_of(settings)
    parts = engine.dialect.create_connect_args(engine.url)[1]
    return f"{parts.get('host', 'localhost')}:{parts.get('port') or 5432}/{parts.get('dbname', '')}"


def login_of(settings: Settings) -> tuple[str, str]:
    """Return how libpq names the traffic database, without the password, and the password.

    Raises:
        ConfigurationError: As ``engine_of``.
    """
    engine = engine_of(settings)
    parts = engine.dialect.create_connect_args(engine.url)[1]
    return extensions.make_dsn(**{key: str(value) for key, value in parts.items() if key != "password"}), str(parts.get("password", ""))


def driver(connection: Connection) -> extensions.connection:
    """Return the psycopg2 connection behind a connection, in the same transaction: COPY needs it."""
    return cast(extensions.connection, connection.connection.driver_connection)


@lru_cache(maxsize=16)
def _engine(url: URL, pooled: bool) -> Engine:
    started = f"-c TimeZone=UTC {url.query.get('options', '')}".strip()
    arguments: dict[str, Any] = {"connect_timeout": 10, "application_name": "dayahead", "client_encoding": "UTF8"}
    arguments = {name: value for name, value in arguments.items() if name not in url.query} | {"options": started}
    pool: dict[str, Any] = POOL if pooled else {"poolclass": NullPool}
    return create_engine(url, connect_args=arguments, json_serializer=STRICT_JSON, use_native_hstore=False, hide_parameters=True, **pool)


def _url(settings: Settings) -> URL:
    text = settings.database_url.get_secret_value()
    if not text:
        raise ConfigurationError(f"DAYAHEAD_DATABASE_URL is empty; run `make up`, or set it to {FORM}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = _url_of_libpq(text)
    if url.drivername not in OURS:
        raise ConfigurationError(f"DAYAHEAD_DATABASE_URL is no URL of Postgres; expected {FORM}")
    return url.set(drivername=DRIVER)


def _url_of_libpq(text: str) -> URL:
    """Return what only libpq reads, such as ``host-a:5432,host-b:5432``, as SQLAlchemy's URL."""
    try:
        parts = extensions.parse_dsn(text.replace(f"{DRIVER}://", "postgresql://", 1))
    except psycopg2.ProgrammingError as error:
        raise ConfigurationError(f"DAYAHEAD_DATABASE_URL is no URL of Postgres; expected {FORM}") from error
    return URL.create(DRIVER, query={key: value for key, value in parts.items() if value})
