"""What monitoring keeps in the database beside the scores: completeness, anomalies, drift, references and retrainings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from psycopg2 import extras
from psycopg2.sql import Identifier
from sqlalchemy import Connection

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.copy_binary import Kind, write_frame
from pipeline.adapters.postgres.engines import driver
from pipeline.adapters.postgres.queries import composed, identifiers, run_composed, statement
from pipeline.adapters.postgres.schema import kinds_of

HOURS = ("steps", "actual", "absolute", "signed", "inside80")
COMPLETENESS, ANOMALIES = kinds_of(schema.completeness), kinds_of(schema.anomalies)
ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Reference:
    """What a version was when it was trained.

    Args:
        version: Number of the version.
        snapshot: Digest or file of the readings that it learned from.
        backtest_wape: Its WAPE on the days held back then; None where nobody measured it.
        profile: ``core.evaluation.drift.Profile`` of that snapshot as plain values; None where it is gone.
        note: Why the profile is missing.
        trained_until: Cutoff of its training; None where nobody noted it.
    """

    version: str
    snapshot: str
    backtest_wape: float | None
    profile: dict[str, Any] | None
    note: str | None = None
    trained_until: datetime | None = None


@dataclass(frozen=True)
class RollingError:
    """The champion's pooled error over its last scored days.

    Args:
        days: How many days were scored.
        wape: Their WAPE; None where there is none.
        over_naive: Error over that of "as yesterday" on the same days; None where that is unknown.
    """

    days: int
    wape: float | None
    over_naive: float | None


def write_hours(connection: Connection, hours: pd.DataFrame) -> None:
    """Add or replace rows of ``scores_by_hour``: ``target_day, role, site`` and a list per column of ``HOURS``."""
    rows = hours[["target_day", "role", "site", *HOURS]].to_numpy().tolist()
    with driver(connection).cursor() as cursor:
        extras.execute_values(cursor, composed("write_scores_by_hour").as_string(cursor), rows, page_size=ROWS_AT_A_TIME)


def write_completeness(connection: Connection, completeness: pd.DataFrame) -> int:
    """Add or replace rows of ``completeness``, columns of ``COMPLETENESS``, and return how many changed."""
    _stage(connection, "completeness", completeness, COMPLETENESS)
    return connection.execute(statement("write_completeness")).rowcount


def replace_anomalies(connection: Connection, target_day: date, sites: list[str], anomalies: pd.DataFrame) -> None:
    """Make ``anomalies``, columns of ``ANOMALIES``, all that the table says of these sites on this day."""
    connection.execute(statement("delete_anomalies"), {"target_day": target_day, "sites": sites})
    if len(anomalies):
        _stage(connection, "anomalies", anomalies, ANOMALIES)
        run_composed(connection, composed("insert_anomalies", columns=identifiers(ANOMALIES)))


def champion_used(connection: Connection, target_day: date) -> str | None:
    """Return the version that forecast the latest day up to ``target_day``; None where no version did lately."""
    return connection.execute(statement("read_champion_used"), {"target_day": target_day}).scalar_one()


def read_reference(connection: Connection, version: str) -> Reference | None:
    """Return what was noted of a version; None where nothing was yet."""
    found = connection.execute(statement("read_reference"), {"version": version}).first()
    return Reference(version, *found) if found else None


def write_reference(connection: Connection, reference: Reference) -> None:
    """Note a version once; what is noted already stays, but for the end of a training that was not noted then."""
    profile = None if reference.profile is None else json.dumps(reference.profile, allow_nan=False)
    values = {
        "version": reference.version,
        "snapshot": reference.snapshot,
        "backtest_wape": reference.backtest_wape,
        "profile": profile,
        "note": reference.note,
        "trained_until": reference.trained_until,
    }
    connection.execute(statement("write_reference"), values)


def write_drift(connection: Connection, target_day: date, version: str, drift: dict[str, dict[str, float]]) -> int:
    """Add or replace the drift of a day, by feature, and return how many rows changed."""
    changed = 0
    for feature, figures in drift.items():
        values = {"target_day": target_day, "feature": feature, "model_version": version, **figures}
        changed += connection.execute(statement("write_drift"), values).rowcount
    return changed


def mark_in_sample(connection: Connection, since: date) -> int:
    """Mark the scores of days that their version had learned from, as far as that is noted, and return how many marks changed."""
    return connection.execute(statement("mark_in_sample"), {"since": since}).rowcount


def is_backfilled(connection: Connection, target_day: date, cutoff: datetime) -> bool:
    """Tell whether a day was forecast only once it was over."""
    return bool(connection.execute(statement("is_backfilled"), {"target_day": target_day, "cutoff": cutoff}).scalar_one())


def read_rolling_error(connection: Connection, version: str, target_day: date, days: int) -> RollingError:
    """Return a version's error over the ``days`` before ``target_day``, as far as they are scored."""
    asked = {"version": version, "target_day": target_day, "days": days}
    return RollingError(*connection.execute(statement("read_rolling_error"), asked).one())


def request_training(
    connection: Connection, target_day: date, version: str, reason: str, figures: dict[str, Any], cooldown_days: float
) -> None:
    """Note that a training is asked for, unless one was within the cool-down or a later day is published already.

    Args:
        connection: In the role writer; hold ``database.lock`` on ``retraining``.
        target_day: The day whose monitoring asks.
        version: The champion that decayed.
        reason: Why, in words.
        figures: What it stands on; plain JSON values.
        cooldown_days: Time within which one training is enough.
    """
    values = {
        "target_day": target_day,
        "version": version,
        "reason": reason,
        "figures": json.dumps(figures, allow_nan=False),
        "cooldown": f"{cooldown_days} days",
    }
    connection.execute(statement("write_retraining"), values)


def training_requested(connection: Connection, target_day: date, cooldown_days: float) -> str | None:
    """Return the reason for which the monitoring of a day asked for a training; None where it did not within the cool-down."""
    found = connection.execute(statement("read_retraining"), {"target_day": target_day, "cooldown": f"{cooldown_days} days"}).first()
    return found[0] if found else None


def read_daily_figures(connection: Connection, since: date, until: date) -> list[tuple[date, str, float]]:
    """Return every figure of monitoring in a span of days: (target day, name, value), ordered."""
    found = connection.execute(statement("read_daily_figures"), {"since": since, "until": until})
    return [(day, name, float(value)) for day, name, value in found]


def _stage(connection: Connection, table: str, frame: pd.DataFrame, kinds: dict[str, Kind]) -> None:
    """Send rows into a temporary table ``staged_<table>``."""
    staged = Identifier(f"staged_{table}")
    run_composed(connection, composed("create_staged", table=Identifier(table), staged=staged))
    write_frame(connection, composed("copy_rows", table=staged, columns=identifiers(kinds)), frame, kinds)
