"""Readings and sites out of the database: whatever stands behind ``dayahead.traffic``, our table or a user's view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Select,
    TableClause,
    Text,
    any_,
    cast,
    column,
    func,
    literal,
    select,
    table,
)

from pipeline.adapters.postgres.calendars import calendar_names
from pipeline.adapters.postgres.copy_binary import Kind, read_fixed, to_instants
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema.columns import Instant
from pipeline.adapters.postgres.statements import CopyOut, written_out
from pipeline.core.series.frames import READING_COLUMNS, Site, under_one_name
from pipeline.core.series.zones import is_country, is_zone, known_calendars
from pipeline.errors import DataError

PARTITIONED = "p"  # kind of our own table; only it is known to have the index (site, ts)


@dataclass(frozen=True)
class KnownSites:
    """What the table ``sites`` says at a cutoff.

    Args:
        live: The sites to forecast, by name.
        retired: Names of those that are no more.
        unusable: Why a site among the live ones does not run in its own zone, or without holidays, by name.
        labels: Of the live sites, by name; the country is one of them.
    """

    live: tuple[Site, ...]
    retired: frozenset[str]
    unusable: dict[str, str]
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_sites(connection: Connection, cutoff: datetime, timezone: str) -> KnownSites:
    """Return the table ``sites``; one whose zone cannot be used is in ``timezone``, one of no country we know has no holidays.

    So one mistyped row stops nobody else.
    """
    live, retired, unusable, described = [], set(), {}, {}
    own = calendar_names(connection)
    for name, zone, capacity, country, calendar, labels, is_retired, known_there in connection.execute(
        statement("read_sites"), {"cutoff": cutoff}
    ):
        if is_retired:
            retired.add(name)
            continue
        faults = []
        if not (known_there and is_zone(zone)):
            faults.append(f"{zone!r} is no time zone; it runs in {timezone}")
            zone = timezone
        if country and not is_country(country):
            faults.append(f"{country!r} is no country with a calendar of holidays; it runs without them")
            country = None
        if calendar:
            there, unknown = known_calendars(calendar, own)
            faults += [f"{part!r} is no calendar; it runs without it" for part in unknown]
            country = ",".join(there) or country
        if faults:
            unusable[name] = ", and ".join(faults)
        live.append(Site(name, zone, capacity, country))
        described[name] = labels
    return KnownSites(tuple(live), frozenset(retired), unusable, described)


def check_timezone(timezone: str, what: str) -> None:
    """Raise a ``DataError`` unless ``timezone`` is an IANA name; ``what`` says whose it is."""
    if not is_zone(timezone):
        raise DataError(f"{what} has the time zone {timezone!r}; expected an IANA name such as Europe/Berlin")


def check_country(country: str, what: str) -> None:
    """Raise a ``DataError`` unless ``country`` has a calendar of holidays; ``what`` says whose it is."""
    if not is_country(country):
        raise DataError(f"{what} has the country {country!r}; expected an ISO 3166 code such as DE, or nothing")


def read_readings(
    connection: Connection,
    since: datetime,
    cutoff: datetime,
    sites: list[str] | None = None,
    covariates: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the readings with ``since <= ts < cutoff``, sorted by site and ts; those under a name that a site had before are the site's.

    Args:
        connection: In the role reader.
        since: First instant to read.
        cutoff: A reading stamped with it is not read.
        sites: Names to read; None for every site that has a reading, also one that table ``sites`` does not know.
        covariates: Further columns to carry along.

    Returns:
        ``site`` as categories, ``ts`` datetime64[us, UTC], ``throughput`` and every covariate float64, NaN where missing.

    Raises:
        DataError: ``traffic`` lacks a column, or its ``ts`` carries no time zone.
    """
    _check_columns(connection, covariates)
    aliases = read_aliases(connection)
    if sites is None:
        names = _names(connection, since, cutoff)
    else:
        chosen = set(sites)
        names = sorted(chosen | {alias for alias, site in aliases.items() if site in chosen})
    seed, hashes = _hashes(connection, names)
    numbers = ("throughput", *covariates)
    columns = read_columns(connection, readings_of(since, cutoff, None if sites is None else names, numbers, seed), numbers)
    columns["site"] = _places(columns["site"], hashes)
    return under_one_name(_to_frame(columns, names, covariates), aliases)


def read_aliases(connection: Connection) -> dict[str, str]:
    """Return the site of each name that it had before."""
    return dict(connection.execute(statement("read_aliases")).all())


def traffic_with(numbers: Sequence[str], name: str = "traffic") -> TableClause:
    """Return ``traffic``, our table or a user's view, or a table like it, with the columns that are asked for."""
    values = (column(number, Double) for number in numbers)
    return table(name, column("site", Text), column("ts", Instant), *values, schema="dayahead")


def numbers_of(rows: FromClause, numbers: Sequence[str]) -> list[ColumnElement[float]]:
    """Return columns of readings as what a query of fixed widths asks for: NaN where missing."""
    return [func.coalesce(cast(rows.c[name], Double), literal(math.nan, Double)) for name in numbers]


