"""Forecasts into the database: a reader sees the old day or the new one, whole.

A day and role has a table of its own. Its next one is filled beside it, indexed, and swapped in: readers wait for milliseconds, and nothing
is deleted row by row. Where a month is one table, or a reader does not let go of a day, the rows are brought over one by one. All tables of
a publication are locked before the first is swapped, so that nobody waits behind one table for the reader of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from tempfile import TemporaryFile
from typing import Any

import pandas as pd
from psycopg2 import errors
from sqlalchemy import ARRAY, Connection, MetaData, Select, Table, Text, any_, column, delete, exists, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from pipeline.adapters.postgres import publications, schema
from pipeline.adapters.postgres.database import lock
from pipeline.adapters.postgres.engines import driver
from pipeline.adapters.postgres.peaks import write_peaks
from pipeline.adapters.postgres.publications import Fleet, Slice
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import key_of, kinds_of
from pipeline.adapters.postgres.statements import CopyInto, CopyOut, copy_rows, written_out
from pipeline.errors import DataError, StoreError

FORECASTS, ATTENTION = kinds_of(schema.forecasts), kinds_of(schema.attention)
TABLES = {"forecasts": schema.forecasts, "attention": schema.attention}


@dataclass
class Staged:
    """The next table of a slice on its way.

    Args:
        table: Whose slice it is, ``forecasts`` or ``attention``.
        role: Of the slice.
        day: Of the slice.
        name: Of the table that is being filled.
        digest: Names its content.
        apart: Whether the day has tables of its own; False where its month is one table.
        rows: How many it holds.
        sites: Whom they are of.
        kept: Sites whose rows stay as they are.
    """

    table: str
    role: str
    day: date
    name: str
    digest: str
    apart: bool = True
    rows: int = 0
    sites: set[str] = field(default_factory=set)
    kept: list[str] = field(default_factory=list)

    @property
    def apart_table(self) -> Table:
        """The table that is being filled."""
        return TABLES[self.table].to_metadata(MetaData(), name=self.name)

    @property
    def values(self) -> dict[str, Any]:
        """What the statements about a slice ask for."""
        return {"parent": self.table, "role": self.role, "day": self.day, "sites": sorted(self.sites), "kept": self.kept}


def ensure_partitions(connection: Connection, parent: str, days: Iterable[date]) -> None:
    """Make the tables of ``days`` of ``forecasts`` or ``attention``; commit before long work."""
    for day in sorted(set(days)):
        connection.execute(statement("ensure_day"), {"parent": parent, "day": day})


def slices_of(frame: pd.DataFrame) -> list[Slice]:
    """Return the roles and target days that the rows of a frame are of; its days are dates or instants at midnight."""
    return [(str(role), pd.Timestamp(day).date()) for role, day in frame[["role", "target_day"]].drop_duplicates().itertuples(index=False)]


def is_published(connection: Connection, slices: Iterable[Slice], digest: str) -> bool:
    """Tell whether the slices hold just what ``digest`` names; wait for every other publisher of them, and keep them waiting."""
    ordered = sorted(slices)
    for role, day in ordered:
        lock(connection, f"forecasts.{day}.{role}")
    return all(_holds(connection, table, part, digest) for table in TABLES for part in ordered)


def stage_days(
    connection: Connection,
    slices: Iterable[Slice],
    forecasts: Iterable[pd.DataFrame],
    attention: Iterable[pd.DataFrame],
    digest: str = "unnamed",
    *,
    peaks: pd.DataFrame | None = None,
    fleet: Fleet | None = None,
) -> list[Staged]:
    """Fill a table beside each slice's own and index it, in the caller's transaction: nobody sees anything of it.

    Two publishers of a slice wait for each other. Where the whole fleet was forecast, a site without a forecast has no row any more, and
    days that an earlier publication of the same cutoff wrote are rid of what it wrote there.

    Args:
        connection: In the role writer.
        slices: The roles and target days that the forecasts are of; zones apart by a day have each their sites.
        forecasts: Frames with the columns of ``FORECASTS``, one row per (target_day, role, site, ts) in all of them; taken one at a time.
        attention: Frames with the columns of ``ATTENTION``. Attention of the forecasts' sites that they do not name is left out.
        digest: Names the content for ``is_published``, without a space.
        peaks: Quantiles of the peak by (target_day, role, site); a site that is missing has the largest of each step's.
        fleet: The run that forecast every live site; None where some sites were chosen: then the others keep their rows.

    Raises:
        DataError: A column is missing, or a key stands twice.
    """
    ordered = sorted({*slices, *publications.written_before(connection, fleet)})
    for role, day in ordered:
        lock(connection, f"forecasts.{day}.{role}")
    staged = {table: {part: _stage(connection, table, part, digest) for part in ordered} for table in TABLES}
    for table, frames in (("forecasts", forecasts), ("attention", attention)):
        for frame in frames:
            _fill(connection, table, frame, staged[table])
            if table == "forecasts":
                write_peaks(connection, _parts(frame).values(), peaks)
    everywhere = set().union(*(each.sites for each in staged["forecasts"].values()))
    for part in ordered:
        sites = staged["forecasts"][part].sites
        kept = publications.keep_sites(connection, part, sites, everywhere, fleet)
        for table in TABLES:
            each = staged[table][part]
            each.sites, each.kept = sites, kept
            _keep(connection, each)
    publications.note(connection, fleet, [day for (_, day), each in staged["forecasts"].items() if each.sites], len(everywhere))
    return [staged[table][part] for part in ordered for table in TABLES]


def swap_days(connection: Connection, staged: Iterable[Staged]) -> None:
    """Let staged tables take the place of the days' own, all or none; commit at once, for readers of those days wait from here on."""
    staged = list(staged)
    for each in staged:
        if not each.apart:
            _bring_over(connection, each)
    apart = [each for each in staged if each.apart]
    names = {"parents": "table", "days": "day", "roles": "role"}
    values: dict[str, Any] = {name: [getattr(each, one) for each in apart] for name, one in names.items()}
    said = {"said": [f"{each.digest} {each.rows}" for each in apart]}
    if not connection.execute(statement("swap_days"), values | said).scalar_one():
        for each in apart:
            _bring_over(connection, each)


