"""What is planned of a forecast day: volumes, risks, totals of the fleet and of every label; and how right that was."""

from __future__ import annotations

from sqlalchemy import Date, Double, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from pipeline.adapters.postgres.schema.columns import Instant, Name, key, metadata, optional, quantiles, required

volumes = Table(
    "volumes",
    metadata,
    *key("target_day", "role", "site"),
    *quantiles(
        "Median; q05 … q95 are quantiles in the unit of traffic.throughput times seconds: bit/s give bits, Gbit/s gigabits; "
        "megawatts over 3600\nmegawatt hours."
    ),
    comment=(
        "One row per (target_day, role, site) of forecasts, written with them in the same transaction and replaced with them: "
        "quantiles of the day's\nvolume, the sum of its readings times the seconds between them."
    ),
)

risks = Table(
    "risks",
    metadata,
    *key("target_day", "role", "site"),
    required("capacity", Double, comment="As table sites had it at the cutoff's run."),
    required("starts_at", Instant, comment="When the site's day begins: the first instant of the first hour."),
    required("day", Double, comment="P(any reading of the day above the capacity)."),
    required("hours", ARRAY(REAL), comment="P(any reading of the hour above the capacity)."),
    required("minutes", ARRAY(REAL), comment="Expected minutes of the hour above the capacity."),
    required(
        "hour_q50", ARRAY(REAL), comment="Median of the hour's largest reading; hour_q95 likewise. NULL in an hour without a reading."
    ),
    required("hour_q95", ARRAY(REAL)),
    comment=(
        "One row per (target_day, role, site) of forecasts whose site has a capacity, written with them in the same transaction "
        "and replaced with\nthem: how likely readings above the capacity are. Arrays have an element per hour since the site's "
        "day began."
    ),
)

totals = Table(
    "totals",
    metadata,
    required(
        "target_day",
        Date,
        primary_key=True,
        comment="Day of the run, in the zone of the schedule: sites of other zones have their own days.",
    ),
    required("role", Name, primary_key=True),
    required("label", Text, primary_key=True),
    required("value", Text, primary_key=True),
    required(
        "ts", Instant, primary_key=True, comment="Instant on a multiple of the interval: readings stamped a minute later are added to it."
    ),
    required("sites", Integer, comment="Sites whose day has the instant: where zones are apart, fewer at both ends."),
    *quantiles(),
    required("cutoff", Instant),
    comment=(
        "One row per (target_day, role, label, value, ts): quantiles of the sum over all sites of the fleet (label and value "
        "empty) and over those\nthat share a label, the country among the labels. Written with the whole fleet's forecasts in "
        "the same transaction and replaced with them;\na run of chosen sites leaves it alone. A label with more than 64 values "
        "has no rows."
    ),
)

total_peaks = Table(
    "total_peaks",
    metadata,
    *key("target_day", "role"),
    required("label", Text, primary_key=True),
    required("value", Text, primary_key=True),
    required("sites", Integer),
    required("sites_at_once", Integer, comment="Most sites that one instant has; fewer than sites where zones lie a day apart."),
    required("peak_at", Instant, comment="First instant at which the median of the sum is largest."),
    *quantiles(),
    required("cutoff", Instant),
    comment=(
        "One row per (target_day, role, label, value): quantiles of the largest sum at any instant, of the groups of totals; "
        "written and replaced\nwith them."
    ),
)

total_volumes = Table(
    "total_volumes",
    metadata,
    *key("target_day", "role"),
    required("label", Text, primary_key=True),
    required("value", Text, primary_key=True),
    required("sites", Integer),
    *quantiles(),
    required("cutoff", Instant),
    comment=(
        "One row per (target_day, role, label, value): quantiles of the sum of the volumes of each site's own day, of the groups "
        "of totals, in the\nunit of volumes; written and replaced with them."
    ),
)

billing = Table(
    "billing",
    metadata,
    *key("target_day", "role", "site"),
    required("month", Date, comment="First day of the month, in the zone DAYAHEAD_BILLING_TIMEZONE."),
    required("readings", Integer, comment="Of the month, before the cutoff."),
    optional(
        "to_date", Double, comment="Their 95th percentile: the largest 5 % left out, the largest of the others. NULL where there is none."
    ),
    *quantiles("Median of the month's 95th percentile when it is over."),
    comment=(
        "One row per (target_day, role, site) of forecasts where DAYAHEAD_BILLING_TIMEZONE is set, written with them in the same "
        "transaction and replaced\nwith them: the 95th percentile of the month that the target day lies in, so far and at its end."
    ),
)

total_billing = Table(
    "total_billing",
    metadata,
    *key("target_day", "role"),
    required("label", Text, primary_key=True),
    required("value", Text, primary_key=True),
    required("sites", Integer),
    required("month", Date),
    required("readings", Integer, comment="Instants of the month before the cutoff."),
    optional("to_date", Double),
    *quantiles(),
    required("cutoff", Instant),
    comment=(
        "One row per (target_day, role, label, value), of the groups of totals: what billing says, of the sum of the group's "
        "readings. A site that\nsends nothing counts as it was for an hour, then as nothing. Written and replaced with totals."
    ),
)

what_ifs = Table(
    "what_ifs",
    metadata,
    *key("target_day", "site"),
    required("cutoff", Instant),
    required("supposed", Text, comment="Events and capacity that the question supposes."),
    required("asked_by", Text),
    optional("capacity", Double, comment="That risk_if is about; NULL where the site has none."),
    required("peak", Double, comment="Median of the day's largest reading; peak_if the same under the question."),
    required("peak_if", Double),
    required("volume", Double, comment="Median of the day's volume, as in volumes."),
    required("volume_if", Double),
    optional("risk", Double, comment="P(any reading of the day above the capacity that the site has); NULL without one."),
    optional("risk_if", Double),
    required("asked_at", Instant, server_default=text("now()")),
    comment=(
        "One row per (target_day, site) of which somebody asked what if: the newest question, and what the champion's forecast of the same "
        "cutoff\nsays beside it. The quantiles stand in forecasts under role what_if; nobody scores them."
    ),
)

plan_scores = Table(
    "plan_scores",
    metadata,
    *key("target_day", "role", "quantity"),
    required("counted", Integer, comment="Sites, or instants of total: those of which 95 % of the readings came."),
    optional("loss", Double, comment="Sum of the mean pinball loss over the seven quantiles; over actual it is relative. NULL of risk."),
    optional("actual", Double),
    optional("below50", Double, comment="Actuals at or below the median: half of them where it is one."),
    optional("inside80", Double, comment="Actuals inside q10 … q90."),
    optional("brier", Double, comment="Sum of (risk - what came)², 1 for a day with any reading above the capacity. NULL but of risk."),
    optional(
        "bin_counted",
        ARRAY(REAL),
        comment="Sites by fifth of the risk that was said; bin_said sums it, bin_came counts those where it came.",
    ),
    optional("bin_said", ARRAY(REAL)),
    optional("bin_came", ARRAY(REAL)),
    comment=(
        "One row per (target_day, role, quantity) that is over and has actuals: peak and volume of each site, total by "
        "instant, total_peak and\ntotal_volume of the fleet, and risk, of each site with a capacity. Sums, so that days may "
        "be pooled. Written again where actuals changed."
    ),
)
