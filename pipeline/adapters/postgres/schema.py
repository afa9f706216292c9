"""The tables of the data contract as Alembic's migrations leave them: types, keys, and what each says of itself.

A test compares them with what the migrations make, as ``alembic check`` does; the kinds of columns that COPY needs come from here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL, TIMESTAMP
from sqlalchemy.types import TypeEngine

from pipeline.adapters.postgres.copy_binary import Kind

KINDS: dict[type[TypeEngine[Any]], Kind] = {
    Text: "text",
    SmallInteger: "int2",
    Integer: "int4",
    BigInteger: "int8",
    Double: "float8",
    TIMESTAMP: "timestamptz",
    Date: "date",
}
metadata = MetaData(schema="dayahead")
Instant = TIMESTAMP(timezone=True)
Name = Text(collation="C")
required, optional = partial(Column, nullable=False), partial(Column, nullable=True)

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

forecasts = Table(
    "forecasts",
    metadata,
    required("target_day", Date, primary_key=True, comment="Calendar day of the site's own time zone."),
    required("role", Name, primary_key=True, comment="champion, or challenger for a shadow forecast."),
    required("site", Name, primary_key=True),
    required("ts", Instant, primary_key=True),
    required("q05", Double),
    required("q10", Double),
    required("q25", Double),
    required("q50", Double, comment="Median; q05 … q95 are quantiles in the unit of traffic.throughput."),
    required("q75", Double),
    required("q90", Double),
    required("q95", Double),
    required("cutoff", Instant, comment="Instant up to which readings were known."),
    required("model_version", Text),
    required("snapshot", Text, comment="File in the store that the forecast was made from."),
    required("degradation", Text, comment="none, previous_champion or seasonal_naive: the rung of the ladder that made the row."),
    required("run_id", Text),
    required("published_at", Instant, server_default=text("now()")),
    comment=(
        "One row per (target_day, role, site, ts), a table per day and role. Publishing a day again replaces the rows of its "
        "sites in one\ntransaction: a reader sees the old day or the new one, whole. Publishing the same again writes "
        "nothing."
    ),
)

attention = Table(
    "attention",
    metadata,
    required("target_day", Date, primary_key=True),
    required("role", Name, primary_key=True),
    required("site", Name, primary_key=True),
    required("band", SmallInteger, primary_key=True, comment="Which quarter of the target day, 0 = the night."),
    required("past_day", Date, primary_key=True),
    required("weight", Double, comment="Mean over heads and steps; sums to 1 over the past days of a band."),
    comment=(
        "One row per (target_day, role, site, band of the day, past day), a table per day and role; replaced together with "
        "the forecasts of the day."
    ),
)

mixture = Table(
    "mixture",
    metadata,
    required("target_day", Date, primary_key=True),
    required("role", Name, primary_key=True),
    required("site", Name, primary_key=True),
    required("expert", Text, primary_key=True),
    required("share", Double, comment="Share of the expert, mean over quantiles; about 1 in all per site and day."),
    required("level", Double, comment="Factor by which the expert's copy was moved, mean over the day; 1 for an expert that is no copy."),
    comment=(
        "One row per (target_day, role, site, expert) of a forecast that learns every day: what it was mixed from. A rerun "
        "replaces the rows of the\nsites that it forecast, in the transaction that writes forecasts. Experts below a share "
        "of .0005 have no row; a site that the last rung\nanswered has none at all."
    ),
)

forecast_peaks = Table(
    "forecast_peaks",
    metadata,
    required("target_day", Date, primary_key=True),
    required("role", Name, primary_key=True),
    required("site", Name, primary_key=True),
    required("peak_at", Instant, comment="First instant at which the median is largest."),
    required("q05", Double),
    required("q10", Double),
    required("q25", Double),
    required(
        "q50", Double, comment="Median of the day's largest reading; q05 … q95 likewise. P(any reading of the day > x) is read off them."
    ),
    required("q75", Double),
    required("q90", Double),
    required("q95", Double),
    required("cutoff", Instant),
    required("model_version", Text),
    required("degradation", Text),
    required("run_id", Text),
    required("published_at", Instant, server_default=text("now()")),
    comment=(
        "One row per (target_day, role, site) of forecasts, written with them in the same transaction and replaced with them: quantiles "
        "of the day's\npeak, from whole-day paths. Days published before revision 020 hold the largest value of each step's quantile, "
        "which lies too low."
    ),
)

publications = Table(
    "publications",
    metadata,
    required("role", Name, primary_key=True),
    required("cutoff", Instant, primary_key=True),
    required("first_day", Date, comment="Earliest target day; zones that are a day apart make it differ from last_day."),
    required("last_day", Date),
    required("sites", Integer),
    required("run_id", Text),
    required("published_at", Instant, server_default=text("now()")),
    comment=(
        "One row per (role, cutoff) of the whole fleet: written with its forecasts, in the same transaction. Publishing the "
        "same again writes nothing,\nanother forecast of the same cutoff replaces the row. The latest one says what next_day "
        "holds."
    ),
)

scores = Table(
    "scores",
    metadata,
    required("target_day", Date, primary_key=True),
    required("role", Name, primary_key=True),
    required("site", Name, primary_key=True),
    required("model_version", Text),
    required("cutoff", Instant),
    required("steps", Integer, comment="Readings compared; steps without an actual count nowhere."),
    required("actual_total", Double, comment="Sum of the actuals compared: tells whether they changed since."),
    optional("wape", Double, comment="Sum of absolute errors of the median over sum of actuals; NULL where that sum is zero."),
    optional(
        "mase",
        Double,
        comment=(
            "Mean absolute error over the mean absolute change from one day to the next in the 28 days before; NULL where that is zero."
        ),
    ),
    required("pinball", Double, comment="Mean pinball loss over the seven quantiles, in the unit of throughput."),
    required("coverage50", Double),
    required("coverage80", Double),
    required("coverage90", Double),
    optional(
        "bias",
        Double,
        comment="Sum of (median - actual) over sum of actuals: positive where too much was forecast; NULL where that sum is zero.",
    ),
    required("scored_at", Instant, server_default=text("now()")),
    required(
        "in_sample",
        Boolean,
        server_default=text("false"),
        comment=(
            "Whether the version had learned from readings after the forecast's cutoff, as in a backfill: such a score is in no mean and "
            "in no line."
        ),
    ),
    comment="One row per (target_day, role, site) whose day is over and has actuals. Written again only where actuals or forecast changed.",
)

scores_by_hour = Table(
    "scores_by_hour",
    metadata,
    required("target_day", Date, primary_key=True),
    required("role", Name, primary_key=True),
    required("site", Name, primary_key=True),
    required("steps", ARRAY(SmallInteger), comment="Readings compared."),
    required("actual", ARRAY(REAL), comment="Sum of the actuals."),
    required("absolute", ARRAY(REAL), comment="Sum of |median - actual|: over the sum of actuals it is the WAPE of the hour."),
    required("signed", ARRAY(REAL), comment="Sum of (median - actual): over the sum of actuals it is the bias of the hour."),
    required("inside80", ARRAY(SmallInteger), comment="Readings inside q10 … q90."),
    comment=(
        "One row per row of scores, with sums by lead time: element h (from 1) is the h-th hour of the target day; a day of "
        "25 hours has 25 of them."
    ),
)

completeness = Table(
    "completeness",
    metadata,
    required("target_day", Date, primary_key=True),
    required("site", Name, primary_key=True),
    required("expected", Integer, comment="Steps of the day, as forecast: 23, 24 or 25 hours of them."),
    required("readings", Integer),
    optional("last_reading", Instant, comment="Latest reading of the day; NULL where none came."),
    comment=(
        "One row per (target_day, site) that got a forecast and is over: how much of the day arrived. Written again where "
        "late readings changed it."
    ),
)

anomalies = Table(
    "anomalies",
    metadata,
    required("target_day", Date, primary_key=True),
    required("site", Name, primary_key=True),
    required("starts_at", Instant, primary_key=True),
    required("ends_at", Instant, comment="Instant of the last reading outside."),
    required("direction", Text),
    required("steps", Integer),
    required("actual", Double, comment="Mean of the readings in the run; expected: mean of the median; in the unit of throughput."),
    required("expected", Double),
    required("excess", Double, comment="Mean distance beyond the edge of the band, in the unit of throughput."),
    required("found_at", Instant, server_default=text("now()")),
    comment=(
        "One row per run of readings that stayed outside q05 … q95 of the champion's forecast, within one target day. The "
        "rows of a site and day\nare replaced whenever its actuals or its forecast changed, so a late reading can end an "
        "anomaly that was none."
    ),
)

drift = Table(
    "drift",
    metadata,
    required("target_day", Date, primary_key=True),
    required("feature", Name, primary_key=True),
    required("psi", Double, comment="Population stability index: 0 the same, 0.1 a little, 0.25 and more another distribution."),
    required("usual", Double, comment="PSI that 19 of 20 weeks of the training snapshot itself stay below: season and chance."),
    required("site_days", Integer, comment="Days of sites compared."),
    required("model_version", Text),
    required("noted_at", Instant, server_default=text("now()")),
    comment="One row per (target_day, feature): how far the seven days before the cutoff lie from what the champion was trained on.",
)

champion_references = Table(
    "champion_references",
    metadata,
    required("model_version", Text, primary_key=True),
    required("snapshot", Text),
    optional("backtest_wape", Double),
    optional("profile", JSONB, comment="Distribution of every input feature in the training snapshot; NULL where that is gone."),
    optional("note", Text, comment="Why the profile is missing."),
    required("noted_at", Instant, server_default=text("now()")),
    optional("trained_until", Instant, comment="Cutoff of its training; NULL where nobody noted it yet."),
    comment=(
        "One row per version that was monitored: what it was trained on and how well it did then, noted once, so that "
        "neither MLflow nor the\nsnapshot is needed again."
    ),
)

retrainings = Table(
    "retrainings",
    metadata,
    required("target_day", Date, primary_key=True),
    required("model_version", Text),
    required("reason", Text),
    required("figures", JSONB),
    required("requested_at", Instant, server_default=text("now()")),
    comment="One row per training that monitoring asked for, with the reason; none within the cool-down after another.",
)

promotions = Table(
    "promotions",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    required("decided_at", Instant, server_default=text("now()")),
    required("version", Text),
    optional("previous", Text, comment="Champion before the decision; NULL where there was none."),
    required(
        "decision",
        Text,
        comment="promoted and rolled_back make the version champion from decided_at on; rejected leaves the champion as it was.",
    ),
    required(
        "decided_by",
        Text,
        comment="gate, timeout, shadow, a person's name, or outside: the alias was found moved in MLflow itself.",
    ),
    required("reason", Text),
    required("figures", JSONB, server_default=text("'{}'::jsonb")),
    optional(
        "settled_at",
        Instant,
        comment=(
            "When the alias champion stood where the decision wants it; NULL while it is on its way. The next command, or the next "
            "monitoring, ends that."
        ),
    ),
    Index("promotions_by_time", "decided_at"),
    comment="One row per decision about a model version; append-only. A rerun that decides the same about the same version adds none.",
)

alerts = Table(
    "alerts",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    required("kind", Name),
    required("target_day", Date),
    required("subject", Name),
    required("message", Text),
    required("raised_at", Instant, server_default=text("now()")),
    required("delivered", ARRAY(Text), server_default=text("'{}'::text[]"), comment="Channels that took the message: log, smtp, webhook."),
    optional("problem", Text, server_default=text("'not sent yet'::text"), comment="Why a channel did not take it; NULL where all did."),
    UniqueConstraint("kind", "target_day", "subject"),
    comment=(
        "One row per alert: a second run of the day that finds the same says nothing. A delivery that failed is tried again "
        "by the next run."
    ),
)

locks = Table(
    "locks",
    metadata,
    required("subject", Name, primary_key=True),
    comment=(
        "One row per subject that somebody worked on, locked while one does: a day's forecasts, a load, the making of "
        "partitions. Says nothing by itself."
    ),
)

migrations = Table(
    "migrations",
    metadata,
    required("name", Text, primary_key=True),
    required("checksum", Text),
    required("applied_at", Instant, server_default=text("now()")),
    comment="One row per file of sql/ that was run here, with its checksum.",
)


def kinds_of(table: Table) -> dict[str, Kind]:
    """Return the columns of a table that a COPY sends, with their kinds: all but those that Postgres fills in itself."""
    sent = [column for column in table.columns if column.server_default is None]
    return {column.name: KINDS[type(column.type)] for column in sent}


def key_of(table: Table) -> tuple[str, ...]:
    """Return the columns that name a row."""
    return tuple(column.name for column in table.primary_key)
