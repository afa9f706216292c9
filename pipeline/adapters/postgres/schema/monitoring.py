"""What is seen once a day is over: scores, completeness, anomalies and drift."""

from __future__ import annotations

from sqlalchemy import Boolean, Double, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL

from pipeline.adapters.postgres.schema.columns import Instant, Name, key, metadata, optional, required

scores = Table(
    "scores",
    metadata,
    *key("target_day", "role", "site"),
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
    optional(
        "wape_seasonal_naive_day",
        Double,
        comment=(
            "WAPE of the same time yesterday on the same steps, from readings before the same cutoff. The three are NULL of a challenger, "
            "before\nrevision 027, where a site has no reading in the 28 days before, and where wape is."
        ),
    ),
    optional("wape_seasonal_naive_week", Double, comment="WAPE of the same time a week ago."),
    optional("wape_seasonal_naive_mean", Double, comment="WAPE of the mean of both."),
    optional(
        "wape_frozen",
        Double,
        comment=(
            "WAPE of what the version would have said had it learnt nothing since its training (table frozen). NULL of a challenger, "
            "of a rung\nthat learns nothing, before revision 041, and where wape is."
        ),
    ),
    comment="One row per (target_day, role, site) whose day is over and has actuals. Written again only where actuals or forecast changed.",
)

scores_by_hour = Table(
    "scores_by_hour",
    metadata,
    *key("target_day", "role", "site"),
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
    *key("target_day", "site"),
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
    *key("target_day", "site"),
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
    *key("target_day", "feature"),
    required("psi", Double, comment="Population stability index: 0 the same, 0.1 a little, 0.25 and more another distribution."),
    required("usual", Double, comment="PSI that 19 of 20 weeks of the training snapshot itself stay below: season and chance."),
    required("site_days", Integer, comment="Days of sites compared."),
    required("model_version", Text),
    required("noted_at", Instant, server_default=text("now()")),
    required("site_group", Name, primary_key=True, comment="Of the champion; empty for the fleet's."),
    comment=(
        "One row per (target_day, feature, site_group): how far the seven days before the cutoff lie from what the champion was trained on."
    ),
)

champion_references = Table(
    "champion_references",
    metadata,
    required("model_version", Text, primary_key=True),
    required("snapshot", Text),
    optional("backtest_wape", Double),
    optional(
        "profile",
        JSONB(none_as_null=True),
        comment="Distribution of every input feature in the training snapshot; NULL where that is gone.",
    ),
    optional("note", Text, comment="Why the profile is missing."),
    required("noted_at", Instant, server_default=text("now()")),
    optional("trained_until", Instant, comment="Cutoff of its training; NULL where nobody noted it yet."),
    comment=(
        "One row per version that was monitored: what it was trained on and how well it did then, noted once, so that "
        "neither MLflow nor the\nsnapshot is needed again."
    ),
)
