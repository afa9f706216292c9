"""The rows of a CSV or Parquet file as they stand there, chunk by chunk: a file need not fit into memory."""

from __future__ import annotations

import csv
import gzip
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pipeline.errors import DataError

BLOCK_BYTES = 8 << 20
BATCH_ROWS = 250_000
GZIP_MAGIC, PARQUET_MAGIC = b"\x1f\x8b", b"PAR1"
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file.

    Args:
        first_row: Number of the first one; the file's first row of values is 1.
        rows: Every column of the file; text where it is a CSV.
        torn: Rows that have more or fewer values than the header has names, as line of the file and text.
        share: How much of the file has been read, 0 … 1.
    """

    first_row: int
    rows: pa.RecordBatch
    torn: list[tuple[int, str]]
    share: float


def read_header(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        DataError: There is no such file, it is empty, or it is neither CSV nor Parquet.
    """
    if not path.is_file():
        raise DataError(f"no file {path}; expected a CSV (also .gz) or Parquet file of site, ts, throughput")
    try:
        if _starts_with(path, PARQUET_MAGIC):
            return list(pa.parquet.read_schema(path).names)
        names = next(csv.reader([_first_line(path)], delimiter=_delimiter(path)), [])
    except (OSError, ValueError, EOFError, csv.Error) as error:  # Arrow's errors are ValueErrors
        raise DataError(f"cannot read {path}: {error}; expected CSV in UTF-8 (also .gz) or Parquet") from error
    if not any(names):
        raise DataError(f"{path} is empty; expected a header such as site,ts,throughput and a row per site and instant")
    return names


def read_chunks(path: Path) -> Iterator[Chunk]:
    """Give the rows of a file, chunk by chunk.

    Raises:
        DataError: The file holds no rows, breaks off, or is not readable.
    """
    first_row = 1
    try:
        for chunk in _parquet_chunks(path) if _starts_with(path, PARQUET_MAGIC) else _csv_chunks(path):
            yield Chunk(first_row, *chunk)
            first_row += chunk[0].num_rows
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"cannot read {path} after row {first_row - 1}: {error}; expected CSV in UTF-8 (also .gz) or Parquet") from error
    if first_row == 1:
        raise DataError(f"{path} holds no rows; expected a row per site and instant below the header")


def _csv_chunks(path: Path) -> Iterator[tuple[pa.RecordBatch, list[tuple[int, str]], float]]:
    names, size = read_header(path), path.stat().st_size
    torn: list[tuple[int, str]] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        torn.append((row.number, row.text))
        return "skip"

    with path.open("rb") as raw:
        file = pa.PythonFile(raw, mode="r")
        stream = pa.CompressedInputStream(file, "gzip") if _starts_with(path, GZIP_MAGIC) else file
        reader = pa.csv.open_csv(
            pa.PythonFile(_Utf8(stream), mode="r"),
            read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names, skip_rows=1, use_threads=False),
            parse_options=pa.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True, invalid_row_handler=keep),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False),
        )
        for batch in reader:
            found, torn[:] = torn.copy(), []
            yield batch, found, raw.tell() / size


class _Utf8:
    """A stream that refuses what is no UTF-8: Arrow would drop a torn row that it cannot decode, with a traceback and no error."""

    closed = False

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream, self._decoder = stream, getincrementaldecoder("utf-8")()

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; raises UnicodeDecodeError."""
        content: bytes = self._stream.read(size)
        self._decoder.decode(content, final=not content)
        return content


def _parquet_chunks(path: Path) -> Iterator[tuple[pa.RecordBatch, list[tuple[int, str]], float]]:
    with pa.parquet.ParquetFile(path) as file:
        read = 0
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            read += batch.num_rows
            yield batch, [], read / file.metadata.num_rows


def _first_line(path: Path) -> str:
    with gzip.open(path) if _starts_with(path, GZIP_MAGIC) else path.open("rb") as file:
        return file.readline().decode("utf-8-sig").strip("\r\n")


def _delimiter(path: Path) -> str:
    line = _first_line(path)
    return max(DELIMITERS, key=line.count)


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
