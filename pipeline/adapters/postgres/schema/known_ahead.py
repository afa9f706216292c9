"""What people know ahead: events, covariates of the future, and calendars."""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, Double, ForeignKey, Identity, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, optional, required

events = Table(
    "events",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    required(
        "kind",
        Name,
        comment=(
            "expected: it moves traffic, by as much as its category did before. ignore: what was measured is no model for the future. "
            "break: from here\non the site is another."
        ),
    ),
    optional(
        "category",
        Name,
        comment="What sort of event, such as match or release: its effect is learnt from earlier ones. Required of expected.",
    ),
    optional("site", Name),
    optional("labels", JSONB, comment="Labels that a site must have, the country among them, to be meant."),
    required("starts_at", Instant),
    required("ends_at", Instant, comment="First instant after it; of a break the same as starts_at, or the end of the change."),
    optional("expected_factor", Double, comment="By how much traffic is multiplied, as a person expects; of expected only."),
    required("note", Text, server_default=text("''::text")),
    required("noted_by", Text, server_default=text("SESSION_USER")),
    required("noted_at", Instant, server_default=text("now()")),
    required("known_from", Instant, server_default=text("now()"), comment="A cutoff at or before it does not know of the event."),
    UniqueConstraint("kind", "category", "site", "labels", "starts_at", "ends_at", name="events_once", postgresql_nulls_not_distinct=True),
    Index("events_by_end", "ends_at"),
    comment=(
        "One row per event that a person noted: of a site, of all sites with the labels, or of the whole fleet where both are NULL. A run, "
        "a backfill\nand a backtest see those that were known at their cutoff. Noting the same again adds no row."
    ),
)

planned = Table(
    "planned",
    metadata,
    optional("site", Name),
    optional("labels", JSONB, comment="Labels that a site must have, the country among them, to be meant."),
    required("ts", Instant, comment="From when on the value holds: until the next one, an hour at most."),
    required("name", Name),
    required("value", Double),
    required(
        "known_from",
        Instant,
        server_default=text("now()"),
        comment="A cutoff at or before it does not know of the value. A later one of the same instant is a newer forecast of it.",
    ),
    UniqueConstraint("name", "site", "labels", "ts", "known_from", name="planned_once", postgresql_nulls_not_distinct=True),
    Index("planned_by_ts", "ts"),
    comment=(
        "One row per value of a covariate that is known ahead, instant and known_from: of a site, of all sites with the labels, or of the "
        "whole fleet\nwhere both are NULL. A day is forecast with the newest value that was known at its cutoff. Loading the same again "
        "adds no row."
    ),
)

calendars = Table(
    "calendars",
    metadata,
    required("calendar", Name, primary_key=True),
    required("noted_by", Text, server_default=text("SESSION_USER")),
    required("noted_at", Instant, server_default=text("now()")),
    comment="One row per calendar of ours: of schools, of a company. Sites name it in their column calendar.",
)

calendar_days = Table(
    "calendar_days",
    metadata,
    required("calendar", Name, ForeignKey("dayahead.calendars.calendar", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True),
    required("day", Date, primary_key=True),
    required("kind", Name, primary_key=True, comment="Models learn each kind by itself; holiday counts as a public holiday does."),
    required("name", Text, server_default=text("''::text")),
    required("known_from", Instant, server_default=text("now()"), comment="A cutoff at or before it does not know of the day."),
    comment=(
        "One row per (calendar, day, kind): a local day that is of a kind, such as school, company or holiday. Loading the same file again "
        "adds no row."
    ),
)
