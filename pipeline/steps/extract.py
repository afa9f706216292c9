"""Readings known at the cutoff, out of the database and into an immutable snapshot."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres.calendars import read_days
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.events import read_events
from pipeline.adapters.postgres.planned import read_planned
from pipeline.adapters.postgres.readings import KnownSites, last_reading, latest_stamp, read_names, read_readings, read_sites
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.clock import infer_step_minutes
from pipeline.core.series.events import means_any
from pipeline.core.series.frames import Site, from_sites, labels_in, with_labels
from pipeline.core.series.groups import group_of_site
from pipeline.core.series.intervals import coarsened, find_step, is_recent, on_steps
from pipeline.core.series.plans import meant_on
from pipeline.core.series.zones import parts_of
from pipeline.errors import DataError, NothingToForecastError

log = logging.getLogger(__name__)

LONGEST_CONTEXT_DAYS = 56  # of any model whose context is its own choice
AHEAD_DAYS = 4  # after the cutoff: every zone's target day is over by then
MARGIN_DAYS = 2  # a site's target day may start up to a day after the cutoff, and its first day is to be whole


def extract(run: Run, settings: Settings, *, sites: list[str] | None = None, days: int | None = None) -> dict[str, Any]:
    """Store the readings with ``ts < cutoff`` of the sites in scope, sorted by site and ts, and the sites themselves.

    Args:
        run: Gives the cutoff, and where it is a shard or of a group the sites that may be in scope.
        settings: Give the covariates, and how much history a training or a forecast needs.
        sites: Names in scope; None for all.
        days: Days of history before the cutoff; None for what the purpose needs.

    Raises:
        DataError: A site in scope is unknown, no site is in the group, or ``traffic`` lacks a column.
        NothingToForecastError: There is no reading in the span.
    """
    history = days if days is not None else history_days(run, settings)
    since = run.cutoff - timedelta(days=history)
    with connect(settings, "reader", work="extract") as connection:
        known = _of_group(read_sites(connection, run.cutoff, settings.timezone), run, settings)
        until = min(run.cutoff, latest_stamp(connection))  # of a day forecast before its cutoff, readings of the future are none
        names = _names_in_scope(connection, known, run, sites, (since, until))
        readings = read_readings(connection, since, until, names, settings.covariates)
        if known.retired:
            readings = readings[~readings["site"].isin(known.retired)].reset_index(drop=True)
        if readings.empty:
            last = last_reading(connection)
            found = f"the last reading is of {last.isoformat()}" if last else "the table traffic is empty: python -m pipeline load FILE"
            span = f"from {since.isoformat()} to the cutoff {run.cutoff.isoformat()}"
            raise NothingToForecastError(f"no reading {span} for {run.folder}; {found}")
        known_events = read_events(connection, run.cutoff, since, run.cutoff + timedelta(days=AHEAD_DAYS))
        planned = read_planned(connection, run.cutoff, since, run.cutoff + timedelta(days=AHEAD_DAYS))
        known_days = read_days(connection, {part for site in known.live for part in parts_of(site.country)}, run.cutoff)
    scope = tuple(site for site in known.live if run.holds(site.name) and (sites is None or site.name in set(sites)))
    fleet = _look_at_fleet(readings, known, scope, run, settings) | {"chosen": sites is not None}
    step_minutes, changes = find_step(readings, run.cutoff)
    if step_minutes != infer_step_minutes(readings):
        log.warning("the interval is now %d min: finer readings are averaged cutoff=%s", step_minutes, run.cutoff.isoformat())
        readings = coarsened(readings, step_minutes, settings.covariates)
    readings = on_steps(readings, step_minutes)
    scope += tuple(Site(name, settings.timezone) for name in fleet["added"])
    described = with_labels(from_sites(tuple(sorted(scope, key=lambda site: site.name))), known.labels)
    labels = labels_in(described)
    meant = known_events[means_any(known_events, labels)]
    planned = meant_on(planned, labels)
    store = Store(settings.store_url)
    result = {
        "readings": store.put_frame(run, "readings", readings),
        "sites": store.put_frame(run, "sites", described),
        "rows": len(readings),
        "step_minutes": step_minutes,
        "fleet": fleet | {"intervals": [str(change) for change in changes if is_recent(change, run.cutoff)]},
    }
    kept = {"events": meant, "planned": planned, "calendars": known_days}
    result |= {name: store.put_frame(run, name, frame) for name, frame in kept.items() if len(frame)}
    log.info("extracted cutoff=%s sites=%d rows=%d days=%d", run.cutoff.isoformat(), readings["site"].nunique(), len(readings), history)
    return store.write_result(run, "extract", result)


def history_days(run: Run, settings: Settings) -> int:
    """Return how many days before the cutoff the chain of ``run`` looks back, at least what its model and its checks look at."""
    if run.purpose.startswith("train"):
        return settings.train_days
    needed = max(settings.context_days or LONGEST_CONTEXT_DAYS, settings.dead_after_days) + MARGIN_DAYS
    return max(settings.forecast_days, needed)


def join_fleets(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what ``extract`` of every shard found new or wrong with the sites, as ``fleet`` of the whole run."""
    parts = [result.get("fleet", {}) for result in results]
    lists = {name: sorted({site for part in parts for site in part.get(name, [])}) for name in ("added", "unknown", "intervals")}
    unusable = {site: why for part in parts for site, why in part.get("unusable", {}).items()}
    return lists | {"unusable": unusable, "chosen": any(part.get("chosen", False) for part in parts)}


