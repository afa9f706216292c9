"""PostgreSQL's binary COPY format, whole columns at a time: numpy in, numpy out, no loop over rows.

Records of equal shape are one numpy structured array. Coming in, the query must yield fixed-width columns without NULL (a NULL would
shift the records behind it; coalesce it to NaN in the query). Going out, rows are grouped by the byte lengths of their values, so that
text and NULLs are allowed; the order of the rows changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedWriter, RawIOBase
from struct import pack
from typing import IO, TYPE_CHECKING, Literal, cast

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres.engines import driver
from pipeline.errors import DataError

if TYPE_CHECKING:
    from typing_extensions import Buffer

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = np.datetime64("2000-01-01", "us")
WIRE = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8", "timestamptz": ">i8", "date": ">i4"}
BLOCK_BYTES = 256 << 10  # taken apart at a time: about what a socket holds, so that Postgres works on meanwhile
ROWS_PER_MESSAGE = 1_024  # about what a socket holds: Postgres works on one message while the next is made

Kind = Literal["text", "int2", "int4", "int8", "float8", "timestamptz", "date", "float4[]"]
FLOAT4 = 700  # Postgres' number of the type


@dataclass(frozen=True)
class _Column:
    """A column on its way out: each a value per row, or a single one that all rows share; a width of -1 is NULL."""

    values: np.ndarray
    widths: np.ndarray


def read_fixed(connection: Connection, copy: str, fields: Sequence[tuple[str, Kind]]) -> dict[str, np.ndarray]:
    """Return the columns of a COPY … TO STDOUT (FORMAT binary), each one array in the machine's own byte order.

    The records are taken apart while they come, so that memory holds little more than the columns.

    Args:
        connection: Where to run it.
        copy: The statement, parameters filled in.
        fields: Name and type of each column; timestamps stay microseconds since 2000-01-01.

    Raises:
        DataError: A record holds a NULL or a value of another width.
    """
    records = _Records(fields)
    with driver(connection).cursor() as cursor, BufferedWriter(records, BLOCK_BYTES) as wire:
        cursor.copy_expert(copy, wire)
        wire.flush()
        columns = records.columns()
    if columns is None:
        raise DataError(
            f"the columns {', '.join(name for name, _ in fields)} hold a NULL or a value of another type; expected fixed widths"
        )
    return columns


def write_frame(connection: Connection, copy: str, frame: pd.DataFrame, kinds: dict[str, Kind]) -> None:
    """Send a frame through a COPY … FROM STDIN (FORMAT binary) in messages; NaN, NaT and None arrive as NULL.

    Args:
        connection: Where to run it, in the caller's transaction.
        copy: The statement; its columns are those of ``kinds``, in that order.
        frame: Rows to send, ``ts``-like columns with a time zone. Text may be categorical.
        kinds: Type of each column; of ``float4[]`` each value is a list of numbers, NaN arrives as NULL.
    """
    if len(frame):
        with driver(connection).cursor() as cursor:
            cursor.copy_expert(copy, cast(IO[bytes], _Messages(_encoded(frame, kinds))))


def to_instants(microseconds: np.ndarray) -> pd.DatetimeIndex:
    """Return timestamps as ``read_fixed`` gives them as instants in UTC."""
    return pd.DatetimeIndex((microseconds + EPOCH.astype(np.int64)).view("datetime64[us]"), tz="UTC", copy=False)


class _Records(RawIOBase):
    """What COPY writes to: takes the records of a block apart at once and keeps the rest of one for the next block.

    Columns have room for rows to come: numpy asks for large arrays in huge pages, and those not yet written to cost nothing.
    """

    def __init__(self, fields: Sequence[tuple[str, Kind]]) -> None:
        self._record = _record([(name, WIRE[kind]) for name, kind in fields])
        self._columns = {name: np.empty(0, self._record[name].newbyteorder("=")) for name, _ in fields}
        self._rows = 0
        self._rest, self._header, self._alike = b"", len(HEADER), True

    def writable(self) -> bool:
        """Say so: ``BufferedWriter`` asks."""
        return True

    def write(self, block: Buffer, /) -> int:
        """Take a block apart."""
        came = bytes(block)
        wire = self._rest + came
        first, self._header = min(self._header, len(wire)), max(self._header - len(wire), 0)
        whole = (len(wire) - first) // self._record.itemsize
        end = first + whole * self._record.itemsize
        self._take(np.frombuffer(wire, self._record, whole, first))
        self._rest = wire[end:]
        return len(came)

    def columns(self) -> dict[str, np.ndarray] | None:
        """Return the columns once all is written, None where a record has another shape."""
        if not self._alike or self._rest != TRAILER:
            return None
        return {name: column[: self._rows] for name, column in self._columns.items()}

    def _take(self, records: np.ndarray) -> None:
        start, self._rows = self._rows, self._rows + len(records)
        self._alike = self._alike and bool((records["fields"] == len(self._columns)).all())
        for name, column in self._columns.items():
            self._alike = self._alike and bool((records[f"{name} width"] == column.itemsize).all())
            if self._alike:
                roomy = column if self._rows <= len(column) else _with_room(column, 2 * self._rows)
                roomy[start : self._rows] = records[name]
                self._columns[name] = roomy


def _with_room(column: np.ndarray, rows: int) -> np.ndarray:
    longer = np.empty(rows, column.dtype)
    longer[: len(column)] = column
    return longer


def _record(columns: Sequence[tuple[str, str | None]]) -> np.dtype:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, wire in columns:
        fields += [(f"{name} width", ">i4")] + ([(name, wire)] if wire is not None else [])
    return np.dtype(fields)


class _Messages:
    """What COPY reads: each time the next bytes, however many they are. It takes more than it asks for."""

    def __init__(self, messages: Iterator[bytes]) -> None:
        self._messages = messages

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 — a file's signature
        """Return the next message; nothing at the end."""
        return next(self._messages, b"")


def _encoded(frame: pd.DataFrame, kinds: dict[str, Kind]) -> Iterator[bytes]:
    columns = {name: _column(frame[name], kind) for name, kind in kinds.items()}
    yield HEADER
    for rows in _alike([column.widths for column in columns.values()], len(frame)):
        yield from _records(columns, kinds, rows)
    yield TRAILER


def _alike(widths: list[np.ndarray], count: int) -> list[np.ndarray]:
    """Return the numbers of the rows, those together whose values have the same lengths."""
    key = np.zeros(count, np.int64)
    for lengths in widths:
        if len(lengths) > 1:
            key = key * (lengths.max() + 2) + lengths + 1
    shape, shapes = pd.factorize(key)
    if len(shapes) == 1:
        return [np.arange(count)]
    order = np.argsort(shape, kind="stable")
    return np.split(order, np.searchsorted(shape[order], np.arange(1, len(shapes))))


def _records(columns: dict[str, _Column], kinds: dict[str, Kind], rows: np.ndarray) -> Iterator[bytes]:
    """Encode rows of one shape; what they share is laid down once and stays while message follows message."""
    own = {name: int(column.widths[rows[0] if len(column.widths) > 1 else 0]) for name, column in columns.items()}
    formats = {name: WIRE.get(kinds[name], f"S{width}") for name, width in own.items() if width > 0}
    records = np.zeros(min(len(rows), ROWS_PER_MESSAGE), _record([(name, formats.get(name)) for name in kinds]))
    records["fields"] = len(kinds)
    for name, width in own.items():
        records[f"{name} width"] = width
        if name in formats and len(columns[name].values) == 1:
            records[name] = columns[name].values
    changing = [(records[name], columns[name].values) for name in formats if len(columns[name].values) > 1]
    for start in range(0, len(rows), ROWS_PER_MESSAGE):
        part = rows[start : start + ROWS_PER_MESSAGE]
        for field, values in changing:
            field[: len(part)] = values[part]
        yield records[: len(part)].tobytes()


def _column(column: pd.Series, kind: Kind) -> _Column:
    if kind == "float4[]":
        return _arrays(column)
    return _text(column) if kind == "text" else _fixed(column, kind)


def _arrays(column: pd.Series) -> _Column:
    encoded = [_array(np.array(values, np.float32)) if np.ndim(values) else b"" for values in column]
    return _Column(np.array(encoded), np.array([len(values) or -1 for values in encoded]))


def _array(values: np.ndarray) -> bytes:
    """Return a list of numbers as Postgres sends arrays: the shape, then each element with its width."""
    missing = np.isnan(values)
    head = pack(">5i", 1, int(missing.any()), FLOAT4, values.size, 1)
    return head + b"".join(pack(">i", -1) if lost else pack(">if", 4, one) for one, lost in zip(values, missing, strict=True))


def _text(column: pd.Series) -> _Column:
    code, uniques = pd.factorize(column)
    encoded = [str(text).encode() for text in uniques] or [b""]
    texts, lengths = np.array(encoded), np.array([len(text) for text in encoded])
    if (code < 0).any():
        return _Column(texts[code], np.where(code < 0, -1, lengths[code]))
    if len(encoded) == 1:
        return _Column(texts, lengths)
    return _Column(texts[code], lengths[:1] if (lengths == lengths[0]).all() else lengths[code])


def _fixed(column: pd.Series, kind: Kind) -> _Column:
    width = np.array([np.dtype(WIRE[kind]).itemsize])
    if kind in ("timestamptz", "date"):
        unit = "us" if kind == "timestamptz" else "D"
        instants = pd.to_datetime(column, utc=True).to_numpy(f"datetime64[{unit}]")
        missing, values = np.isnat(instants), (instants - EPOCH.astype(f"datetime64[{unit}]")).astype(np.int64)
    else:
        values = column.to_numpy(np.float64 if kind == "float8" else np.int64)
        missing = np.isnan(values) if kind == "float8" else np.zeros(1, bool)
    if missing.any():
        return _Column(values, np.where(missing, -1, width))
    return _Column(values[:1] if (values == values[0]).all() else values, width)
