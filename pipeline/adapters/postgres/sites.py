"""The table ``sites`` as people and runs change it: added, described, renamed, retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.schema import sites


@dataclass(frozen=True)
class KnownSite:
    """A site as a person sees it.

    Args:
        site: Its name.
        timezone: IANA name.
        capacity: In the unit of throughput; None where unknown.
        country: ISO 3166 code; None where unknown.
        calendar: What decides its kinds of day in place of the country; None for the country alone.
        labels: Whatever else is known.
        added_at: When it was entered or met; None where that was before anybody noted it.
        found: Whether a run met it in the readings.
        retired_at: From when on it is forecast no more; None while it is.
        aliases: Names that it had before.
    """

    site: str
    timezone: str
    capacity: float | None
    country: str | None
    calendar: str | None
    labels: dict[str, Any]
    added_at: datetime | None
    found: bool
    retired_at: datetime | None
    aliases: list[str]


def list_sites(connection: Connection) -> list[KnownSite]:
    """Return every site, retired ones too, by name."""
    return [KnownSite(*row) for row in connection.execute(statement("list_sites"))]


def add_site(connection: Connection, name: str, timezone: str, labels: dict[str, str], **known: Any) -> None:
    """Enter a site, with any of ``capacity``, ``country`` and ``calendar``; ``connection`` is the owner's."""
    connection.execute(insert(sites).values(site=name, timezone=timezone, labels=labels, **known))


def set_site(connection: Connection, name: str, labels: dict[str, str], **known: Any) -> None:
    """Change what is known of a site: what is None stays, labels are added to those there; ``connection`` is the owner's."""
    said = {column: value for column, value in known.items() if value is not None}
    connection.execute(update(sites).filter_by(site=name).values(**said, labels=sites.c.labels.concat(labels), found=False))


def add_found_sites(connection: Connection, names: list[str], timezone: str) -> int:
    """Add sites that a run met in the readings and return how many were new; ``connection`` is in the role writer."""
    if not names:
        return 0
    return int(connection.execute(select(func.dayahead.add_found_sites(names, timezone))).scalar_one())


def rename_site(connection: Connection, name: str, new_name: str) -> None:
    """Give a site another name in every table, the old one staying as an alias; ``connection`` is the owner's."""
    connection.execute(select(func.dayahead.rename_site(name, new_name)))


def retire_site(connection: Connection, name: str, *, retired: bool) -> None:
    """End a site's forecasts from now on, or begin them again; its history stays. ``connection`` is the owner's."""
    since = func.coalesce(sites.c.retired_at, func.now()) if retired else None
    connection.execute(update(sites).filter_by(site=name).values(retired_at=since))
