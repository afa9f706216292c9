"""The sites and their readings: what is known of them, what came, and what was turned away."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Computed, Double, ForeignKey, Identity, Index, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, optional, required

sites = Table(
    "sites",
    metadata,
    required("site", Name, primary_key=True),
    required("timezone", Text, server_default=text("'UTC'::text"), comment="IANA name; its calendar day is the one being forecast."),
    optional("capacity", Double, comment="Largest throughput the site can carry, in the unit of traffic.throughput; NULL where unknown."),
    optional("country", Text, comment="ISO 3166 code that decides the public holidays; NULL where unknown."),
    required("labels", JSONB, server_default=text("'{}'::jsonb")),
    optional("added_at", Instant, server_default=text("now()"), comment="When the row was made; NULL where it is older than this column."),
    optional("retired_at", Instant, comment="From when on the site is forecast no more; its history stays. NULL while it is forecast."),
    required(
        "found",
        Boolean,
        server_default=text("false"),
        comment="Met in the readings and added by a run; false where a person, or a load, entered it.",
    ),
    optional(
        "calendar",
        Text,
        comment=(
            "What decides its kinds of day in place of the country alone: a country with its subdivision (DE-NW), names of calendars, or "
            "both, with commas\nbetween. NULL: the public holidays of the country."
        ),
    ),
    comment="One row per site. A load adds the sites it meets and changes none that exist, unless --sites names them.",
)

site_aliases = Table(
    "site_aliases",
    metadata,
    required("alias", Name, primary_key=True),
    required("site", Name, ForeignKey("dayahead.sites.site", onupdate="CASCADE", ondelete="CASCADE")),
    required("since", Instant, server_default=text("now()")),
    required("noted_by", Text, server_default=text("SESSION_USER")),
    comment=(
        "One row per name that a site had before: readings that still come under it are the site's. rename_site writes it; a site of that "
        "very name\ncomes first."
    ),
)

traffic = Table(
    "traffic",
    metadata,
    required("site", Name, primary_key=True),
    required("ts", Instant, primary_key=True, comment="Instant of the reading; a reading at the cutoff itself is not known at the cutoff."),
    required("throughput", Double, comment="In the unit of the source, finite and not negative; a missing reading is a missing row."),
    optional("device_num", Double),
    optional("dxcc_usage", Double),
    comment=(
        "One row per (site, ts), monthly partitions that the loader makes as needed. A rerun of a load changes nothing; a "
        "corrected value replaces\nthe old one. A user with a table of their own renames this one and creates a view of this "
        "name (docs/data_contract.md)."
    ),
)

quarantine = Table(
    "quarantine",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    optional("site", Name, comment="As far as it could be read; NULL where not."),
    optional("ts", Instant),
    required("reason", Text),
    required("payload", JSONB, comment="The row as it came, and for a file its name and row number."),
    required("run_id", Text),
    required("quarantined_at", Instant, server_default=text("now()")),
    required("digest", Uuid, Computed("(md5((reason || (payload)::text)))::uuid", persisted=True)),
    UniqueConstraint("digest"),
    Index("quarantine_by_site", "site", "ts"),
    comment=(
        "One row per rejected reading and reason. A rerun that meets the same row adds none: (reason, payload) is unique and "
        "the first run is kept."
    ),
)
