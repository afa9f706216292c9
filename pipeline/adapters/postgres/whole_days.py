"""What is planned of a day beside its peaks: rows that are replaced with the forecasts they were made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd
from sqlalchemy import ARRAY, Connection, Table, Text, all_, delete, literal, select

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.publications import Slice
from pipeline.adapters.postgres.schema import kinds_of
from pipeline.adapters.postgres.statements import copy_rows, upsert_rows

OF_SITES = {table.name: table for table in (schema.mixture, schema.frozen, schema.volumes, schema.risks, schema.billing)}
MIXTURE, FROZEN = kinds_of(schema.mixture), kinds_of(schema.frozen)
OF_FLEET = {table.name: table for table in (schema.totals, schema.total_peaks, schema.total_volumes, schema.total_billing)}


def replace_sites(connection: Connection, table: Table, kept: Mapping[Slice, list[str]], frames: Iterable[pd.DataFrame]) -> None:
    """Replace the rows of slices by those of the frames, in the transaction that writes the forecasts.

    Args:
        connection: In the role writer.
        table: One of ``OF_SITES``.
        kept: By (role, target day) the sites whose rows stay.
        frames: Columns of the table, of those slices; taken one at a time.
    """
    for (role, day), sites in kept.items():
        here = (table.c.target_day == day) & (table.c.role == role)
        connection.execute(delete(table).where(here, table.c.site != all_(literal(sites, ARRAY(Text)))))
    for frame in frames:
        copy_rows(connection, table, frame)


def replace_fleet(connection: Connection, table: Table, part: Slice, frame: pd.DataFrame) -> None:
    """Replace the rows of a run's role and day in one of ``OF_FLEET``."""
    role, day = part
    connection.execute(delete(table).where(table.c.target_day == day, table.c.role == role))
    copy_rows(connection, table, frame.assign(role=role, target_day=day))


def read_planned(connection: Connection, table: Table, part: Slice, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns of one of our tables for a role and target day; of the fleet where it has rows by label."""
    role, day = part
    asked = select(*(table.c[name] for name in columns)).where(table.c.target_day == day, table.c.role == role)
    if "label" in table.c:
        asked = asked.where(table.c.label == "")
    return pd.DataFrame(connection.execute(asked).all(), columns=list(columns))


def write_plan_scores(connection: Connection, scores: pd.DataFrame) -> int:
    """Add or replace rows of ``plan_scores`` and return how many changed."""
    return upsert_rows(connection, schema.plan_scores, [scores])


def delete_before(connection: Connection, day: date) -> None:
    """Delete what is planned of the forecast days before a day, the peaks among it."""
    for table in (schema.peaks, schema.what_ifs, *OF_SITES.values(), *OF_FLEET.values()):
        connection.execute(delete(table).where(table.c.target_day < day))
