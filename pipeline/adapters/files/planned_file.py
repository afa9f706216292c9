"""Covariates of the future as a person hands them in: a file with a row for each value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.adapters.files.events_file import ALL_ALONG, labels_of
from pipeline.adapters.files.text_table import read_text_table
from pipeline.core.series.events import instant_of
from pipeline.errors import DataError

NEEDED, OTHERS = ("ts", "name", "value"), ("site", "labels", "known_from")
KEY = ["name", "site", "labels", "ts", "known_from"]
NAME = r"[^\W\d]\w*"


def read_planned_file(path: Path) -> pd.DataFrame:
    """Return the values of a CSV in UTF-8, gzipped or not, or of Parquet, in the columns of the table; labels as JSON.

    Raises:
        DataError: The file is missing or unreadable, has a column that is none of ours, or a row that cannot be a value.
    """
    frame = read_text_table(path, NEEDED, OTHERS, no_more=True)
    text = frame.reindex(columns=[*NEEDED, *OTHERS], fill_value="").apply(lambda column: column.str.strip())
    value = pd.to_numeric(text["value"], errors="coerce").to_numpy(np.float64)
    _refuse(path, ~np.isfinite(value), text["value"], "value {!r} is no number; expected a finite one, and no row where it is not known")
    _refuse(path, ~text["name"].str.fullmatch(NAME), text["name"], "name {!r} expected letters, digits and _, no digit first")
    both = (text["site"] != "") & (text["labels"] != "")
    _refuse(path, both, text["site"], "names the site {!r} and labels; expected one of them, or neither for the whole fleet")
    rows = pd.DataFrame({"name": text["name"], "site": text["site"].where(text["site"] != ""), "labels": _labels(path, text["labels"])})
    rows = rows.assign(ts=_instants(path, text["ts"], "ts"), value=value, known_from=_instants(path, text["known_from"], "known_from"))
    _refuse(path, text["ts"] == "", text["ts"], "has no ts")
    _refuse(
        path, rows.duplicated(KEY), text["ts"], "repeats the ts {!r} of an earlier row; expected one value of an instant and known_from"
    )
    return rows


def known_all_along(planned: pd.DataFrame) -> pd.DataFrame:
    """Return values as a backtest takes them: one of which nobody says since when was known all along."""
    return planned.assign(known_from=planned["known_from"].fillna(pd.Timestamp(ALL_ALONG)))


def _labels(path: Path, text: pd.Series) -> pd.Series:
    said = {one: labels_of(one, f"{path}:") for one in text.unique()}
    return text.map({one: json.dumps(labels, sort_keys=True) if labels else None for one, labels in said.items()})


def _instants(path: Path, text: pd.Series, what: str) -> pd.Series:
    """Return instants; where a row holds none, the row is named with what ``instant_of`` says of it."""
    zoned = text.str.contains(r":\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$")
    found = pd.to_datetime(text.where(zoned), format="ISO8601", errors="coerce", utc=True).astype("datetime64[us, UTC]")
    if (wrong := np.flatnonzero(found.isna() & (text != ""))).size:
        row = int(wrong[0])
        instant_of(text.iloc[row], f"{path}, row {row + 1}: {what}")
        raise DataError(f"{path}, row {row + 1}: {what} {text.iloc[row]!r} is no instant; expected for instance 2026-06-11T17:00+02:00")
    return found


def _refuse(path: Path, wrong: pd.Series | np.ndarray, values: pd.Series, words: str) -> None:
    """Raise with the number of the first row that is wrong."""
    if (rows := np.flatnonzero(wrong)).size:
        raise DataError(f"{path}, row {rows[0] + 1}: {words.format(values.iloc[rows[0]])}")
