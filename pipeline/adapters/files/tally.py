"""What becomes of the rows of a file, chunk by chunk: the same whether they are loaded into the database or only read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.adapters.files.row_chunks import Chunk
from pipeline.core.series.clock import infer_step_minutes
from pipeline.core.series.intake import LATEST, Intake, judge
from pipeline.errors import DataError

RARE_PHASE = 0.1  # of a site's readings: a phase that is rarer is off the site's grid
HOPELESS_ROWS, HOPELESS_SHARE = 1_000, 0.9
TORN, CONFLICT = "the row has more or fewer values than the header", "another value for the same site and ts came before"
SECONDS_PER_DAY = 86_400
FIRST_YEAR, LAST_YEAR = np.datetime64("0001", "us"), np.datetime64("9999", "us")  # of an instant that Python and Postgres can hold
CLOCKS_MAY_DIFFER = np.timedelta64(1, "h")  # of the source and of whoever reads, before a stamp counts as the future


@dataclass
class LoadReport:
    """What became of the rows of a file: ``rows`` is the sum of the other counts.

    ``loaded`` were new, ``updated`` replaced another value, ``unchanged`` stood in the table already, ``repeated`` stood in the file
    before, ``missing`` have no throughput, ``quarantined`` are counted by reason. ``loose`` sites keep no fixed place within the step.
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
    loose: int = 0
    first: datetime | None = None
    last: datetime | None = None


class Tally:
    """Judges the rows of one file and counts what becomes of them.

    Args:
        path: The file; its name stands beside every rejected row.
        names: The file's own name of every column, by ours.
        timezone: IANA zone of instants without offset.
        now: Instant (UTC) after which, clocks aside, no reading can be stamped yet.
    """

    def __init__(self, path: Path, names: dict[str, str], timezone: str, now: np.datetime64) -> None:
        self.path, self.names, self.timezone = path, names, timezone
        self.numbers = [ours for ours in names if ours not in ("site", "ts")]
        self.report = LoadReport()
        self.codes: dict[str, int] = {}
        self._latest = min(now + CLOCKS_MAY_DIFFER, LATEST)
        self._phases: Counter[tuple[int, int]] = Counter()

    def take(self, chunk: Chunk) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the sound rows of a chunk, and the rejected ones as ``site, ts, reason, payload``.

        Sound rows have ``site_code``, ``ts`` (UTC), ``second_pass`` in seconds, ``phase``, ``row_number`` and the numbers.

        Raises:
            DataError: A column has a type that holds no such values, or hardly any row so far is a reading: the columns must be wrong.
        """
        columns = {ours: chunk.rows.column(chunk.rows.schema.names.index(theirs)) for ours, theirs in self.names.items()}
        numbers = {ours: columns[ours] for ours in self.numbers}
        try:
            intake = judge(columns["site"], columns["ts"], numbers, self.timezone, self._latest)
        except DataError as error:
            raise DataError(f"{self.path}: {error}") from error
        faulty = intake.fault != None  # noqa: E711 — element by element
        good = ~faulty & ~intake.missing
        self.report.rows += len(faulty) + len(chunk.torn)
        self.report.missing += int(intake.missing.sum())
        self.report.step_minutes = self.report.step_minutes or _step_of(intake, good)
        rejected = pd.concat([self._faulty(chunk, intake, np.flatnonzero(faulty)), self._torn(chunk)], ignore_index=True)
        self.reject(rejected)
        return self._sound(intake, good, chunk.first_row), rejected

    def reject(self, rejected: pd.DataFrame) -> None:
        """Count rejected rows by reason.

        Raises:
            DataError: Hardly any row is a reading.
        """
        quarantined = self.report.quarantined
        quarantined.update(rejected["reason"].tolist())
        if self.report.rows >= HOPELESS_ROWS and quarantined.total() > HOPELESS_SHARE * self.report.rows:
            reason, count = quarantined.most_common(1)[0]
            example = rejected["payload"].iloc[0]
            raise DataError(
                f"{quarantined.total()} of the first {self.report.rows} rows of {self.path} are no readings, {count} because {reason}, "
                f"such as {example}; nothing was taken from the file: check --columns and --timezone"
            )

    def off_grid(self) -> list[tuple[int, int]]:
        """Return the code of a site and the phase of its rows that lie off the grid of most others; none of a site without such a grid."""
        total: Counter[int] = Counter()
        most: Counter[int] = Counter()
        for (code, _), count in self._phases.items():
            total[code] += count
            most[code] = max(most[code], count)
        loose = {code for code, count in most.items() if 2 * count < total[code]}
        self.report.loose = len(loose)
        return [pair for pair, count in self._phases.items() if pair[0] not in loose and count < RARE_PHASE * total[pair[0]]]

    @property
    def off_grid_reason(self) -> str:
        """What a row off the grid is said to be."""
        return f"ts is off the grid of {self.report.step_minutes} minutes"

    def _sound(self, intake: Intake, good: np.ndarray, first_row: int) -> pd.DataFrame:
        found, uniques = pd.factorize(intake.site[good])
        code = np.array([self.codes.setdefault(name, len(self.codes)) for name in uniques], np.int64)[found]
        ts = intake.ts[good]
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

    def _faulty(self, chunk: Chunk, intake: Intake, at: np.ndarray) -> pd.DataFrame:
        rows = _as_they_came(chunk.rows, at)
        payload = [{"file": self.path.name, "row": chunk.first_row + int(i)} | row for i, row in zip(at, rows, strict=True)]
        ts = [pd.Timestamp(instant, tz="UTC") if FIRST_YEAR <= instant < LAST_YEAR else None for instant in intake.ts[at]]
        return rejected_rows(intake.site.iloc[at].tolist(), ts, intake.fault[at].tolist(), payload)

    def _torn(self, chunk: Chunk) -> pd.DataFrame:
        payload = [{"file": self.path.name, "line": line, "text": text} for line, text in chunk.torn]
        return rejected_rows([None] * len(payload), [None] * len(payload), [TORN] * len(payload), payload)


def rejected_rows(site: list[Any], ts: list[Any], reason: list[str], payload: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rejected rows as the quarantine takes them."""
    return pd.DataFrame({"site": site, "ts": ts, "reason": reason, "payload": payload}, dtype=object)


def _as_they_came(rows: pa.RecordBatch, at: np.ndarray) -> list[dict[str, Any]]:
    """Return some rows as dictionaries; what Python cannot hold, such as a stamp of the year 300,000, as Arrow writes it."""
    columns = [[_value(column[int(i)]) for i in at] for column in rows.columns]
    return [dict(zip(rows.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _value(cell: pa.Scalar) -> Any:
    try:
        value = cell.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        return f"{getattr(cell, 'value', '?')} ({cell.type})"
    return str(value) if isinstance(value, dict | list | tuple) else value


def _step_of(intake: Intake, good: np.ndarray) -> int | None:
    sample = pd.DataFrame({"site": intake.site[good], "ts": pd.DatetimeIndex(intake.ts[good])})
    try:
        return infer_step_minutes(sample)
    except DataError:
        return None  # too few readings to tell; extract says so if it stays like that