def readings_of(since: datetime, cutoff: datetime, names: list[str] | None, numbers: Sequence[str], seed: int) -> Select[*tuple[Any, ...]]:
    """Return the query of ``read_readings``: fixed widths and no NULL whatever stands behind ``traffic``.

    A name goes as its hash, which costs half of a join.
    """
    rows = traffic_with(numbers)
    scope = rows.c.site.is_not(None) if names is None else rows.c.site == any_(literal(names, ARRAY(Text)))
    return select(func.hashtextextended(cast(rows.c.site, Text(collation="C")), seed), rows.c.ts, *numbers_of(rows, numbers)).where(
        rows.c.ts >= since, rows.c.ts < cutoff, scope
    )


def read_columns(connection: Connection, query: Select[*tuple[Any, ...]], numbers: Sequence[str]) -> dict[str, np.ndarray]:
    """Return ``site`` (int64), ``ts`` (microseconds since 2000-01-01) and ``numbers`` (float64) as a COPY gives them in this order."""
    fields: list[tuple[str, Kind]] = [("site", "int8"), ("ts", "timestamptz")]
    fields += [(name, "float8") for name in numbers]
    return read_fixed(connection, written_out(connection, CopyOut(query)), fields)


def read_names(connection: Connection, since: datetime, cutoff: datetime) -> list[str]:
    """Return the name of every site with a reading in ``since <= ts < cutoff``, also of those that table ``sites`` does not know."""
    aliases = read_aliases(connection)
    return sorted({aliases.get(name, name) for name in _names(connection, since, cutoff)})


def latest_stamp(connection: Connection) -> datetime:
    """Return the instant after which no reading can be stamped yet: the database's own clock, and an hour for clocks that differ."""
    now: datetime = connection.execute(statement("read_clock")).scalar_one()
    return now.replace(tzinfo=UTC) + timedelta(hours=1)


def last_reading(connection: Connection) -> datetime | None:
    """Return the latest ``ts`` of ``traffic``; None where there is no reading."""
    return connection.execute(statement("read_last_reading")).scalar_one()


def _names(connection: Connection, since: datetime, cutoff: datetime) -> list[str]:
    ours = connection.execute(statement("read_traffic_kind")).scalar_one() == PARTITIONED
    asked = {"since": since, "cutoff": cutoff}
    return sorted(connection.execute(statement("skip_through_sites" if ours else "read_traffic_sites"), asked).scalars())


def _hashes(connection: Connection, names: list[str], seed: int = 0) -> tuple[int, np.ndarray]:
    """Return the hash of each name, no two of them alike, and the seed that made them."""
    found = connection.execute(statement("read_hashes"), {"sites": names, "seed": seed}).scalars()
    hashes = np.fromiter(found, np.int64, len(names))
    return (seed, hashes) if len(np.unique(hashes)) == len(names) else _hashes(connection, names, seed + 1)


def _places(found: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Return the place of each reading's name; -1 where it came while the names were read."""
    starts = np.flatnonzero(np.append(True, found[1:] != found[:-1])) if len(found) else np.zeros(0, np.int64)
    code, labels = pd.factorize(found[starts])  # rows of a site mostly stand together
    place = pd.Index(hashes).get_indexer(pd.Index(labels)).astype(np.int32)
    return place[code].repeat(np.diff(starts, append=len(found)))


def _check_columns(connection: Connection, covariates: tuple[str, ...]) -> None:
    found: dict[str, str] = dict(connection.execute(statement("read_traffic_columns")).all())
    missing = [name for name in (*READING_COLUMNS, *covariates) if name not in found]
    if missing:
        raise DataError(
            f"dayahead.traffic lacks {', '.join(missing)}; found {', '.join(found)}: give the view these columns, or name only the "
            "covariates it has in DAYAHEAD_COVARIATES"
        )
    if found["ts"] != "timestamp with time zone":
        raise DataError(
            f"dayahead.traffic.ts is {found['ts']}; expected timestamp with time zone: write ts AT TIME ZONE 'Europe/Berlin' in the view"
        )


def _to_frame(columns: dict[str, np.ndarray], names: list[str], covariates: tuple[str, ...]) -> pd.DataFrame:
    """Return the columns as a frame, sorted; each is let go of as soon as it has found its place."""
    code, microsecond = columns.pop("site"), columns.pop("ts")
    order = _order(code, microsecond)

    def placed(values: np.ndarray) -> np.ndarray:
        return values if order is None else values[order]

    site = pd.Categorical.from_codes(placed(code), pd.Index(names, dtype="str"))
    del code
    frame = pd.DataFrame({"site": site, "ts": to_instants(placed(microsecond))}, copy=False)
    del microsecond
    for name in ("throughput", *covariates):
        frame[name] = placed(columns.pop(name))
    return frame


def _order(code: np.ndarray, microsecond: np.ndarray) -> np.ndarray | None:
    """Return the order by site and instant of the rows that have a site; None where they stand in it already."""
    if not len(code):
        return None
    if code.min() < 0:
        known = np.flatnonzero(code >= 0)
        return known[np.lexsort((microsecond[known], code[known]))]
    first = microsecond.min()
    span = int(microsecond.max() - first) + 1
    if (int(code.max()) + 1) * span >= 2**63:
        return np.lexsort((microsecond, code))
    key = np.multiply(code, span, dtype=np.int64)
    key += microsecond
    key -= first
    if (key[1:] >= key[:-1]).all():
        return None
    return np.argsort(key, kind="stable")  # partitions come one after the other, each in order: quickly merged
