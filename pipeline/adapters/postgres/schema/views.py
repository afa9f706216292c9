"""The views that statements are built on, as ``sql/views`` makes them; a test compares their columns."""

from __future__ import annotations

from functools import partial

from sqlalchemy import BigInteger, Column, Date, Double, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, quantiles

View = partial(Table, info={"is_view": True})

published_forecasts = View(
    "published_forecasts",
    metadata,
    Column("target_day", Date),
    Column("role", Name),
    Column("site", Name),
    Column("ts", Instant),
    *quantiles(),
    Column("cutoff", Instant),
    Column("model_version", Text),
    Column("degradation", Text),
    Column("run_id", Text),
    Column("published_at", Instant),
    comment="One row per (target_day, role, site, ts): every forecast, of champion and challenger.",
)

site_outlook = View(
    "site_outlook",
    metadata,
    Column("site", Name),
    Column("target_day", Date),
    Column("peak_at", Instant),
    *quantiles(),
    Column("timezone", Text),
    Column("labels", JSONB),
    Column("capacity", Double),
    Column("risk", Double),
    Column("cutoff", Instant),
    Column("model_version", Text),
    Column("degradation", Text),
    Column("run_id", Text),
    Column("published_at", Instant),
    comment=(
        "One row per site of next_day: the quantiles of the day's largest reading, when the median peaks, its labels with the country "
        "among them,\nand risk, P(any reading of the day > capacity); NULL where the site has no capacity."
    ),
)

site_accuracy_30d = View(
    "site_accuracy_30d",
    metadata,
    Column("site", Name),
    Column("days", BigInteger),
    Column("wape", Double),
    Column("mase", Double),
    Column("coverage80", Double),
    Column("bias", Double),
    Column("last_day", Date),
    comment=(
        "One row per site over the 30 days up to the last scored one: pooled WAPE, mean MASE, coverage, bias. Without days\n"
        "that the version had learned from."
    ),
)

next_day_totals = View(
    "next_day_totals",
    metadata,
    Column("label", Text),
    Column("value", Text),
    Column("ts", Instant),
    Column("sites", Integer),
    *quantiles(),
    Column("target_day", Date),
    Column("cutoff", Instant),
    comment=(
        "One row per (label, value, ts) of the latest run: quantiles of the sum over the fleet (label and value empty) and over "
        "the sites that share a\nlabel; sites tells how many have a forecast at the instant."
    ),
)

next_day_total_peaks = View(
    "next_day_total_peaks",
    metadata,
    Column("label", Text),
    Column("value", Text),
    Column("sites", Integer),
    Column("sites_at_once", Integer),
    Column("peak_at", Instant),
    *quantiles(),
    *(Column(f"volume_{name}", Double) for name in ("q05", "q50", "q95")),
    Column("target_day", Date),
    Column("cutoff", Instant),
    comment=(
        "One row per (label, value) of the latest run: quantiles of the largest sum at any instant and of the volume, of the "
        "fleet (label and value\nempty) and of the sites that share a label."
    ),
)
