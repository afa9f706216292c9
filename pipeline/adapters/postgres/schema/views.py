"""The views that statements are built on, as ``sql/views`` makes them; a test compares their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Double, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.adapters.postgres.queries import said_of
from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, quantiles


def view(name: str, *columns: Column[Any]) -> Table:
    """Return a view with the comment that its file puts on it."""
    return Table(name, metadata, *columns, info={"is_view": True}, comment=said_of(name))


published_forecasts = view(
    "published_forecasts",
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
)

site_outlook = view(
    "site_outlook",
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
)

site_accuracy_30d = view(
    "site_accuracy_30d",
    Column("site", Name),
    Column("days", BigInteger),
    Column("wape", Double),
    Column("mase", Double),
    Column("coverage80", Double),
    Column("bias", Double),
    Column("last_day", Date),
)

next_day_totals = view(
    "next_day_totals",
    Column("label", Text),
    Column("value", Text),
    Column("ts", Instant),
    Column("sites", Integer),
    *quantiles(),
    Column("target_day", Date),
    Column("cutoff", Instant),
)

next_day_total_peaks = view(
    "next_day_total_peaks",
    Column("label", Text),
    Column("value", Text),
    Column("sites", Integer),
    Column("sites_at_once", Integer),
    Column("peak_at", Instant),
    *quantiles(),
    *(Column(f"volume_{name}", Double) for name in ("q05", "q50", "q95")),
    Column("target_day", Date),
    Column("cutoff", Instant),
)
