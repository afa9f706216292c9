"""Airflow's connections for alerts, as Airflow reads them from a variable: known before its database, which keeps them, is away."""

from __future__ import annotations

import json
from typing import Any

import psycopg2
from cryptography.fernet import Fernet

from pipeline.config import Settings
from pipeline.local.home import PROJECT, Secrets
from pipeline.local.postgres import HOST

QUERY = PROJECT / "sql" / "stack" / "read_connections.sql"


def read_connections(settings: Settings, secrets: Secrets) -> dict[str, str] | None:
    """Return each connection that alerts leave through, as JSON by name; None where Postgres does not answer."""
    place = {"host": HOST, "port": settings.postgres_port, "dbname": "airflow", "user": "airflow", "password": secrets.airflow}
    try:
        connection = psycopg2.connect(**place, connect_timeout=2, options="-c statement_timeout=2000", application_name="dayahead keeper")
        try:
            with connection.cursor() as cursor:
                cursor.execute(QUERY.read_text())
                return {name: _variable(secrets.fernet, *row) for name, *row in cursor.fetchall()}
        finally:
            connection.close()
    except psycopg2.Error:
        return None


def _variable(key: str, password: str | None, extra: str | None, is_encrypted: bool, is_extra_encrypted: bool, rest: dict[str, Any]) -> str:
    words = {"password": _plain(key, password, is_encrypted), "extra": _plain(key, extra, is_extra_encrypted)}
    return json.dumps({name: value for name, value in (rest | words).items() if value not in (None, "")})


def _plain(key: str, value: str | None, is_encrypted: bool) -> str | None:
    return Fernet(key).decrypt(value.encode()).decode() if value and is_encrypted else value
