"""The rows of a file on their way into ``traffic``: judged, staged, and rid of what only the whole file shows to be faulty."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Column, Connection, Double, Integer, MetaData, Table, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from pipeline.adapters.files.row_chunks import Chunk
from pipeline.adapters.files.tally import CONFLICT, Tally, rejected_rows
from pipeline.adapters.postgres.known_readings import find_known
from pipeline.adapters.postgres.quarantine import quarantine_rows
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema.columns import Instant, Name, required
from pipeline.adapters.postgres.statements import copy_rows

TEMPORARY: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}


class OutOfOrderError(Exception):
    """The rows of a file have to be seen together: load it with all of them staged."""


class Staging:
    """Staged rows of one file, in temporary tables that end with the transaction.

    Args:
        connection: As the owner of ``traffic``.
        path: The file; its name stands in the quarantine.
        names: The file's own name of every column, by ours.
        timezone: IANA zone of instants without offset.
        whole: True to stage every row; False to leave out what ``traffic`` holds already, as long as the file is in order.
    """

    def __init__(self, connection: Connection, path: Path, names: dict[str, str], timezone: str, *, whole: bool) -> None:
        self.connection, self.path = connection, path
        self.months: set[date] = set()
        self._newest = np.empty(0, "datetime64[us]")  # of each site so far
        self._known = 0
        self._span: list[datetime] = []
        self._in_order, self._doubtful, self._whole = True, False, whole
        now = connection.execute(statement("read_clock")).scalar_one()
        self._tally = Tally(path, names, timezone, np.datetime64(now.replace(tzinfo=None), "us"))
        self.numbers, self.report = self._tally.numbers, self._tally.report
        self.readings, self.sites = staged_tables(self.numbers)
        for table in (self.readings, self.sites):
            table.create(connection, checkfirst=False)
        connection.execute(select(*(func.set_config(name, "256MB", True) for name in ("work_mem", "maintenance_work_mem"))))

    def add(self, chunk: Chunk) -> None:
        """Judge the rows of a chunk, stage the good ones and quarantine the faulty ones.

        Raises:
            DataError: Hardly any row so far is a reading: the columns must be wrong.
            OutOfOrderError: Rows of a site do not follow each other in time, and some were left out already.
        """
        rows, rejected = self._tally.take(chunk)
        quarantine_rows(self.connection, rejected, f"load {self.path.name}")
        self._doubtful |= bool(rows["second_pass"].any())
        self._in_order = self._in_order and self._follows(rows["site_code"].to_numpy(), rows["ts"].to_numpy("datetime64[us]"))
        if not self._whole:
            rows = self._without_known(rows)
        self._make_room(rows)
        copy_rows(self.connection, self.readings, rows)

    def settle(self) -> None:
        """Tell apart the passes of a repeated hour; quarantine rows off their site's grid and rows that contradict an earlier one."""
        connection = self.connection
        connection.execute(statement("write_staged_sites"), {"sites": list(self._tally.codes)})
        if self._doubtful:
            connection.execute(statement("shift_second_passes"))
        off_grid = self._tally.off_grid()
        if off_grid:
            codes, phases = map(list, zip(*off_grid, strict=True))
            self._take_out("delete_off_grid", self._tally.off_grid_reason, codes=codes, phases=phases)
        if self._doubtful or not self._in_order:  # else no site has an instant twice
            self._take_out("delete_conflicts", CONFLICT)
        staged, first, last = connection.execute(statement("count_staged")).one()
        if staged:
            self._span += [first, last]
        if self._span:
            self.report.first, self.report.last = min(self._span), max(self._span)
        self.report.sites = len(self._tally.codes)
        self.report.repeated = self.report.rows - self.report.missing - self.report.quarantined.total() - self._known - staged

    def _without_known(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out the rows that the table holds as they are: where the file is in order, no later row can contradict them."""
        if self._doubtful or not self._in_order:
            if self._known:
                raise OutOfOrderError
            self._whole = True
        if self._whole or rows.empty:
            return rows
        found, here = np.unique(rows["site_code"].to_numpy(), return_inverse=True)
        names, ts = list(self._tally.codes), rows["ts"].to_numpy("datetime64[us]")
        known = find_known(
            self.connection, [names[code] for code in found], here, ts, {name: rows[name].to_numpy() for name in self.numbers}
        )
        if known.any():
            self._known += int(known.sum())
            self._span += [instant.item().replace(tzinfo=UTC) for instant in (ts[known].min(), ts[known].max())]
        return rows[~known]

    def _make_room(self, rows: pd.DataFrame) -> None:
        """Make the tables of the months that rows are of, also where they turn out to be the second pass of an hour."""
        ts = rows["ts"].to_numpy("datetime64[us]")
        second_pass = rows["second_pass"].to_numpy().astype("timedelta64[s]")
        months = np.unique(np.concatenate([ts, ts + second_pass]).astype("datetime64[M]"))
        for month in months:
            first, following = (each.astype("datetime64[D]").item() for each in (month, month + 1))
            if first not in self.months:
                self.connection.execute(StagedMonth(self.readings, first, following))
                self.months.add(first)

    def _follows(self, code: np.ndarray, ts: np.ndarray) -> bool:
        """Whether each reading is later than its site's readings before it, in this chunk and the ones before."""
        order = np.argsort(code, kind="stable")
        sorted_code, sorted_ts = code[order], ts[order]
        new_site = np.diff(sorted_code, prepend=-1) != 0
        before = np.full(len(self._tally.codes), np.datetime64("0001-01-01", "us"))
        before[: len(self._newest)] = self._newest
        previous = np.where(new_site, before[sorted_code], np.roll(sorted_ts, 1))
        before[sorted_code] = sorted_ts  # of equal codes the last one stays
        self._newest = before
        return bool((sorted_ts > previous).all())

    def _take_out(self, query: str, reason: str, **values: Any) -> None:
        rows = self.connection.execute(statement(query), values).mappings().all()
        known = [{"file": self.path.name, "site": row["site"], "ts": row["ts"], "row": row["row_number"]} for row in rows]
        payload = [facts | {name: row[name] for name in self.numbers} for facts, row in zip(known, rows, strict=True)]
        rejected = rejected_rows([row["site"] for row in rows], [row["ts"] for row in rows], [reason] * len(rows), payload)
        self._tally.reject(rejected)
        quarantine_rows(self.connection, rejected, f"load {self.path.name}")


def staged_tables(numbers: list[str]) -> tuple[Table, Table]:
    """Return the temporary tables of a file: its readings, by month, and its sites."""
    known: list[Column[Any]] = [
        required("site_code", Integer),
        required("ts", Instant),
        required("second_pass", Integer),
        required("phase", Integer),
    ]
    values: list[Column[Any]] = [required("row_number", BigInteger), *(Column(name, Double) for name in numbers)]
    readings = Table("staged_readings", MetaData(), *known, *values, postgresql_partition_by="RANGE (ts)", **TEMPORARY)
    code = Column("site_code", Integer, primary_key=True, autoincrement=False)
    return readings, Table("staged_sites", MetaData(), code, required("site", Name), **TEMPORARY)


def staged_month(readings: Table, month: date) -> Table:
    """Return the temporary table that holds the staged rows of a month."""
    return readings.to_metadata(MetaData(), name=f"{readings.name}_{month:%Y_%m}")


class StagedMonth(DDLElement):
    """``CREATE TEMPORARY TABLE`` of the rows of a month, from its first day up to the next one's."""

    def __init__(self, readings: Table, first: date, following: date) -> None:
        self.readings, self.first, self.following = readings, first, following


@compiles(StagedMonth)
def _staged_month(month: StagedMonth, compiler: DDLCompiler, **_: Any) -> str:
    named, whole = map(compiler.preparer.format_table, (staged_month(month.readings, month.first), month.readings))
    span = f"FROM ('{month.first} 00:00+00') TO ('{month.following} 00:00+00')"
    return f"CREATE TEMPORARY TABLE {named} PARTITION OF {whole} FOR VALUES {span} ON COMMIT DROP"
