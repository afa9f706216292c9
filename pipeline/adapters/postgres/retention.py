"""What has grown old: runs in the store, tables of days and months. Found first, dropped by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from fsspec.core import url_to_fs
from sqlalchemy import Connection

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres.queries import statement
from pipeline.config import Settings
from pipeline.core.series.groups import FLEET
from pipeline.errors import StoreError

STAMP = "%Y%m%dT%H%M%SZ"  # of a run's folder: purpose/cutoff
PATIENCE = timedelta(minutes=2)  # with readers and publishers, each time in turns of milliseconds
DAY_TABLE = re.compile(r"_(\d{4})_(\d\d)_\d\d$")


def models_in_use(settings: Settings) -> dict[str, str]:
    """Return the versions that are champion, previous champion or challenger, and the folder of the training that made each.

    Raises:
        ServiceError: MLflow does not answer.
    """
    asked = (registry.champion_version, registry.previous_champion_version, registry.challenger_version)
    named = {version for group in (FLEET, *settings.groups) for find in asked if (version := find(settings, group))}
    return {version: registry.tags_of(settings, version).get("run", "") for version in sorted(named)}


def old_runs(root: str, before: datetime, kept: Iterable[str] = ()) -> list[str]:
    """Return the folders ``purpose/cutoff`` below a URL whose cutoff is earlier than ``before``; what has another name is left alone."""
    filesystem, path = url_to_fs(root)
    found = []
    for folder in filesystem.glob(f"{path}/*/*"):
        name = "/".join(str(folder).rstrip("/").rsplit("/", 2)[-2:])
        cutoff = _cutoff_of(name)
        if cutoff is not None and cutoff < before and name not in set(kept):
            found.append(name)
    return sorted(found)


def drop_folder(root: str, name: str) -> None:
    """Remove a folder below a URL with all that is in it.

    Raises:
        StoreError: It cannot be removed.
    """
    filesystem, path = url_to_fs(root)
    try:
        filesystem.rm(f"{path}/{name}", recursive=True)
    except OSError as error:
        raise StoreError(f"cannot remove {root}/{name}: {error}; check the rights of DAYAHEAD_STORE and DAYAHEAD_HOME") from error


def old_partitions(connection: Connection, parent: str, before: date) -> list[str]:
    """Return the tables below ``traffic``, ``forecasts`` or ``attention`` that end at or before a day; none where it is a user's view."""
    return [name for name, ends in _partitions(connection, parent) if ends is not None and ends <= before]


def months_of_days(connection: Connection, parent: str, before: date) -> list[date]:
    """Return the first day of each month that lies in tables of days, all of them over before a day."""
    months: dict[date, bool] = {}
    for name, ends in _partitions(connection, parent):
        if found := DAY_TABLE.search(name):
            month = date(int(found[1]), int(found[2]), 1)
            months[month] = months.get(month, True) and ends is not None and _next_month(month) <= before
    return sorted(month for month, over in months.items() if over)


def drop_partition(connection: Connection, parent: str, name: str) -> bool:
    """Drop a table of days or months, as its owner, and tell whether readers let go of it in time."""
    values = {"parent": parent, "name": name, "patience": PATIENCE}
    return bool(connection.execute(statement("drop_partition"), values).scalar_one())


def merge_month(connection: Connection, parent: str, month: date) -> bool:
    """Make one table of the days of a month, as their owner, and tell whether readers let go of them in time."""
    values = {"parent": parent, "month": month, "patience": PATIENCE}
    return bool(connection.execute(statement("merge_month"), values).scalar_one())


def _partitions(connection: Connection, parent: str) -> list[tuple[str, date | None]]:
    return list(connection.execute(statement("read_partitions"), {"parent": parent}))


def _cutoff_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.rsplit("/", 1)[-1], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
