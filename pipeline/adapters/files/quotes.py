"""Stray quotation marks: one that is never closed makes a single value of all the rows up to the next, and nobody would miss them."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.adapters.files.header import GZIP_MAGIC, delimiter_of, starts_with
from pipeline.errors import DataError

MOST_LINES = 10  # of one record: a name or a remark may hold a line end, not a page
LINE_ENDS = re.compile(r"\r\n|\r|\n")


def check_quotes(path: Path, rows: pa.RecordBatch, torn: list[tuple[int, str]], delimiter: str) -> None:
    """Raise unless every record of a batch may be one on purpose.

    A value that swallowed the end of one row and the beginning of the next holds a line end and as many delimiters as a row, or else the
    record it leaves has more or fewer values than the header has names.

    Args:
        path: The file.
        rows: Text columns as they were read.
        torn: Records of which the number of values is wrong.
        delimiter: What divides the values.

    Raises:
        DataError: A record was joined from several rows; the message names the line where it begins.
    """
    if any(LINE_ENDS.search(text.rstrip("\r\n")) for _, text in torn) or any(
        _joins(column, delimiter, rows.num_columns - 1) for column in rows.columns if _has_line_end(column)
    ):
        refuse_quotes(path)


def refuse_quotes(path: Path, otherwise: Exception | None = None) -> None:
    """Raise a ``DataError`` that names the line of the first record that runs on over others; ``otherwise`` where there is none."""
    line = _first_long_record(path)
    if line is None and otherwise is not None:
        raise otherwise
    where = "a record" if line is None else f"the record that begins in line {line}"
    raise DataError(
        f"{path}: {where} runs on over the rows below it, because a quotation mark is never closed; expected a row a line: "
        'take the " out, or write it twice inside a value that stands in quotes; nothing was taken from the file'
    )


def _has_line_end(column: pa.Array) -> bool:
    """Look at the bytes of all values at once: nearly always there is none, and a column of millions costs a millisecond."""
    text = column.buffers()[2]
    view = memoryview(text or b"")
    return re.search(rb"\n", view) is not None or re.search(rb"\r", view) is not None


def _joins(column: pa.Array, delimiter: str, delimiters: int) -> bool:
    doubtful = column.filter(pc.match_substring_regex(column, r"[\r\n]")).to_pylist()
    return any(_joins_rows(value, delimiter, delimiters) for value in doubtful)


def _first_long_record(path: Path) -> int | None:
    delimiter, begins = delimiter_of(path), 1
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if starts_with(path, GZIP_MAGIC)
        else path.open(encoding="utf-8-sig", newline="") as file
    ):
        reader = csv.reader(file, delimiter=delimiter)
        try:
            names = next(reader)
            begins = reader.line_num + 1
            for record in reader:
                lines = reader.line_num + 1 - begins
                if lines > 1 and (len(record) != len(names) or any(_joins_rows(value, delimiter, len(names) - 1) for value in record)):
                    return begins
                begins = reader.line_num + 1
        except csv.Error:  # a value longer than any can be
            return begins
    return None


def _joins_rows(value: str, delimiter: str, delimiters: int) -> bool:
    ends = len(LINE_ENDS.findall(value))
    return ends > 0 and (value.count(delimiter) >= delimiters or ends >= MOST_LINES)
