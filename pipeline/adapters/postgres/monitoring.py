"""What monitoring keeps in the database beside the scores: completeness, anomalies, drift, references and retrainings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ARRAY, Connection, Text, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import kinds_of
from pipeline.adapters.postgres.statements import copy_rows, upsert, upsert_rows
from pipeline.core.series.groups import group_of

HOURS = ("steps", "actual", "absolute", "signed", "inside80")
COMPLETENESS, ANOMALIES = kinds_of(schema.completeness), kinds_of(schema.anomalies)


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
    columns = ["target_day", "role", "site", *HOURS]
    rows = [dict(zip(columns, row, strict=True)) for row in hours[columns].to_numpy().tolist()]
    if rows:
        connection.execute(upsert(schema.scores_by_hour, columns), rows)


def write_completeness(connection: Connection, completeness: pd.DataFrame) -> int:
    """Add or replace rows of ``completeness``, columns of ``COMPLETENESS``, and return how many changed."""
    return upsert_rows(connection, schema.completeness, [completeness])


def replace_anomalies(connection: Connection, target_day: date, sites: list[str], anomalies: pd.DataFrame) -> None:
    """Make ``anomalies``, columns of ``ANOMALIES``, all that the table says of these sites on this day."""
    rows = schema.anomalies.c
    connection.execute(delete(schema.anomalies).where(rows.target_day == target_day, rows.site == any_(literal(sites, ARRAY(Text)))))
    copy_rows(connection, schema.anomalies, anomalies)


def champions_used(connection: Connection, target_day: date) -> dict[str, str]:
    """Return the versions that forecast the latest day up to ``target_day``, by group; none where no version did lately."""
    used = connection.execute(statement("read_champions_used"), {"target_day": target_day}).scalars()
    return {group_of(version): version for version in used}


def read_reference(connection: Connection, version: str) -> Reference | None:
    """Return what was noted of a version; None where nothing was yet."""
    noted = schema.champion_references.c
    asked = select(noted.model_version, noted.snapshot, noted.backtest_wape, noted.profile, noted.note, noted.trained_until)
    found = connection.execute(asked.where(noted.model_version == version)).first()
    return Reference(*found) if found else None


def write_reference(connection: Connection, reference: Reference) -> None:
    """Note a version once; what is noted already stays, but for the end of a training that was not noted then."""
    noted = insert(schema.champion_references).values(
        model_version=reference.version,
        snapshot=reference.snapshot,
        backtest_wape=reference.backtest_wape,
        profile=reference.profile,
        note=reference.note,
        trained_until=reference.trained_until,
    )
    until = func.coalesce(schema.champion_references.c.trained_until, noted.excluded.trained_until)
    connection.execute(noted.on_conflict_do_update(index_elements=["model_version"], set_={"trained_until": until}))


def write_drift(connection: Connection, target_day: date, version: str, drift: dict[str, dict[str, float]]) -> int:
    """Add or replace the drift of a day, by feature, and return how many rows changed."""
    rows = pd.DataFrame.from_dict(drift, orient="index").rename_axis("feature").reset_index()
    rows = rows.assign(target_day=target_day, model_version=version, site_group=group_of(version))
    return upsert_rows(connection, schema.drift, [rows], stamp="noted_at")


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
        "site_group": group_of(version),
        "reason": reason,
        "figures": json.dumps(figures, allow_nan=False),
        "cooldown": f"{cooldown_days} days",
    }
    connection.execute(statement("write_retraining"), values)


def training_requested(connection: Connection, target_day: date, group: str, cooldown_days: float) -> str | None:
    """Return the reason for which the monitoring of a day asked for a group's training; None where it did not within the cool-down."""
    asked = {"target_day": target_day, "site_group": group, "cooldown": f"{cooldown_days} days"}
    found = connection.execute(statement("read_retraining"), asked).first()
    return found[0] if found else None


def read_daily_figures(connection: Connection, since: date, until: date) -> list[tuple[date, str, float]]:
    """Return every figure of monitoring in a span of days: (target day, name, value), ordered."""
    found = connection.execute(statement("read_daily_figures"), {"since": since, "until": until})
    return [(day, name, float(value)) for day, name, value in found]


def read_shares(connection: Connection, until: date, days: int) -> dict[str, float]:
    """Return the mean share of each expert in the champion's forecasts of so many days up to ``until``; empty unless all are there."""
    return {expert: float(share) for expert, share in connection.execute(statement("read_shares"), {"until": until, "days": days})}
