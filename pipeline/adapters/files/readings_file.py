"""Readings from a CSV or Parquet file, without a database."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.core.series.frames import READING_COLUMNS
from pipeline.errors import DataError


def read_readings_file(
    path: Path, columns: dict[str, str] | None = None, timezone: str = "UTC", covariates: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return the rows of a file as ``site``, ``ts`` (UTC), ``throughput`` and the covariates; an empty throughput becomes NaN.

    Args:
        path: CSV (also ``.gz``) or Parquet (``.parquet``, ``.pq``).
        columns: The file's own names by ours, such as ``{"ts": "created_at"}``; where one is missing it has our name.
        timezone: IANA zone of instants that name none. The second of two equal local instants of a site is taken as the second pass
            of the hour that autumn repeats; a row in the hour that spring skips never happened and is left out.
        covariates: Further numeric columns to carry along.

    Raises:
        DataError: The file is missing, empty or not readable, a column is missing, or a value is no instant or no number.
    """
    names = {ours: (columns or {}).get(ours, ours) for ours in (*READING_COLUMNS, *covariates)}
    frame = _read_columns(path, names)
    if frame.empty:
        raise DataError(f"{path} holds no rows; expected columns {', '.join(names.values())} and a row per site and instant")
    readings = pd.DataFrame({"site": frame[names["site"]].astype("str")})
    readings["ts"] = to_instants(frame[names["ts"]], readings["site"], timezone)
    for ours in ("throughput", *covariates):
        readings[ours] = to_numbers(frame[names[ours]])
    return readings[readings["ts"].notna()].reset_index(drop=True)


def to_instants(ts: pd.Series, site: pd.Series, timezone: str) -> pd.Series:
    """Return the instants in UTC of text or timestamps; NaT in the hour that spring skips.

    Raises:
        DataError: A value is no instant; the message names the first such row.
    """
    try:
        parsed = _parsed(ts)
    except (ValueError, TypeError) as error:
        bad = pd.to_datetime(ts.astype("str"), format="ISO8601", utc=True, errors="coerce").isna()
        row = f"row {int(bad.argmax()) + 1}: {ts[bad].iloc[0]!r}" if bad.any() else str(error)
        raise DataError(f"column {ts.name} is not an instant, {row}; expected ISO 8601 such as 2026-08-21 00:15:00") from error
    if parsed.dt.tz is None:
        second_pass = pd.DataFrame({"site": site, "ts": parsed}).duplicated()
        parsed = parsed.dt.tz_localize(timezone, ambiguous=~second_pass.to_numpy(), nonexistent="NaT")
    return parsed.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def to_numbers(values: pd.Series) -> pd.Series:
    """Return a column as float64, NaN where empty.

    Raises:
        DataError: A value is no number; the message names the first such row.
    """
    try:
        return pd.to_numeric(values).astype("float64")
    except (ValueError, TypeError) as error:
        bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        row = int(bad.argmax())
        raise DataError(
            f"column {values.name} is not a number, row {row + 1}: {values.iloc[row]!r}; correct it or leave it empty"
        ) from error


def _parsed(ts: pd.Series) -> pd.Series:
    if isinstance(ts.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(ts.dtype):
        return ts
    text = ts.astype("str")
    zoned = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    if zoned.any() and not zoned.all():
        row = int(zoned.to_numpy().argmin())
        raise ValueError(f"row {row + 1}: {text.iloc[row]!r} names no offset where others do")
    return pd.to_datetime(text, format="ISO8601", utc=bool(zoned.any()))


def _read_columns(path: Path, names: dict[str, str]) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"no file {path}; expected a CSV (also .gz) or Parquet file of site, ts, throughput")
    try:
        if path.suffix in {".parquet", ".pq"}:
            import pyarrow.parquet

            found: list[str] = pyarrow.parquet.read_schema(path).names
            check_columns(path, found, names)
            return pd.read_parquet(path, columns=list(names.values()))
        found = [str(name) for name in pd.read_csv(path, nrows=0).columns]
        check_columns(path, found, names)
        return pd.read_csv(path, usecols=list(names.values()), dtype={names["site"]: "str", names["ts"]: "str"}, low_memory=False)
    except (OSError, ValueError, EOFError) as error:  # pandas' and Arrow's own errors are ValueErrors
        raise DataError(f"cannot read {path}: {error}; expected CSV (also .gz) or Parquet") from error


def check_columns(path: Path, found: list[str], names: dict[str, str]) -> None:
    """Raise a ``DataError`` that names every column the file lacks, and how to map it."""
    missing = [(ours, theirs) for ours, theirs in names.items() if theirs not in found]
    if missing:
        hint = ",".join(f"{ours}=NAME" for ours, _ in missing)
        lacking = ", ".join(theirs for _, theirs in missing)
        raise DataError(f"{path} has no column {lacking}; found {', '.join(found)}: name the right ones with --columns {hint}")
