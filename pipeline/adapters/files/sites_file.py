"""What is known of the sites from a file: zone, capacity, country, calendar, and every further column as a label."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from sqlalchemy import ARRAY, Connection, Text, cast
from sqlalchemy.dialects.postgresql import insert

from pipeline.adapters.files.text_table import read_text_table
from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.calendars import check_calendar
from pipeline.adapters.postgres.readings import check_country, check_timezone
from pipeline.core.series.intake import LONGEST_SITE
from pipeline.errors import DataError

COLUMNS = ("site", "timezone", "capacity", "country", "calendar")
AT_A_TIME = 2000  # sites in a statement: Postgres reads its list of zones, which takes 10 ms, for each of them


def read_sites_file(path: Path, timezone: str) -> pd.DataFrame:
    """Return ``site``, what the file names of the other ``COLUMNS``, and ``labels``: JSON, null where nothing stands.

    Args:
        path: CSV in UTF-8, gzipped or not, or Parquet.
        timezone: Zone of sites whose own is empty.

    Raises:
        DataError: The file is missing or unreadable, names no site, names one twice, has a row of more or fewer values than the header,
            or holds a zone, a country, a capacity or a name that is none.
    """
    frame = read_text_table(path, COLUMNS[:1], COLUMNS[1:])
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

    Raises:
        DataError: A calendar is none.
    """
    named = [name for name in COLUMNS[1:] if name in sites]
    known, labels = sites[["site", *named]].astype(object), [json.loads(text) for text in sites["labels"]]
    for calendar in sorted(set(known.get("calendar", pd.Series(dtype=object)).dropna()) - {""}):
        check_calendar(connection, calendar, "a site")
    rows = [
        row | {"timezone": row.get("timezone") or timezone, "labels": {key: value for key, value in said.items() if value is not None}}
        for row, said in zip(known.where(known.notna() & (known != ""), None).to_dict("records"), labels, strict=True)
    ]
    added, there = insert(schema.sites), schema.sites.c.labels
    others = there.op("-", return_type=there.type)(cast(sorted({key for said in labels for key in said}), ARRAY(Text)))
    changed = {name: added.excluded[name] for name in named} | {"labels": others.concat(added.excluded.labels)}
    for begin in range(0, len(rows), AT_A_TIME):
        part = added.values(rows[begin : begin + AT_A_TIME])
        connection.execute(part.on_conflict_do_update(index_elements=["site"], set_=changed))
