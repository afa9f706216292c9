"""Published forecasts and their scores, in the database."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlalchemy import ARRAY, Connection, Integer, Text, func, literal, select

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.copy_binary import Kind, read_fixed, to_instants
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import key_of, kinds_of
from pipeline.adapters.postgres.statements import CopyOut, upsert_rows, written_out
from pipeline.core.models.contract import QUANTILE_COLUMNS

KEY = key_of(schema.scores)
SCORES = kinds_of(schema.scores)
DUE = (*KEY, "model_version", "cutoff", "first_step", "last_step", "scored_steps", "scored_total", "scored_version", "scored_cutoff")


def read_due(connection: Connection, first_day: date, recheck_from: date, cutoff: datetime) -> pd.DataFrame:
    """Return the forecast days that are over at ``cutoff``, one row per (target_day, role, site), with what was scored of them so far.

    Args:
        connection: In the role writer.
        first_day: Earliest target day to look at.
        recheck_from: Earliest target day to look at that is scored already.
        cutoff: Instant up to which readings are known.
    """
    values = {"first_day": first_day, "last_day": cutoff.date(), "recheck_from": recheck_from, "cutoff": cutoff}
    return pd.DataFrame(connection.execute(statement("read_due_scores"), values).all(), columns=list(DUE), dtype=object)


def read_forecasts(connection: Connection, target_day: date, role: str, sites: list[str]) -> pd.DataFrame:
    """Return a published day of some sites: ``site`` (index into ``sites``), ``ts`` and the quantiles."""
    rows = schema.forecasts.c
    wanted = func.unnest(literal(sites, ARRAY(Text))).table_valued("site", with_ordinality="place").render_derived("wanted")
    query = (
        select((wanted.c.place - 1).cast(Integer), rows.ts, *(rows[name] for name in QUANTILE_COLUMNS))
        .join_from(schema.forecasts, wanted, wanted.c.site == rows.site)
        .where(rows.target_day == target_day, rows.role == role)
    )
    fields: list[tuple[str, Kind]] = [("site", "int4"), ("ts", "timestamptz"), *((name, "float8") for name in QUANTILE_COLUMNS)]
    records = read_fixed(connection, written_out(connection, CopyOut(query)), fields)
    columns = {name: records[name].astype(np.float64) for name in QUANTILE_COLUMNS}
    return pd.DataFrame({"site": records["site"].astype(np.int64), "ts": to_instants(records["ts"]), **columns})


def read_daily_changes(connection: Connection, sites: list[str], since: datetime, until: datetime, cutoff: datetime) -> np.ndarray:
    """Return the mean absolute change from one day to the next of each site in a span; NaN where there is none to see.

    What a person ignores, as known at ``cutoff``, is not looked at.
    """
    found: dict[str, float] = dict(
        connection.execute(statement("read_daily_changes"), {"sites": sites, "since": since, "until": until, "cutoff": cutoff}).all()
    )
    return np.array([found.get(site) or np.nan for site in sites], np.float64)


def write_scores(connection: Connection, scores: pd.DataFrame) -> int:
    """Add or replace scores, columns of ``SCORES``, and return how many rows changed; equal ones are left alone."""
    return upsert_rows(connection, schema.scores, [scores], stamp="scored_at")


def forget_scores(connection: Connection, forgotten: pd.DataFrame) -> None:
    """Take away what was scored, and by hour, of days that are judged no more, and the anomalies of the same sites and days.

    Args:
        connection: In the role writer.
        forgotten: ``target_day``, ``role`` and ``site``.
    """
    columns = {name: list(forgotten[name]) for name in forgotten.columns}
    for query in ("forget_scores", "forget_hours", "forget_anomalies"):
        connection.execute(statement(query), columns)
