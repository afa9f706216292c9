"""Alerts in the database: which were told, and the figures that they stand on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import alerts


def claim(connection: Connection, kind: str, target_day: date, subject: str, message: str) -> set[str] | None:
    """Note an alert, and return the channels that have it; None where all of them do.

    Who claims the same waits until the transaction ends.

    Args:
        connection: In the role writer.
        kind: What it is about.
        target_day: The day it is about.
        subject: What tells it from others of its kind and day.
        message: Its words; those of the first time are kept.
    """
    connection.execute(insert(alerts).values(kind=kind, target_day=target_day, subject=subject, message=message).on_conflict_do_nothing())
    told = select(alerts.c.delivered, alerts.c.problem).filter_by(kind=kind, target_day=target_day, subject=subject).with_for_update()
    delivered, problem = connection.execute(told).one()
    return None if problem is None else set(delivered)


def note_delivery(connection: Connection, kind: str, target_day: date, subject: str, delivered: list[str], problem: str | None) -> None:
    """Note which channels took an alert, and why others did not; None where all did."""
    told = update(alerts).filter_by(kind=kind, target_day=target_day, subject=subject)
    connection.execute(told.values(delivered=delivered, problem=problem))


def read_rungs(connection: Connection, days: list[date]) -> list[tuple[str, int, list[str]]]:
    """Return how many sites each rung of the ladder forecast on these days, and the first five of them."""
    return _rows(connection, "read_rungs", {"days": days})


def read_capacity_risk(connection: Connection, days: list[date], threshold: float) -> tuple[int, list[tuple[str, datetime, float, float]]]:
    """Return how many sites exceed capacity with at least this probability; of the five riskiest: site, hour, probability, capacity."""
    rows = _rows(connection, "read_capacity_alarm", {"days": days, "threshold": threshold})
    return (rows[0][-1] if rows else 0), [row[:-1] for row in rows]


def read_drift(connection: Connection, target_day: date, threshold: float) -> list[tuple[str, float, float, str, str]]:
    """Return the drifted features of a day, by group, the farthest first: feature, PSI, what is usual, version, group."""
    return _rows(connection, "read_drift", {"target_day": target_day, "threshold": threshold})


def read_anomalies(connection: Connection, target_day: date) -> tuple[int, int, list[tuple[Any, ...]]]:
    """Return how many sites had an anomaly, of how many, and of the five farthest: site, start, direction, steps, actual, expected."""
    rows = _rows(connection, "read_anomalies", {"target_day": target_day})
    return (rows[0][-2], rows[0][-1], [row[:-2] for row in rows]) if rows else (0, 0, [])


def read_zones(connection: Connection, sites: list[str]) -> dict[str, str]:
    """Return the time zone of each site that is known; in the role reader."""
    return dict(_rows(connection, "read_zones", {"sites": sites}))


def _rows(connection: Connection, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(statement(query), values)]
