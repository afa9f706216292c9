"""A file of readings into the table ``traffic``: streamed by COPY into a staging table, then merged, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Boolean, Column, Connection, Double, MetaData, Select, Table, and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.files.header import map_columns
from pipeline.adapters.files.row_chunks import read_chunks
from pipeline.adapters.files.sites_file import write_sites
from pipeline.adapters.files.tally import LoadReport
from pipeline.adapters.postgres.database import connect, lock
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import check_timezone, traffic_with
from pipeline.adapters.postgres.schema.columns import Instant, Name
from pipeline.adapters.postgres.staging import TEMPORARY, OutOfOrderError, Staging, staged_month
from pipeline.config import Settings
from pipeline.errors import DataError

OUR_TABLE = ("r", "p")


def load_readings(
    settings: Settings,
    path: Path,
    columns: dict[str, str] | None = None,
    timezone: str | None = None,
    report_share: Callable[[float, int], None] | None = None,
    sites: pd.DataFrame | None = None,
) -> LoadReport:
    """Load a file and return what became of its rows; loading it again changes nothing.

    Args:
        settings: Give the database, the covariates to look for, and the time zone where none is given.
        path: CSV (gzip or plain) or Parquet.
        columns: The file's own names by ours: ``site``, ``ts``, ``throughput``; every further one is a covariate, which gets a column of
            ``traffic`` where it has none yet. Covariates of the settings are found by their own name.
        timezone: IANA zone of instants without offset, and of sites that are new.
        report_share: Called with the share of the file read (0 … 1) and the rows so far.
        sites: What is known of sites (``read_sites_file``), written together with the readings or not at all.

    Raises:
        DataError: The file is missing, empty or unreadable, a column is missing, or hardly any row is a reading; nothing is loaded.
        ServiceError: The database did not answer; nothing is loaded.
    """
    zone = timezone or settings.timezone
    check_timezone(zone, "the file")
    names = map_columns(path, columns or {}, settings.covariates)
    numbers = [ours for ours in names if ours not in ("site", "ts")]
    with connect(settings, work="load") as connection:
        _prepare_table(connection, numbers)
    try:
        return _load(settings, path, names, zone, report_share, sites, whole=False)
    except OutOfOrderError:
        return _load(settings, path, names, zone, report_share, sites, whole=True)


def _load(
    settings: Settings,
    path: Path,
    names: dict[str, str],
    zone: str,
    report_share: Callable[[float, int], None] | None,
    sites: pd.DataFrame | None,
    *,
    whole: bool,
) -> LoadReport:
    with connect(settings, work="load") as connection:
        lock(connection, "traffic")
        if sites is not None:
            write_sites(connection, sites, zone)
        staging = Staging(connection, path, names, zone, whole=whole)
        for chunk in read_chunks(path):
            staging.add(chunk)
            if report_share:
                report_share(chunk.share, staging.report.rows)
        staging.settle()
        _merge(connection, staging, zone)
    return staging.report


def _prepare_table(connection: Connection, numbers: list[str]) -> None:
    if connection.execute(statement("read_traffic_kind")).scalar_one() not in OUR_TABLE:
        raise DataError("dayahead.traffic is a view of your own table; load the readings there")
    known: dict[str, str] = dict(connection.execute(statement("read_traffic_columns")).all())
    for name in [name for name in numbers if name not in known]:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        traffic = Operations(MigrationContext.configure(connection))
        traffic.add_column("traffic", Column(name, Double), schema="dayahead", if_not_exists=True)


def _merge(connection: Connection, staging: Staging, timezone: str) -> None:
    report = staging.report
    report.new_sites = connection.execute(statement("write_new_sites"), {"timezone": timezone}).rowcount
    filled = {month: _fill(connection, staging, month) for month in sorted(staging.months)}
    report.loaded = sum(_let_in(connection, staging, month) * rows for month, rows in filled.items() if rows is not None)
    left, *span = connection.execute(statement("count_staged")).one()
    if left:
        _insert_and_update(connection, staging, *span)
    known = report.repeated + report.missing + report.quarantined.total() + report.loaded + report.updated
    report.unchanged = report.rows - known


def _fill(connection: Connection, staging: Staging, month: date) -> int | None:
    """Copy the staged rows of a month into a table that is to become its own, and return how many; None where it has a table already."""
    apart = connection.execute(statement("stage_month"), {"month": month}).scalar_one()
    if apart is None:
        return None
    columns, rows = ["site", "ts", *staging.numbers], _by_site(staging, staged_month(staging.readings, month))
    filled = connection.execute(insert(traffic_with(staging.numbers, apart)).from_select(columns, rows)).rowcount
    connection.execute(statement("index_month"), {"month": month})
    return filled


def _let_in(connection: Connection, staging: Staging, month: date) -> bool:
    """Let the filled table of a month in, and tell whether it could; its rows are staged no longer."""
    attached = connection.execute(statement("attach_month"), {"month": month}).scalar_one()
    if attached:
        staged_month(staging.readings, month).drop(connection, checkfirst=False)
    return bool(attached)


def _insert_and_update(connection: Connection, staging: Staging, first: datetime, last: datetime) -> None:
    """Bring the rows that are still staged over one by one."""
    report, numbers, traffic = staging.report, staging.numbers, traffic_with(staging.numbers)
    columns = ["site", "ts", *numbers]
    if not connection.execute(statement("has_readings"), {"first": first, "last": last}).scalar_one():
        new = insert(traffic).from_select(columns, _by_site(staging, staging.readings))
        report.loaded += connection.execute(new.on_conflict_do_nothing(index_elements=["site", "ts"])).rowcount
        return
    found = _differing(connection, staging, first, last)
    same_row = and_(traffic.c.site == found.c.site, traffic.c.ts == found.c.ts, traffic.c.ts.between(first, last))
    corrected = update(traffic).where(found.c.known, same_row).values({name: found.c[name] for name in numbers})
    report.updated = connection.execute(corrected).rowcount
    rows = select(*(found.c[name] for name in columns)).where(~found.c.known).order_by(found.c.site, found.c.ts)
    new = insert(traffic).from_select(columns, rows).on_conflict_do_nothing(index_elements=["site", "ts"])
    report.loaded += connection.execute(new).rowcount


def _differing(connection: Connection, staging: Staging, first: datetime, last: datetime) -> Table:
    """Return a table of the staged rows that would change something: ``traffic`` lacks them, or holds them with other values."""
    numbers, readings, sites = staging.numbers, staging.readings, staging.sites
    values = [Column(name, Double) for name in numbers]
    differing = Table("differing", MetaData(), Column("site", Name), Column("ts", Instant), Column("known", Boolean), *values, **TEMPORARY)
    differing.create(connection, checkfirst=False)
    there = traffic_with(numbers)
    old, new = ([rows.c[name] for name in numbers] for rows in (there, readings))
    rows = (
        select(sites.c.site, readings.c.ts, there.c.ts.is_not(None), *new)
        .join_from(readings, sites, sites.c.site_code == readings.c.site_code)
        .outerjoin(there, and_(there.c.site == sites.c.site, there.c.ts == readings.c.ts, there.c.ts.between(first, last)))
        .where(or_(there.c.ts.is_(None), tuple_(*old).is_distinct_from(tuple_(*new))))
    )
    connection.execute(insert(differing).from_select(differing.columns.keys(), rows))
    connection.execute(statement("analyze_differing"))
    return differing


def _by_site(staging: Staging, readings: Table) -> Select[*tuple[Any, ...]]:
    """Return the query of staged rows in the order of the table that they go into."""
    sites, values = staging.sites, [readings.c[name] for name in staging.numbers]
    rows = select(sites.c.site, readings.c.ts, *values).join_from(readings, sites, sites.c.site_code == readings.c.site_code)
    return rows.order_by(sites.c.site, readings.c.ts)
