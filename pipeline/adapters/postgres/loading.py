"""A file of readings into the table ``traffic``: streamed by COPY into a staging table, then merged, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection

from pipeline.adapters.files.header import map_columns
from pipeline.adapters.files.row_chunks import read_chunks
from pipeline.adapters.files.sites_file import write_sites
from pipeline.adapters.files.tally import LoadReport
from pipeline.adapters.postgres.database import connect, lock
from pipeline.adapters.postgres.queries import composed, identifiers, run_composed, statement
from pipeline.adapters.postgres.readings import check_timezone
from pipeline.adapters.postgres.staging import OutOfOrderError, Staging, staged_month
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
            write_sites(connection, sites)
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
    for name in numbers:
        if name not in known:
            run_composed(connection, composed("add_covariate", name=Identifier(name)))


def _merge(connection: Connection, staging: Staging, timezone: str) -> None:
    report = staging.report
    report.new_sites = connection.execute(statement("write_new_sites"), {"timezone": timezone}).rowcount
    filled = {month: _fill(connection, month, staging.numbers) for month in sorted(staging.months)}
    report.loaded = sum(_let_in(connection, month) * rows for month, rows in filled.items() if rows is not None)
    left, *span = connection.execute(statement("count_staged")).one()
    if left:
        _insert_and_update(connection, staging.numbers, dict(zip(("first", "last"), span, strict=True)), report)
    known = report.repeated + report.missing + report.quarantined.total() + report.loaded + report.updated
    report.unchanged = report.rows - known


def _fill(connection: Connection, month: date, numbers: list[str]) -> int | None:
    """Copy the staged rows of a month into a table that is to become its own, and return how many; None where it has a table already."""
    staged = connection.execute(statement("stage_month"), {"month": month}).scalar_one()
    if staged is None:
        return None
    into = {"staged": Identifier(staged), "columns": identifiers(numbers), "new_values": identifiers(numbers, "r")}
    rows = run_composed(connection, composed("fill_month", month=staged_month(month), **into)).rowcount
    connection.execute(statement("index_month"), {"month": month})
    return rows


def _let_in(connection: Connection, month: date) -> bool:
    """Let the filled table of a month in, and tell whether it could; its rows are staged no longer."""
    attached = connection.execute(statement("attach_month"), {"month": month}).scalar_one()
    if attached:
        run_composed(connection, composed("drop_staged_month", month=staged_month(month)))
    return bool(attached)


def _insert_and_update(connection: Connection, numbers: list[str], span: dict[str, datetime], report: LoadReport) -> None:
    """Bring the rows that are still staged over one by one."""
    columns, new = identifiers(numbers), identifiers(numbers, "r")
    if not connection.execute(statement("has_readings"), span).scalar_one():
        report.loaded += run_composed(connection, composed("insert_new_span", columns=columns, new_values=new)).rowcount
        return
    run_composed(connection, composed("create_differing", old_values=identifiers(numbers, "t"), new_values=new), span)
    assignments = SQL(", ").join(SQL("{} = {}").format(Identifier(name), Identifier("r", name)) for name in numbers)
    report.updated = run_composed(connection, composed("update_traffic", assignments=assignments), span).rowcount
    report.loaded += run_composed(connection, composed("insert_traffic", columns=columns, new_values=new)).rowcount