def _holds(connection: Connection, table: str, part: Slice, digest: str) -> bool:
    """Whether a day's table says that it holds just this, and does: as many rows, all written by the transaction that it names."""
    part_table = func.concat(func.dayahead.day_table(table, part[1]), "_", part[0])
    said = func.obj_description(func.to_regclass(func.format("dayahead.%I", part_table)), "pg_class")
    digest_there, *by = str(connection.execute(select(said)).scalar_one() or "").split(" ")
    if digest_there != digest:
        return False
    rows, writer = by
    return connection.execute(counting(TABLES[table], part, writer)).one() == (int(rows), int(rows))


def counting(table: Table, part: Slice, writer: str) -> Select[int, int]:
    """Return the query how many rows a slice has, and how many of them the transaction ``writer`` wrote."""
    return select(func.count(), func.count().filter(column("xmin") == writer)).select_from(table).where(*_of(table, part))


def keeping(table: Table, part: Slice, sites: list[str]) -> CopyOut:
    """Return the statement that reads what some sites of a slice have."""
    return CopyOut(select(table).where(*_of(table, part), table.c.site == any_(literal(sites, ARRAY(Text)))))


def _of(table: Table, part: Slice) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.role == part[0], table.c.target_day == part[1]


def _stage(connection: Connection, table: str, part: Slice, digest: str) -> Staged:
    values = {"parent": table, "role": part[0], "day": part[1]}
    apart = connection.execute(statement("ensure_day"), values).scalar_one()
    return Staged(table, *part, connection.execute(statement("stage_day"), values).scalar_one(), digest, apart)


def _fill(connection: Connection, table: str, frame: pd.DataFrame, staged: dict[Slice, Staged]) -> None:
    """Copy a frame's rows into the staged tables of their slices."""
    kinds = kinds_of(TABLES[table])
    missing = [name for name in kinds if name not in frame.columns]
    if missing:
        raise DataError(f"the rows of {table} lack {', '.join(missing)}; found {', '.join(map(str, frame.columns))}")
    for part, rows in _parts(frame).items():
        target = staged.get(part)
        if target is None:
            continue  # attention of a day that nothing was forecast of
        copy_rows(connection, target.apart_table, rows, frozen=True)
        target.rows += len(rows)
        target.sites |= set(rows["site"].unique())


def _parts(frame: pd.DataFrame) -> dict[Slice, pd.DataFrame]:
    """Return the rows of each slice; where there is but one, the frame itself."""
    slices = slices_of(frame)
    if len(slices) == 1:
        return {slices[0]: frame}
    grouped = frame.groupby(["role", "target_day"], sort=False, observed=True)
    return dict(zip(slices, (rows for _, rows in grouped), strict=True))


def _keep(connection: Connection, staged: Staged) -> None:
    """Copy the rows of the sites that keep theirs, and index the table."""
    if staged.kept:
        try:
            _copy_kept(connection, staged)
        except OSError as error:
            raise StoreError(f"cannot keep rows of {staged.table} in the temporary folder: {error}; free it, or set TMPDIR") from error
    try:
        connection.execute(statement("index_day"), staged.values)
    except IntegrityError as error:
        if not isinstance(error.orig, errors.UniqueViolation):
            raise
        key = str(error.orig.diag.message_detail).rstrip(".")
        raise DataError(f"a row of {staged.table} stands twice: {key}; expected each once") from error


def _copy_kept(connection: Connection, staged: Staged) -> None:
    with driver(connection).cursor() as cursor, TemporaryFile() as kept:
        table = TABLES[staged.table]
        cursor.copy_expert(written_out(connection, keeping(table, (staged.role, staged.day), staged.kept)), kept)
        kept.seek(0)
        cursor.copy_expert(written_out(connection, CopyInto(staged.apart_table, table.columns.keys(), frozen=True)), kept)
        staged.rows += cursor.rowcount


def _bring_over(connection: Connection, staged: Staged) -> None:
    """Bring the rows over one by one; those that would only be repeated are left alone."""
    table, new = TABLES[staged.table], staged.apart_table
    key, columns = key_of(table), list(kinds_of(table))
    others = [name for name in columns if name not in key]
    same_row = tuple_(*(new.c[name] for name in key)) == tuple_(*(table.c[name] for name in key))
    same = tuple_(*(new.c[name] for name in others)).is_not_distinct_from(tuple_(*(table.c[name] for name in others)))
    repeated = exists().where(same_row, same)
    connection.execute(delete(table).where(*_of(table, (staged.role, staged.day)), ~repeated))
    rows = insert(table).from_select(columns, select(*(new.c[name] for name in columns)))
    connection.execute(rows.on_conflict_do_nothing())
    connection.execute(statement("drop_staged"), staged.values)
