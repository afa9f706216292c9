"""What is known of the sites from a CSV: zone, capacity, country, and every further column as a label."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import check_timezone
from pipeline.errors import DataError

COLUMNS = ("site", "timezone", "capacity", "country")


def read_sites_file(path: Path, timezone: str) -> pd.DataFrame:
    """Return ``site, timezone, capacity, country, labels`` of a CSV with a column ``site`` and any of the others.

    Args:
        path: CSV in UTF-8.
        timezone: Zone of sites whose own is empty.

    Raises:
        DataError: The file is missing or unreadable, names no site, names one twice, or holds a zone or a capacity that is none.
    """
    try:
        frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}; expected a CSV with a column site and any of timezone, capacity, country") from error
    if "site" not in frame.columns or frame.empty:
        raise DataError(
            f"{path} names no site; found the columns {', '.join(frame.columns)}, expected site and any of {', '.join(COLUMNS[1:])}"
        )
    if frame["site"].duplicated().any():
        raise DataError(f"{path} names the site {frame['site'][frame['site'].duplicated()].iloc[0]!r} twice")
    frame = frame.reindex(columns=[*COLUMNS, *(name for name in frame.columns if name not in COLUMNS)], fill_value="")
    frame["timezone"] = frame["timezone"].where(frame["timezone"] != "", timezone)
    for zone in frame["timezone"].unique():
        check_timezone(zone, f"{path}: a site")
    capacity = pd.to_numeric(frame["capacity"].where(frame["capacity"] != ""), errors="coerce")
    wrong = (frame["capacity"] != "") & ~(capacity > 0)
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise DataError(f"{path}: site {row['site']!r} has the capacity {row['capacity']!r}; expected a number above 0, or nothing")
    labels = [json.dumps({k: v for k, v in row.items() if v != ""}) for row in frame.drop(columns=list(COLUMNS)).to_dict("records")]
    return frame[["site", "timezone", "country"]].assign(capacity=capacity, labels=labels)


def write_sites(connection: Connection, sites: pd.DataFrame) -> None:
    """Add the sites of ``read_sites_file``, or replace what was known of them."""
    values = {name: [None if value == "" or pd.isna(value) else value for value in sites[name]] for name in sites.columns}
    connection.execute(statement("write_sites"), values)
