"""A small table that a person handed in, as text: sites, events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from pipeline.adapters.files.header import read_header
from pipeline.adapters.files.row_chunks import read_chunks
from pipeline.core.series.intake import to_text
from pipeline.errors import DataError


def read_text_table(path: Path, needed: Sequence[str], others: Sequence[str], *, no_more: bool = False) -> pd.DataFrame:
    """Return a file as text, empty where nothing stands, with its rows and its columns as they are named.

    Args:
        path: CSV in UTF-8, gzipped or not, or Parquet.
        needed: Columns that it has to have.
        others: Columns that it may have, as the error names them.
        no_more: Whether it may have these alone.

    Raises:
        DataError: A column is missing, stands twice or is one too many; a row has more or fewer values than the header;
            a value cannot be kept.
    """
    found = [name.strip() for name in read_header(path)]
    if missing := [name for name in needed if name not in found]:
        expected = f"expected {', '.join(needed)} and any of {', '.join(others)}"
        raise DataError(f"{path} names no {missing[0]}; found the columns {', '.join(found)}, {expected}")
    twice = next((name for name in found if name and found.count(name) > 1), None)
    if twice:
        raise DataError(f"{path} has {found.count(twice)} columns {twice!r}; expected one: give each a name of its own in the header")
    parts = []
    for chunk in read_chunks(path):
        for line, text in chunk.torn:
            raise DataError(f"{path}, line {line}: {text.strip()!r} has more or fewer values than the header {','.join(found)}: correct it")
        values = [pc.fill_null(to_text(column, name), "").to_pylist() for name, column in zip(found, chunk.rows.columns, strict=True)]
        parts.append(pd.DataFrame(dict(enumerate(values)), dtype="str"))
    frame = pd.concat(parts, ignore_index=True).set_axis(found, axis=1)
    for name in found:
        if frame[name].str.contains("\0", regex=False).any():
            raise DataError(f"{path}: a value of column {name!r} holds a NUL character, which Postgres cannot keep; take it out")
    if "" in found and (frame[""] != "").any():
        raise DataError(f"{path} has values in a column without a name; expected a name for each in the header {','.join(found)}")
    frame = frame.drop(columns=[""], errors="ignore")
    if no_more and (unknown := sorted(set(frame.columns) - {*needed, *others})):
        raise DataError(f"{path} has the column {unknown[0]!r}; expected {', '.join((*needed, *others))}")
    return frame
