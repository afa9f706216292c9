"""Readings from a CSV or Parquet file, without a database: judged as ``load`` judges them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.adapters.files.header import map_columns
from pipeline.adapters.files.row_chunks import read_chunks
from pipeline.adapters.files.tally import CONFLICT, LoadReport, Tally
from pipeline.errors import DataError


def read_readings_file(
    path: Path, columns: dict[str, str] | None = None, timezone: str = "UTC", covariates: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, LoadReport]:
    """Return the readings of a file as ``site``, ``ts`` (UTC), ``throughput`` and the covariates, and what became of its rows.

    Args:
        path: CSV (gzip or plain) or Parquet.
        columns: The file's own names by ours, such as ``{"ts": "created_at"}``; where one is missing it has our name.
        timezone: IANA zone of instants that name none.
        covariates: Further numeric columns to carry along where the file has them.

    Raises:
        DataError: The file is missing, empty or unreadable, a column is missing, or hardly any row is a reading.
    """
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
    tally = Tally(path, map_columns(path, columns or {}, covariates), timezone, now)
    rows = pd.concat([tally.take(chunk)[0] for chunk in read_chunks(path)], ignore_index=True)
    report = tally.report
    rows = _without_conflicts(_on_grid(_with_second_passes(rows), tally), report)
    report.sites, report.loaded = len(tally.codes), len(rows)
    report.repeated = report.rows - report.missing - report.quarantined.total() - report.loaded
    if rows.empty:
        why = "".join(f", {count} because {reason}" for reason, count in report.quarantined.most_common())
        raise DataError(f"none of the {report.rows} rows of {path} is a reading{why}: check --columns and --timezone")
    report.first, report.last = rows["ts"].min().to_pydatetime(), rows["ts"].max().to_pydatetime()
    site = pd.Categorical.from_codes(rows["site_code"].to_numpy(), pd.Index(list(tally.codes), dtype="str"))
    return rows.assign(site=site)[["site", "ts", *tally.numbers]].reset_index(drop=True), report


def _with_second_passes(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the second row of a local time that the clock repeats as its second pass."""
    doubtful = rows[rows["second_pass"] > 0]
    second = doubtful.index[doubtful.groupby(["site_code", "ts"]).cumcount() == 1]
    rows.loc[second, "ts"] += pd.to_timedelta(rows.loc[second, "second_pass"], unit="s")
    return rows


def _on_grid(rows: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    off = tally.off_grid()
    if not off:
        return rows
    gone = pd.MultiIndex.from_frame(rows[["site_code", "phase"]]).isin(off)
    tally.report.quarantined[tally.off_grid_reason] += int(gone.sum())
    return rows[~gone]


def _without_conflicts(rows: pd.DataFrame, report: LoadReport) -> pd.DataFrame:
    """Of rows with the same site and ts the first is kept; one that says something else is a fault."""
    later = rows.duplicated(["site_code", "ts"])
    if not later.any():
        return rows
    first = rows[~later].set_index(["site_code", "ts"])["throughput"]
    said = rows[later].set_index(["site_code", "ts"])["throughput"]
    differs = int((said.to_numpy() != first.reindex(said.index).to_numpy()).sum())
    if differs:
        report.quarantined[CONFLICT] += differs
    return rows[~later]
