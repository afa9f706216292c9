"""What a file is and which columns it has: CSV, gzipped or not, or Parquet, told by its first bytes and not by its name."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from pipeline.core.series.frames import READING_COLUMNS
from pipeline.errors import DataError

GZIP_MAGIC, PARQUET_MAGIC = b"\x1f\x8b", b"PAR1"
DELIMITERS = ",;\t|"
NAME = re.compile(r"[^\W\d]\w*")  # of a column that we make
LONGEST_NAME = 63  # bytes; Postgres cuts what is longer
TAKEN = ("ctid", "tableoid", "xmin", "xmax", "cmin", "cmax")  # columns that Postgres gives every table
UNREADABLE = (OSError, ValueError, EOFError, csv.Error, zlib.error, pa.ArrowException)


def read_header(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        DataError: There is no such file, it is empty, or it is neither CSV nor Parquet.
    """
    if not path.is_file():
        raise DataError(f"no file {path}; expected a CSV (also .gz) or Parquet file")
    try:
        if starts_with(path, PARQUET_MAGIC):
            return list(pa.parquet.read_schema(path).names)
        names = next(csv.reader([first_line(path)], delimiter=delimiter_of(path)), [])
    except UNREADABLE as error:
        raise DataError(f"cannot read {path}: {error}; expected CSV in UTF-8 (also .gz) or Parquet") from error
    if not any(names):
        raise DataError(f"{path} is empty; expected a header such as site,ts,throughput and a row per site and instant")
    return names


def map_columns(path: Path, columns: dict[str, str], covariates: tuple[str, ...]) -> dict[str, str]:
    """Return the file's own name of every column to read, by ours.

    Args:
        path: The file.
        columns: The file's own names by ours; a further name of ours is a covariate.
        covariates: Further columns that are read where the file has them under this very name.

    Raises:
        DataError: The file lacks one or has it twice, or a covariate has a name that no column can have.
    """
    found = read_header(path)
    names = {ours: columns.get(ours, ours) for ours in READING_COLUMNS} | columns
    names |= {name: name for name in covariates if name in found and name not in names}
    missing = {ours: theirs for ours, theirs in names.items() if theirs not in found}
    if missing:
        hint = ",".join(f"{ours}=NAME" for ours in missing)
        lacking = ", ".join(missing.values())
        raise DataError(f"{path} has no column {lacking}; found {', '.join(found)}: name the right ones with --columns {hint}")
    for ours, theirs in names.items():
        if found.count(theirs) > 1:
            raise DataError(f"{path} has {found.count(theirs)} columns {theirs!r}; expected one: give each a name of its own in the header")
        if not NAME.fullmatch(ours) or len(ours.encode()) > LONGEST_NAME or ours.lower() in TAKEN:
            raise DataError(
                f"{ours!r} cannot be the name of a covariate; expected letters, digits and _, at most {LONGEST_NAME} bytes: "
                f"--columns NAME={theirs}"
            )
    return names


def first_line(path: Path) -> str:
    """Return the header of a CSV, without its end."""
    with gzip.open(path) if starts_with(path, GZIP_MAGIC) else path.open("rb") as file:
        return file.readline().decode("utf-8-sig").strip("\r\n")


def delimiter_of(path: Path) -> str:
    """Return what the columns of a CSV are divided by."""
    line = first_line(path)
    return max(DELIMITERS, key=line.count)


def starts_with(path: Path, magic: bytes) -> bool:
    """Tell whether the first bytes of a file are these."""
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
