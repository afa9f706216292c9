"""What stands published, day by day and site by site, and which sites are live: what a look from outside needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from pipeline.adapters.postgres.queries import statement


@dataclass(frozen=True)
class SiteDay:
    """One site's published day.

    Args:
        target_day: The day, in the site's zone.
        site: Its name.
        steps: Rows there are.
        expected_steps: Rows that the day has: 23, 24 or 25 hours of them; None where one row leaves the interval open.
        finite: True where every quantile is a number.
        degradation: Rung of the ladder; the lowest where there are several.
        model_version: The version, or the naive's name.
        cutoff: Up to when readings were known.
        published_at: When it was written last.
    """

    target_day: date
    site: str
    steps: int
    expected_steps: int | None
    finite: bool
    degradation: str
    model_version: str
    cutoff: datetime
    published_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every step of the day is there."""
        return self.steps == self.expected_steps


def read_forecast_days(connection: Connection, days: list[date]) -> list[SiteDay]:
    """Return the champion's published days, one per site; ``connection`` is in the role viewer."""
    return [SiteDay(*row) for row in connection.execute(statement("read_forecast_days"), {"days": days})]


def read_absent_sites(connection: Connection, limit: int) -> tuple[int, dict[str, str]]:
    """Return how many sites the latest run did not forecast, and why, of those heard of last; ``connection`` is in the role viewer."""
    rows = connection.execute(statement("read_absent_sites"), {"limit": limit}).all()
    said = {row.site: f"{row.reason} since {row.last_reading:%Y-%m-%d}" if row.reason == "silent" else row.reason for row in rows}
    return (rows[0].sites if rows else 0), said


def read_live_sites(connection: Connection, since: datetime, cutoff: datetime) -> list[tuple[str, str]]:
    """Return name and time zone of every site with a reading in a span; ``connection`` is in the role reader."""
    return [(site, zone) for site, zone in connection.execute(statement("read_live_sites"), {"since": since, "cutoff": cutoff})]
