"""What a publication is the whole of: which sites of a day keep their rows, and which run next_day shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ARRAY, Connection, Text, all_, delete, literal

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.statements import upsert

Slice = tuple[str, date]  # role and target day: what has a table of its own


@dataclass(frozen=True)
class Fleet:
    """The run of which a publication is the whole: nothing else of its role and cutoff stays.

    Args:
        role: Of all its rows.
        cutoff: Instant up to which its readings were known.
        run_id: Its name.
    """

    role: str
    cutoff: datetime
    run_id: str


def written_before(connection: Connection, fleet: Fleet | None) -> list[Slice]:
    """Return the slices that an earlier publication of the same cutoff wrote: a site may have moved to another zone since."""
    if fleet is None:
        return []
    found = connection.execute(statement("read_published_days"), {"role": fleet.role, "cutoff": fleet.cutoff})
    return [(fleet.role, day) for day in found.scalars()]


def keep_sites(connection: Connection, part: Slice, sites: set[str], everywhere: set[str], fleet: Fleet | None) -> list[str]:
    """Return the other sites of a slice that keep their rows; the peaks of those that do not are deleted.

    Zones a day apart share a slice: what the run before forecast there of a site that this run forecast too, on its next day, stays.

    Args:
        connection: In the role writer.
        part: Role and target day.
        sites: Forecast by this run on this day.
        everywhere: Forecast by this run on any day.
        fleet: The run; None where some sites were chosen: then all others stay.
    """
    role, day = part
    values = {"role": role, "day": day, "sites": sorted(sites), "everywhere": sorted(everywhere)}
    values |= {"chosen": fleet is None, "cutoff": fleet.cutoff if fleet else None}
    kept = list(connection.execute(statement("read_kept_sites"), values).scalars())
    peaks, staying = schema.peaks.c, literal([*sites, *kept], ARRAY(Text))
    connection.execute(delete(schema.peaks).where(peaks.target_day == day, peaks.role == role, peaks.site != all_(staying)))
    return kept


def note(connection: Connection, fleet: Fleet | None, days: list[date], sites: int) -> None:
    """Note what the whole fleet's run published, in the transaction that writes it; nothing where sites were chosen."""
    if fleet is None:
        return
    values = {"role": fleet.role, "cutoff": fleet.cutoff, "run_id": fleet.run_id, "sites": sites}
    values |= {"first_day": min(days), "last_day": max(days)}
    connection.execute(upsert(schema.publications, [*values, "published_at"]), values)
