"""Readings known at the cutoff, out of the database and into an immutable snapshot."""

from __future__ import annotations

import logging
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.readings import last_reading, latest_stamp, read_names, read_readings, read_sites
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.clock import infer_step_minutes
from pipeline.core.series.frames import from_sites
from pipeline.errors import DataError, NothingToForecastError

log = logging.getLogger(__name__)

LONGEST_CONTEXT_DAYS = 56  # of any model whose context is its own choice
MARGIN_DAYS = 2  # a site's target day may start up to a day after the cutoff, and its first day is to be whole


def extract(run: Run, settings: Settings, *, sites: list[str] | None = None, days: int | None = None) -> dict[str, Any]:
    """Store the readings with ``ts < cutoff`` of the sites in scope, sorted by site and ts, and the sites themselves.

    Args:
        run: Gives the cutoff, and where it is a shard the sites that may be in scope.
        settings: Give the covariates, and how much history a training or a forecast needs.
        sites: Names in scope; None for all.
        days: Days of history before the cutoff; None for what the purpose needs.

    Raises:
        DataError: A site in scope is unknown, or ``traffic`` lacks a column.
        NothingToForecastError: There is no reading in the span.
    """
    history = days if days is not None else history_days(run, settings)
    since = run.cutoff - timedelta(days=history)
    with connect(settings, "reader", work="extract") as connection:
        known = read_sites(connection)
        until = min(run.cutoff, latest_stamp(connection))  # of a day forecast before its cutoff, readings of the future are none
        if sites is not None and (unknown := sorted(set(sites) - {site.name for site in known})):
            near = get_close_matches(unknown[0], [site.name for site in known], n=1)
            way_out = f"was {near[0]!r} meant?" if near else "load their readings first"
            raise DataError(f"unknown site(s) {', '.join(map(repr, unknown))}; {len(known)} are known: {way_out}")
        names = sites
        if run.shard is not None:
            names = [name for name in sites or read_names(connection, since, until) if run.holds(name)]
        readings = read_readings(connection, since, until, names, settings.covariates)
        if readings.empty:
            last = last_reading(connection)
            found = f"the last reading is of {last.isoformat()}" if last else "the table traffic is empty: python -m pipeline load FILE"
            span = f"from {since.isoformat()} to the cutoff {run.cutoff.isoformat()}"
            raise NothingToForecastError(f"no reading {span} for {run.folder}; {found}")
    scope = tuple(site for site in known if run.holds(site.name) and (sites is None or site.name in set(sites)))
    store = Store(settings.store_url)
    result = {
        "readings": store.put_frame(run, "readings", readings),
        "sites": store.put_frame(run, "sites", from_sites(scope)),
        "rows": len(readings),
        "step_minutes": infer_step_minutes(readings),
        "chosen": sites is not None,
    }
    log.info("extracted cutoff=%s sites=%d rows=%d days=%d", run.cutoff.isoformat(), readings["site"].nunique(), len(readings), history)
    return store.write_result(run, "extract", result)


def history_days(run: Run, settings: Settings) -> int:
    """Return how many days before the cutoff the chain of ``run`` looks back, at least what its model and its checks look at."""
    if run.purpose.startswith("train"):
        return settings.train_days
    needed = max(settings.context_days or LONGEST_CONTEXT_DAYS, settings.dead_after_days) + MARGIN_DAYS
    return max(settings.forecast_days, needed)
