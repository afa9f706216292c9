"""The rows of a CSV or Parquet file as they stand there, chunk by chunk: a file need not fit into memory."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pipeline.adapters.files.header import GZIP_MAGIC, PARQUET_MAGIC, UNREADABLE, delimiter_of, read_header, starts_with
from pipeline.adapters.files.quotes import check_quotes, refuse_quotes
from pipeline.errors import DataError

BLOCK_BYTES = 8 << 20
BATCH_ROWS = 250_000


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


def read_chunks(path: Path) -> Iterator[Chunk]:
    """Give the rows of a file, chunk by chunk.

    Raises:
        DataError: The file holds no rows, breaks off, or is not readable.
    """
    first_row, any_rows = 1, False
    try:
        for chunk in _parquet_chunks(path) if starts_with(path, PARQUET_MAGIC) else _csv_chunks(path):
            yield Chunk(first_row, *chunk)
            first_row += chunk[0].num_rows
            any_rows = any_rows or chunk[0].num_rows > 0 or len(chunk[1]) > 0
    except UNREADABLE as error:
        raise DataError(f"cannot read {path} after row {first_row - 1}: {error}; expected CSV in UTF-8 (also .gz) or Parquet") from error
    if not any_rows:
        raise DataError(f"{path} holds no rows; expected a row per site and instant below the header")


def _csv_chunks(path: Path) -> Iterator[tuple[pa.RecordBatch, list[tuple[int, str]], float]]:
    names, size, delimiter = read_header(path), path.stat().st_size, delimiter_of(path)
    torn: list[tuple[int, str]] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        torn.append((row.number, row.text))
        return "skip"

    with path.open("rb") as raw:
        file = pa.PythonFile(raw, mode="r")
        stream = pa.CompressedInputStream(file, "gzip") if starts_with(path, GZIP_MAGIC) else file
        reader = pa.csv.open_csv(
            pa.PythonFile(_Utf8(stream), mode="r"),
            read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names, skip_rows=1, use_threads=False),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False),
        )
        try:
            for batch in reader:
                found, torn[:] = torn.copy(), []
                check_quotes(path, batch, found, delimiter)
                yield batch, found, raw.tell() / size
        except pa.ArrowInvalid as error:  # a record that is longer than a block
            refuse_quotes(path, otherwise=error)
        if torn:  # after the last row that is whole
            nothing = reader.schema.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema=reader.schema)]
            check_quotes(path, nothing[0], torn, delimiter)
            yield nothing[0], torn, 1.0


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
            batch.validate(full=True)  # a file can claim to hold text that is none
            read += batch.num_rows
            yield batch, [], read / file.metadata.num_rows
