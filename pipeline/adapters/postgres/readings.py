"""Readings and sites out of the database: whatever stands behind ``dayahead.traffic``, our table or a user's view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from psycopg2.sql import SQL, Composed, Identifier
from sqlalchemy import Connection

from pipeline.adapters.postgres.copy_binary import Kind, read_fixed, to_instants
from pipeline.adapters.postgres.engines import driver
from pipeline.adapters.postgres.queries import composed, statement
from pipeline.core.series.frames import READING_COLUMNS, Site
from pipeline.errors import DataError

EVERYONE, CHOSEN = SQL("t.site IS NOT NULL"), SQL("t.site = ANY(%(sites)s::text[])")
PARTITIONED = "p"  # kind of our own table; only it is known to have the index (site, ts)


def read_sites(connection: Connection) -> tuple[Site, ...]:
    """Return the table ``sites``, by name.

    Raises:
        DataError: A site's time zone is none that this machine knows.
    """
    sites = tuple(Site(*row) for row in connection.execute(statement("read_sites")))
    for site in sites:
        check_timezone(site.timezone, f"site {site.name!r}")
    return sites


def check_timezone(timezone: str, what: str) -> None:
    """Raise a ``DataError`` unless ``timezone`` is an IANA name; ``what`` says whose it is."""
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise DataError(f"{what} has the time zone {timezone!r}; expected an IANA name such as Europe/Berlin") from error


def read_readings(
    connection: Connection,
    since: datetime,
    cutoff: datetime,
    sites: list[str] | None = None,
    covariates: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the readings with ``since <= ts < cutoff``, sorted by site and ts.

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
    names = sorted(set(sites) if sites is not None else read_names(connection, since, cutoff))
    seed, hashes = _hashes(connection, names)
    numbers = ("throughput", *covariates)
    query = composed("read_traffic", values=values_of(numbers), scope=EVERYONE if sites is None else CHOSEN)
    asked = {"sites": names, "since": since, "cutoff": cutoff, "seed": seed}
    columns = read_columns(connection, query, asked, numbers)
    columns["site"] = _places(columns["site"], hashes)
    return _to_frame(columns, names, covariates)


def values_of(numbers: Sequence[str]) -> Composed:
    """Return columns of ``traffic``, there the table ``t``, as what a query asks for: numbers, NaN where missing."""
    return SQL(", ").join(composed("read_number", name=Identifier(name)) for name in numbers)


def read_columns(connection: Connection, query: Composed, asked: dict[str, Any], numbers: Sequence[str]) -> dict[str, np.ndarray]:
    """Return ``site`` (int64), ``ts`` (microseconds since 2000-01-01) and ``numbers`` (float64) as a COPY gives them in this order."""
    fields: list[tuple[str, Kind]] = [("site", "int8"), ("ts", "timestamptz")]
    fields += [(name, "float8") for name in numbers]
    with driver(connection).cursor() as cursor:
        text = cursor.mogrify(query, asked).decode()
    return read_fixed(connection, text, fields)


def read_names(connection: Connection, since: datetime, cutoff: datetime) -> list[str]:
    """Return the name of every site with a reading in ``since <= ts < cutoff``, also of those that table ``sites`` does not know."""
    ours = connection.execute(statement("read_traffic_kind")).scalar_one() == PARTITIONED
    asked = {"since": since, "cutoff": cutoff}
    return list(connection.execute(statement("skip_through_sites" if ours else "read_traffic_sites"), asked).scalars())


def latest_stamp(connection: Connection) -> datetime:
    """Return the instant after which no reading can be stamped yet: the database's own clock, and an hour for clocks that differ."""
    now: datetime = connection.execute(statement("read_clock")).scalar_one()
    return now.replace(tzinfo=UTC) + timedelta(hours=1)


def last_reading(connection: Connection) -> datetime | None:
    """Return the latest ``ts`` of ``traffic``; None where there is no reading."""
    return connection.execute(statement("read_last_reading")).scalar_one()


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
