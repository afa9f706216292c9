"""The tables and views of the data contract as migrations leave them, in one ``MetaData``: types, keys, and what each says of itself.

A file for each group of tables; a table that is new is named here as well. A test compares them with what the migrations make, as
``alembic check`` does; the kinds of columns that COPY needs and the page of the data contract come from here.
"""

from pipeline.adapters.postgres.schema.columns import key_of, kinds_of, metadata
from pipeline.adapters.postgres.schema.fleet import quarantine, site_aliases, sites, traffic
from pipeline.adapters.postgres.schema.forecasting import attention, forecasts, frozen, mixture, peaks, publications
from pipeline.adapters.postgres.schema.known_ahead import calendar_days, calendars, events, planned
from pipeline.adapters.postgres.schema.monitoring import anomalies, champion_references, completeness, drift, scores, scores_by_hour
from pipeline.adapters.postgres.schema.planning import (
    billing,
    plan_scores,
    risks,
    total_billing,
    total_peaks,
    total_volumes,
    totals,
    volumes,
    what_ifs,
)
from pipeline.adapters.postgres.schema.responses import alerts, promotions, retrainings
from pipeline.adapters.postgres.schema.upkeep import locks, migrations
from pipeline.adapters.postgres.schema.views import (
    next_day_total_peaks,
    next_day_totals,
    published_forecasts,
    site_accuracy_30d,
    site_outlook,
)

__all__ = [
    "alerts",
    "anomalies",
    "attention",
    "billing",
    "calendar_days",
    "calendars",
    "champion_references",
    "completeness",
    "drift",
    "events",
    "forecasts",
    "frozen",
    "key_of",
    "kinds_of",
    "locks",
    "metadata",
    "migrations",
    "mixture",
    "next_day_total_peaks",
    "next_day_totals",
    "peaks",
    "plan_scores",
    "planned",
    "promotions",
    "publications",
    "published_forecasts",
    "quarantine",
    "retrainings",
    "risks",
    "scores",
    "scores_by_hour",
    "site_accuracy_30d",
    "site_aliases",
    "site_outlook",
    "sites",
    "total_billing",
    "total_peaks",
    "total_volumes",
    "totals",
    "traffic",
    "volumes",
    "what_ifs",
]
