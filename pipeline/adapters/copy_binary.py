"""PostgreSQL's binary COPY format, whole columns at a time: numpy in, numpy out, no loop over rows.

Records of equal shape are one numpy structured array. Coming in, the query must yield fixed-width columns without NULL (a NULL would
shift the records behind it; coalesce it to NaN in the query). Going out, rows are grouped by the byte lengths of their values, so that
text and NULLs are allowed; the order of the rows changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Literal

import numpy as np
import pandas as pd
from psycopg2 import extensions
from psycopg2.sql import Composable

from pipeline.errors import DataError

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = np.datetime64("2000-01-01", "us")
WIRE = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8", "timestamptz": ">i8", "date": ">i4"}
ROWS_PER_COPY = 250_000
ROWS_PER_BLOCK = 65_536

Kind = Literal["text", "int2", "int4", "int8", "float8", "timestamptz", "date"]


def read_fixed(connection: extensions.connection, copy: str | Composable, fields: Sequence[tuple[str, Kind]]) -> dict[str, np.ndarray]:
    """Return the columns of a COPY … TO STDOUT (FORMAT binary), each one array in the machine's own byte order.

    The records wait in a temporary file and are taken apart block by block, so that memory holds little more than the columns.

    Args:
        connection: Where to run it.
        copy: The statement, parameters filled in.
        fields: Name and type of each column; timestamps stay microseconds since 2000-01-01.

    Raises:
        DataError: A record holds a NULL or a value of another width.
    """
    record = _record([(name, WIRE[kind]) for name, kind in fields])
    with TemporaryFile(buffering=1 << 20) as wire:
        with connection.cursor() as cursor:
            cursor.copy_expert(copy, wire)
        rows, rest = divmod(wire.tell() - len(HEADER) - len(TRAILER), record.itemsize)
        columns = {name: np.empty(max(rows, 0), record[name].newbyteorder("=")) for name, _ in fields}
        wire.seek(len(HEADER))
        if rest == 0 and all(
            _take(wire, record, columns, slice(first, first + ROWS_PER_BLOCK)) for first in range(0, rows, ROWS_PER_BLOCK)
        ):
            return columns
    raise DataError(f"the columns {', '.join(name for name, _ in fields)} hold a NULL or a value of another type; expected fixed widths")


def write_frame(connection: extensions.connection, copy: Composable, frame: pd.DataFrame, kinds: dict[str, Kind]) -> None:
    """Send a frame through a COPY … FROM STDIN (FORMAT binary) in blocks; NaN, NaT and None arrive as NULL.

    Args:
        connection: Where to run it, in the caller's transaction.
        copy: The statement; its columns are those of ``kinds``, in that order.
        frame: Rows to send, ``ts``-like columns with a time zone.
        kinds: Type of each column.
    """
    with connection.cursor() as cursor:
        for start in range(0, len(frame), ROWS_PER_COPY):
            block = frame.iloc[start : start + ROWS_PER_COPY]
            cursor.copy_expert(copy, BytesIO(b"".join((HEADER, *_encoded(block, kinds), TRAILER))))


def to_instants(microseconds: np.ndarray) -> pd.DatetimeIndex:
    """Return timestamps as ``read_fixed`` gives them as instants in UTC."""
    return pd.DatetimeIndex(EPOCH + microseconds.astype("<i8").view("timedelta64[us]")).tz_localize("UTC")


def _take(wire: IO[bytes], record: np.dtype, columns: dict[str, np.ndarray], rows: slice) -> bool:
    """Fill some rows of the columns from the records that come next; False where one of them has another shape."""
    count = min(rows.stop, len(next(iter(columns.values())))) - rows.start
    records = np.frombuffer(wire.read(count * record.itemsize), record)
    if (records["fields"] != len(columns)).any():
        return False
    for name, values in columns.items():
        if (records[f"{name} width"] != record[name].itemsize).any():
            return False
        values[rows] = records[name]
    return True


def _record(columns: Sequence[tuple[str, str | None]]) -> np.dtype:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, wire in columns:
        fields += [(f"{name} width", ">i4")] + ([(name, wire)] if wire is not None else [])
    return np.dtype(fields)


def _encoded(frame: pd.DataFrame, kinds: dict[str, Kind]) -> Iterator[bytes]:
    values, widths = {}, {}
    for name, kind in kinds.items():
        values[name], widths[name] = _text(frame[name]) if kind == "text" else _fixed(frame[name], kind)
    key = np.zeros(len(frame), np.int64)
    for lengths in widths.values():
        if (lengths != lengths[0]).any():
            key = key * (lengths.max() + 2) + lengths + 1
    _, example, shape = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(shape, kind="stable") if len(example) > 1 else np.arange(len(frame))
    starts = np.searchsorted(shape[order], np.arange(len(example) + 1))
    for i, row in enumerate(example):
        rows = order[starts[i] : starts[i + 1]]
        own = [int(found[row]) for found in widths.values()]
        present = {name: length for name, length in zip(kinds, own, strict=True) if length >= 0}
        formats = {name: f"S{length}" if kinds[name] == "text" else WIRE[kinds[name]] for name, length in present.items() if length}
        records = np.zeros(len(rows), _record([(name, formats.get(name)) for name in kinds]))
        records["fields"] = len(kinds)
        for name in kinds:
            records[f"{name} width"] = present.get(name, -1)
            if name in formats:
                records[name] = values[name][rows]
        yield records.tobytes()


def _text(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    code, uniques = pd.factorize(column)
    encoded = [str(text).encode() for text in uniques] or [b""]
    length = np.array([len(text) for text in encoded])
    return np.array(encoded)[code], np.where(code < 0, -1, length[code])


def _fixed(column: pd.Series, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    width = np.dtype(WIRE[kind]).itemsize
    if kind in ("timestamptz", "date"):
        unit = "us" if kind == "timestamptz" else "D"
        instants = pd.to_datetime(column, utc=True).to_numpy(f"datetime64[{unit}]")
        missing, values = np.isnat(instants), (instants - EPOCH.astype(f"datetime64[{unit}]")).astype(np.int64)
    else:
        values = column.to_numpy(np.float64 if kind == "float8" else np.int64)
        missing = np.isnan(values) if kind == "float8" else np.zeros(len(values), bool)
    return values, np.where(missing, -1, width)