def _of_group(known: KnownSites, run: Run, settings: Settings) -> KnownSites:
    """Return what is known of the sites of the run's group."""
    if not run.group:
        return known
    labels = labels_in(with_labels(from_sites(known.live), known.labels))
    live = tuple(site for site in known.live if group_of_site(labels[site.name], settings.groups) == run.group)
    if not live:
        raise DataError(
            f"no site is in the group {run.group}; expected one with this label, and with none that stands before it in DAYAHEAD_GROUPS "
            f"({', '.join(settings.groups)}): python -m pipeline sites list"
        )
    return replace(known, live=live)


def _names_in_scope(
    connection: Connection, known: KnownSites, run: Run, sites: list[str] | None, span: tuple[datetime, datetime]
) -> list[str] | None:
    """Return the names to read; None for all.

    Raises:
        DataError: A chosen site is unknown or retired.
    """
    live = [site.name for site in known.live]
    if sites is not None and (unknown := sorted(set(sites) - set(live))):
        near = get_close_matches(unknown[0], live, n=1)
        way_out = f"was {near[0]!r} meant?" if near else "load their readings first"
        way_out = "it is retired" if unknown[0] in known.retired else way_out
        raise DataError(f"unknown site(s) {', '.join(map(repr, unknown))}; {len(live)} are known: {way_out}")
    chosen = sites or (live if run.group else None)
    if run.shard is None:
        return chosen
    return [name for name in chosen or read_names(connection, *span) if run.holds(name)]


def _look_at_fleet(readings: pd.DataFrame, known: KnownSites, scope: tuple[Site, ...], run: Run, settings: Settings) -> dict[str, Any]:
    """Return what is new or wrong with the fleet: sites met in the readings, those among them to forecast, zones that are none."""
    heard = readings.groupby("site", observed=True)["ts"].max()
    lately = heard[heard >= run.cutoff - timedelta(days=settings.dead_after_days)].index
    strangers = sorted(set(lately) - {site.name for site in known.live} - {""})
    here = {site.name for site in scope}
    return {
        "added": strangers if settings.new_sites == "add" else [],
        "unknown": strangers if settings.new_sites == "alert" else [],
        "unusable": {name: why for name, why in known.unusable.items() if name in here},
    }
