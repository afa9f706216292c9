"""What is published for a day: forecasts, what they look at, what they are mixed from, and their peaks."""

from __future__ import annotations

from sqlalchemy import Date, Double, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from pipeline.adapters.postgres.schema.columns import Instant, Name, key, metadata, optional, quantiles, required

forecasts = Table(
    "forecasts",
    metadata,
    required("target_day", Date, primary_key=True, comment="Calendar day of the site's own time zone."),
    required("role", Name, primary_key=True, comment="champion, or challenger for a shadow forecast."),
    required("site", Name, primary_key=True),
    required("ts", Instant, primary_key=True),
    *quantiles("Median; q05 … q95 are quantiles in the unit of traffic.throughput."),
    required("cutoff", Instant, comment="Instant up to which readings were known."),
    required("model_version", Text),
    required("snapshot", Text, comment="File in the store that the forecast was made from."),
    required(
        "degradation", Text, comment="none, previous_champion, fleet_champion or seasonal_naive: the rung of the ladder that made the row."
    ),
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
    *key("target_day", "role", "site"),
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
    *key("target_day", "role", "site"),
    required("expert", Text, primary_key=True),
    required("share", Double, comment="Share of the expert, mean over quantiles; about 1 in all per site and day."),
    required("level", Double, comment="Factor by which the expert's copy was moved, mean over the day; 1 for an expert that is no copy."),
    comment=(
        "One row per (target_day, role, site, expert) of a forecast that learns every day: what it was mixed from. A rerun "
        "replaces the rows of the\nsites that it forecast, in the transaction that writes forecasts. Experts below a share "
        "of .0005 have no row; a site that the last rung\nanswered has none at all."
    ),
)

frozen = Table(
    "frozen",
    metadata,
    *key("target_day", "role", "site"),
    required("medians", ARRAY(REAL), comment="By instant of forecasts."),
    comment=(
        "One row per (target_day, role, site) of a forecast that learns every day: the medians that the version would have said had it "
        "learnt\nnothing since its training; written and replaced with mixture."
    ),
)

peaks = Table(
    "peaks",
    metadata,
    *key("target_day", "role", "site"),
    required("peak_at", Instant, comment="First instant at which the median is largest."),
    *quantiles("Median of the day's largest reading; q05 … q95 likewise. P(any reading of the day > x) is read off them."),
    required("cutoff", Instant),
    required("model_version", Text),
    required("degradation", Text),
    required("run_id", Text),
    required("published_at", Instant, server_default=text("now()")),
    optional(
        "hour_probability",
        ARRAY(REAL),
        comment=(
            "Probability that the peak comes in each hour since the site's day began: 24, where the clock changes 23 or 25. NULL of "
            "a day from before\nrevision 025."
        ),
    ),
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
