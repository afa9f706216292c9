"""The frame of readings that every step passes on, and the sites it speaks of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DataError

READING_COLUMNS = ("site", "ts", "throughput")


@dataclass(frozen=True, slots=True)
class Site:
    """One site as the table ``sites`` knows it.

    Args:
        name: Unique name, any text.
        timezone: IANA name; its calendar day is the one being forecast.
        capacity: Largest throughput the site can carry, in the unit of ``throughput``; None where unknown.
        country: What decides its kinds of day: ISO 3166 code of a country (``DE``) or a subdivision (``DE-NW``), names of calendars, or
            both with commas between; None where unknown.
    """

    name: str
    timezone: str = "UTC"
    capacity: float | None = None
    country: str | None = None


def check_readings(readings: pd.DataFrame, covariates: tuple[str, ...] = ()) -> None:
    """Raise unless the frame has the columns and types of a reading.

    Args:
        readings: ``site`` text, ``ts`` ``datetime64[us, UTC]``, ``throughput`` and every covariate float64 (NaN where missing).
        covariates: Names of further columns that must be there.

    Raises:
        DataError: A column is missing, or ``ts`` carries no time zone.
    """
    missing = [c for c in (*READING_COLUMNS, *covariates) if c not in readings.columns]
    if missing:
        raise DataError(f"column(s) {', '.join(missing)} missing; found {', '.join(map(str, readings.columns))}")
    if not isinstance(readings["ts"].dtype, pd.DatetimeTZDtype):
        raise DataError(f"column ts has type {readings['ts'].dtype}; expected instants with a time zone (datetime64[us, UTC])")


def to_sites(frame: pd.DataFrame) -> tuple[Site, ...]:
    """Return the sites of a frame with columns ``name, timezone, capacity, country``, in its order; a missing value is None."""
    known = frame[["name", "timezone", "capacity", "country"]].astype(object)
    rows = known.where(known.notna(), None).to_numpy().tolist()
    return tuple(Site(name, timezone, None if capacity is None else float(capacity), country) for name, timezone, capacity, country in rows)


def from_sites(sites: tuple[Site, ...]) -> pd.DataFrame:
    """Return the frame that ``to_sites`` reads."""
    columns = {field: [getattr(site, field) for site in sites] for field in ("name", "timezone", "country")}
    return pd.DataFrame(columns, dtype="str").assign(capacity=pd.Series([site.capacity for site in sites], dtype="float64"))


def with_labels(frame: pd.DataFrame, labels: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return a frame of ``from_sites`` with each site's labels; a site that is missing has none."""
    return frame.assign(labels=pd.Series([json.dumps(labels.get(name, {}), sort_keys=True) for name in frame["name"]], dtype="str"))


def labels_in(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the labels of each site of a frame as text, by name; none of a frame from before there were any."""
    found = frame["labels"] if "labels" in frame else ["{}"] * len(frame)
    rows = ((name, json.loads(said)) for name, said in zip(frame["name"], found, strict=True))
    return {name: {key: _as_text(value) for key, value in row.items() if value is not None} for name, row in rows}


def labels_of_country(sites: Iterable[Site]) -> dict[str, dict[str, str]]:
    """Return the country of each site as its one label, by name: a file of readings knows no other.

    Example:
        >>> labels_of_country([Site("a", country="DE-NW,schools"), Site("b")])
        {'a': {'country': 'DE'}, 'b': {}}
    """
    return {site.name: {"country": re.split("[-,]", site.country)[0]} if site.country else {} for site in sites}


def under_one_name(readings: pd.DataFrame, aliases: Mapping[str, str]) -> pd.DataFrame:
    """Return the readings with those under an alias as their site's own, sorted; of two of one instant the site's own stays.

    Args:
        readings: ``site`` as categories, ``ts`` and others, sorted by site and ts.
        aliases: Site by alias; none of the aliases is a site.
    """
    names = readings["site"].cat.categories
    if not any(name in aliases for name in names):
        return readings
    now = pd.Index([aliases.get(name, name) for name in names])
    places = now.unique().sort_values()
    code = readings["site"].cat.codes.to_numpy()
    own = np.array([name not in aliases for name in names])[code]
    site = pd.Categorical.from_codes(places.get_indexer(now)[code], places.astype("str"))
    order = np.lexsort((~own, readings["ts"].to_numpy(), site.codes))
    return readings.assign(site=site).iloc[order].drop_duplicates(["site", "ts"]).reset_index(drop=True)


def _as_text(value: object) -> str:
    """Return a label's value as Postgres shows it."""
    return value if isinstance(value, str) else json.dumps(value)
