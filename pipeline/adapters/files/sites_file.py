"""What is known of the sites from a file: zone, capacity, country, and every further column as a label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
from sqlalchemy import Connection

from pipeline.adapters.files.header import read_header
from pipeline.adapters.files.row_chunks import read_chunks
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import check_country, check_timezone
from pipeline.core.series.intake import LONGEST_SITE, to_text
from pipeline.errors import DataError

COLUMNS = ("site", "timezone", "capacity", "country")


def read_sites_file(path: Path, timezone: str) -> pd.DataFrame:
    """Return ``site``, those of ``timezone, capacity, country`` that the file names, and ``labels``: JSON, null where nothing stands.

    Args:
        path: CSV in UTF-8, gzipped or not, or Parquet.
        timezone: Zone of sites whose own is empty.

    Raises:
        DataError: The file is missing or unreadable, names no site, names one twice, has a row of more or fewer values than the header,
            or holds a zone, a country, a capacity or a name that is none.
    """
    frame = _read_text(path)
    _check_names(path, frame["site"])
    labels = [
        json.dumps({k: v or None for k, v in row.items()}) for row in frame.drop(columns=list(COLUMNS), errors="ignore").to_dict("records")
    ]
    known = frame[[name for name in COLUMNS if name in frame]].apply(lambda column: column if column.name == "site" else column.str.strip())
    if "timezone" in known:
        known["timezone"] = known["timezone"].where(known["timezone"] != "", timezone)
        for zone in known["timezone"].unique():
            check_timezone(zone, f"{path}: a site")
    if "country" in known:
        for country in sorted(set(known["country"]) - {""}):
            check_country(country, f"{path}: a site")
    if "capacity" in known:
        known["capacity"] = _capacities(path, known)
    return known.assign(labels=labels)


def _read_text(path: Path) -> pd.DataFrame:
    """Return the file as text, empty where nothing stands, with the rows of the file and its columns as they are named."""
    found = [name.strip() for name in read_header(path)]
    if "site" not in found:
        raise DataError(f"{path} names no site; found the columns {', '.join(found)}, expected site and any of {', '.join(COLUMNS[1:])}")
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
    return frame.drop(columns=[""], errors="ignore")


def _check_names(path: Path, site: pd.Series) -> None:
    if (site.str.strip() == "").any():
        raise DataError(f"{path}: row {int((site.str.strip() == '').argmax()) + 1} names no site")
    if (long := site.map(lambda name: len(name.encode())) > LONGEST_SITE).any():
        raise DataError(f"{path}: the site {site[long].iloc[0][:60]!r}… has a name of more than {LONGEST_SITE} bytes; shorten it")
    if site.duplicated().any():
        raise DataError(f"{path} names the site {site[site.duplicated()].iloc[0]!r} twice")


def _capacities(path: Path, frame: pd.DataFrame) -> pd.Series:
    said = frame["capacity"]
    capacity = pd.to_numeric(said.where(said != ""), errors="coerce")
    wrong = (said != "") & ~((capacity > 0) & (capacity < float("inf")))
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise DataError(f"{path}: site {row['site']!r} has the capacity {row['capacity']!r}; expected a number above 0, or nothing")
    return capacity


def write_sites(connection: Connection, sites: pd.DataFrame, timezone: str) -> None:
    """Add the sites of ``read_sites_file``, or change what it says of them: a column or label that it does not name stays.

    Args:
        connection: The owner's.
        sites: What the file says.
        timezone: Zone of new sites, where the file names none.
    """
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values |= {name: [None if value == "" or pd.isna(value) else value for value in sites[name]] for name in COLUMNS if name in sites}
    said = [json.loads(text) for text in sites["labels"]]
    values["labels"] = [json.dumps({key: value for key, value in each.items() if value is not None}) for each in said]
    named = {"named": [name for name in COLUMNS if name in sites], "keys": sorted({key for each in said for key in each})}
    connection.execute(statement("write_sites"), values | named | {"zone": timezone})
