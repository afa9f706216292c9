"""The rows of a file on their way into ``traffic``: judged, staged, and rid of what only the whole file shows to be faulty."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection

from pipeline.adapters.postgres.copy_binary import Kind, write_frame
from pipeline.adapters.postgres.known_readings import find_known
from pipeline.adapters.postgres.quarantine import quarantine_rows
from pipeline.adapters.postgres.queries import composed, identifiers, run_composed, statement
from pipeline.adapters.postgres.row_chunks import Chunk
from pipeline.core.series.clock import infer_step_minutes
from pipeline.core.series.intake import Intake, judge
from pipeline.errors import DataError

RARE_PHASE = 0.1  # of a site's readings: a phase that is rarer is off the site's grid
HOPELESS_ROWS, HOPELESS_SHARE = 1_000, 0.9
TORN, CONFLICT = "the row has more or fewer values than the header", "another value for the same site and ts came before"
SECONDS_PER_DAY = 86_400
CLOCKS_MAY_DIFFER = np.timedelta64(1, "h")  # of the source and of the database, before a stamp counts as the future
KINDS: dict[str, Kind] = {"site_code": "int4", "ts": "timestamptz", "second_pass": "int4", "phase": "int4", "row_number": "int8"}


class OutOfOrderError(Exception):
    """The rows of a file have to be seen together: load it with all of them staged."""


@dataclass
class LoadReport:
    """What became of the rows of a file: ``rows`` is the sum of the other counts.

    ``loaded`` were new, ``updated`` replaced another value, ``unchanged`` stood in the table already, ``repeated`` stood in the file
    before, ``missing`` have no throughput, ``quarantined`` are counted by reason.
    """

    rows: int = 0
    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    missing: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    sites: int = 0
    new_sites: int = 0
    step_minutes: int | None = None
    first: datetime | None = None
    last: datetime | None = None


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
        self.connection, self.path, self.names, self.timezone = connection, path, names, timezone
        self.numbers = [ours for ours in names if ours not in ("site", "ts")]
        self.report = LoadReport()
        self.months: set[date] = set()
        self._codes: dict[str, int] = {}
        self._phases: Counter[tuple[int, int]] = Counter()
        self._newest = np.empty(0, "datetime64[us]")  # of each site so far
        self._known = 0
        self._span: list[datetime] = []
        self._in_order, self._doubtful, self._whole = True, False, whole
        columns = SQL(", ").join(SQL("{} double precision").format(Identifier(name)) for name in self.numbers)
        run_composed(connection, composed("create_staged_readings", values=columns))
        now = connection.execute(statement("read_clock")).scalar_one()
        self._latest = np.datetime64(now.replace(tzinfo=None), "us") + CLOCKS_MAY_DIFFER

    def add(self, chunk: Chunk) -> None:
        """Judge the rows of a chunk, stage the good ones and quarantine the faulty ones.

        Raises:
            DataError: Hardly any row so far is a reading: the columns must be wrong.
            OutOfOrderError: Rows of a site do not follow each other in time, and some were left out already.
        """
        numbers = {ours: chunk.rows[self.names[ours]] for ours in self.numbers}
        intake = judge(chunk.rows[self.names["site"]], chunk.rows[self.names["ts"]], numbers, self.timezone, self._latest)
        faulty = intake.fault != None  # noqa: E711 — element by element
        good = ~faulty & ~intake.missing
        self.report.rows += len(faulty) + len(chunk.torn)
        self.report.missing += int(intake.missing.sum())
        self.report.step_minutes = self.report.step_minutes or _step_of(intake, good)
        self._reject(pd.concat([self._faulty(chunk, intake, np.flatnonzero(faulty)), self._torn(chunk)], ignore_index=True))
        rows = self._coded(intake, good, chunk.first_row)
        if not self._whole:
            rows = self._without_known(rows)
        self._make_room(rows)
        kinds = KINDS | dict.fromkeys(self.numbers, "float8")
        copy = composed("copy_rows", table=Identifier("staged_readings"), columns=identifiers(kinds))
        write_frame(self.connection, copy, rows, kinds)

    def settle(self) -> None:
        """Tell apart the passes of a repeated hour; quarantine rows off their site's grid and rows that contradict an earlier one."""
        connection = self.connection
        connection.execute(statement("write_staged_sites"), {"sites": list(self._codes)})
        if self._doubtful:
            connection.execute(statement("shift_second_passes"))
        off_grid = self._rare_phases()
        if off_grid:
            codes, phases = map(list, zip(*off_grid, strict=True))
            self._take_out("delete_off_grid", f"ts is off the grid of {self.report.step_minutes} minutes", codes=codes, phases=phases)
        if self._doubtful or not self._in_order:  # else no site has an instant twice
            self._take_out("delete_conflicts", CONFLICT)
        staged, first, last = connection.execute(statement("count_staged")).one()
        if staged:
            self._span += [first, last]
        if self._span:
            self.report.first, self.report.last = min(self._span), max(self._span)
        self.report.sites = len(self._codes)
        self.report.repeated = self.report.rows - self.report.missing - self.report.quarantined.total() - self._known - staged

    def _coded(self, intake: Intake, good: np.ndarray, first_row: int) -> pd.DataFrame:
        found, uniques = pd.factorize(intake.site[good])
        code = np.array([self._codes.setdefault(name, len(self._codes)) for name in uniques], np.int64)[found]
        ts = intake.ts[good]
        self._doubtful |= bool(intake.second_pass[good].any())
        self._in_order = self._in_order and self._follows(code, ts)
        step_seconds = (self.report.step_minutes or 0) * 60
        phase = ts.astype(np.int64) // 1_000_000 % step_seconds if step_seconds else np.zeros(len(ts), np.int64)
        pairs, counts = np.unique(code * SECONDS_PER_DAY + phase, return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            self._phases[divmod(pair, SECONDS_PER_DAY)] += count
        columns = {
            "site_code": code,
            "ts": pd.DatetimeIndex(ts).tz_localize("UTC"),
            "second_pass": intake.second_pass[good],
            "phase": phase,
        }
        columns |= {"row_number": first_row + np.flatnonzero(good)}
        return pd.DataFrame(columns | {name: values[good] for name, values in intake.values.items()})

    def _without_known(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out the rows that the table holds as they are: where the file is in order, no later row can contradict them."""
        if self._doubtful or not self._in_order:
            if self._known:
                raise OutOfOrderError
            self._whole = True
        if self._whole or rows.empty:
            return rows
        found, here = np.unique(rows["site_code"].to_numpy(), return_inverse=True)
        names, ts = list(self._codes), rows["ts"].to_numpy("datetime64[us]")
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
                values = {"first": f"{first} 00:00+00", "next": f"{following} 00:00+00"}
                run_composed(self.connection, composed("create_staged_month", month=staged_month(first)), values)
                self.months.add(first)

    def _follows(self, code: np.ndarray, ts: np.ndarray) -> bool:
        """Whether each reading is later than its site's readings before it, in this chunk and the ones before."""
        order = np.argsort(code, kind="stable")
        sorted_code, sorted_ts = code[order], ts[order]
        new_site = np.diff(sorted_code, prepend=-1) != 0
        before = np.full(len(self._codes), np.datetime64("0001-01-01", "us"))
        before[: len(self._newest)] = self._newest
        previous = np.where(new_site, before[sorted_code], np.roll(sorted_ts, 1))
        before[sorted_code] = sorted_ts  # of equal codes the last one stays
        self._newest = before
        return bool((sorted_ts > previous).all())

    def _rare_phases(self) -> list[tuple[int, int]]:
        total: Counter[int] = Counter()
        for (code, _), count in self._phases.items():
            total[code] += count
        return [pair for pair, count in self._phases.items() if count < RARE_PHASE * total[pair[0]]]

    def _take_out(self, query: str, reason: str, **values: Any) -> None:
        rows = [tuple(row) for row in run_composed(self.connection, composed(query, values=identifiers(self.numbers, "g")), values)]
        names = ("site", "ts", "row", *self.numbers)
        payload = [{"file": self.path.name} | dict(zip(names, row, strict=True)) for row in rows]
        self._reject(_rejected([row[0] for row in rows], [row[1] for row in rows], [reason] * len(rows), payload))

    def _faulty(self, chunk: Chunk, intake: Intake, at: np.ndarray) -> pd.DataFrame:
        rows = chunk.rows.take(pa.array(at)).to_pylist()
        payload = [{"file": self.path.name, "row": chunk.first_row + int(i)} | row for i, row in zip(at, rows, strict=True)]
        ts = [None if np.isnat(instant) else pd.Timestamp(instant, tz="UTC") for instant in intake.ts[at]]
        return _rejected(intake.site.iloc[at].tolist(), ts, intake.fault[at].tolist(), payload)

    def _torn(self, chunk: Chunk) -> pd.DataFrame:
        payload = [{"file": self.path.name, "line": line, "text": text} for line, text in chunk.torn]
        return _rejected([None] * len(payload), [None] * len(payload), [TORN] * len(payload), payload)

    def _reject(self, rejected: pd.DataFrame) -> None:
        quarantined = self.report.quarantined
        quarantined.update(rejected["reason"].tolist())
        if self.report.rows >= HOPELESS_ROWS and quarantined.total() > HOPELESS_SHARE * self.report.rows:
            reason, count = quarantined.most_common(1)[0]
            example = rejected["payload"].iloc[0]
            raise DataError(
                f"{quarantined.total()} of the first {self.report.rows} rows of {self.path} are no readings, {count} because {reason}, "
                f"such as {example}; nothing was loaded: check --columns and --timezone"
            )
        quarantine_rows(self.connection, rejected, f"load {self.path.name}")


def staged_month(month: date) -> Identifier:
    """Return the name of the temporary table that holds the staged rows of a month."""
    return Identifier(f"staged_readings_{month:%Y_%m}")


def _rejected(site: list[Any], ts: list[Any], reason: list[str], payload: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({"site": site, "ts": ts, "reason": reason, "payload": payload}, dtype=object)


def _step_of(intake: Intake, good: np.ndarray) -> int | None:
    sample = pd.DataFrame({"site": intake.site[good], "ts": pd.DatetimeIndex(intake.ts[good])})
    try:
        return infer_step_minutes(sample)
    except DataError:
        return None  # too few readings to tell; extract says so if it stays like that
