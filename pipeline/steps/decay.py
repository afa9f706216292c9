"""Is the champion still what it was when it was trained? Drift of its inputs, decay of its accuracy, and the request for a training."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.mlflow.monitoring_run import training_of
from pipeline.adapters.postgres import monitoring
from pipeline.adapters.postgres.database import connect, lock
from pipeline.adapters.postgres.events import read_ignored
from pipeline.adapters.postgres.monitoring import Reference, RollingError
from pipeline.adapters.postgres.readings import read_readings, read_sites
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.drift import WEEK, Profile, compare, counts_of, profile_of, whole_days
from pipeline.core.learning.learner import MOST_STRAIN
from pipeline.core.learning.mixture import worthless
from pipeline.core.series.event_spans import spans_on, without
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid, to_grid
from pipeline.core.series.groups import FLEET, group_of
from pipeline.errors import ConfigurationError, ModelError, ServiceError, StoreError

log = logging.getLogger(__name__)

MIN_SCORED_DAYS = 3  # one bad day is no decay
HOLES = "completeness"  # readings that are missing are for their source to fix: a training on them would learn the holes
MARKED_DAYS = 60  # scores that may have been written, or given another version, since the last look
MARGIN_DAYS = 2  # whole days of every zone lie this much further back
SITES_AT_A_TIME = 1000
WORTHLESS_DAYS = 21


def watch_champions(run: Run, settings: Settings) -> dict[str, Any]:
    """Keep the drift of the champions' inputs, and ask for trainings where drift or decay is beyond its threshold.

    Returns:
        What ``watch_champion`` says of the fleet's champion; ``groups``: the same of each group that has a champion; ``trainings``: group
        and reason of each training that this day asked for; ``worthless``: experts that had hardly any share for three weeks.
    """
    with connect(settings, "writer", work="monitor") as connection:
        used = monitoring.champions_used(connection, run.target_day)
        idle = worthless(monitoring.read_shares(connection, run.target_day, WORTHLESS_DAYS))
    if idle:
        log.warning("hardly any share for %d days experts=%s: not worth their training time", WORTHLESS_DAYS, ",".join(idle))
    found = {group: watch_champion(run, settings, version) for group, version in used.items()}
    trainings = [{"group": group, "reason": each["retrain"]} for group, each in found.items() if each["retrain"]]
    fleet = found.pop(FLEET, {"drift": {}, "drifted": [], "decay": None, "retrain": None, "watched": "no version has forecast yet"})
    return fleet | {"groups": found, "trainings": trainings, "worthless": idle}


def watch_champion(run: Run, settings: Settings, version: str) -> dict[str, Any]:
    """Keep the drift of a champion's inputs, and ask for a training where drift or decay is beyond its threshold.

    Returns:
        ``drift``: PSI by feature; ``drifted``: the features beyond both thresholds; ``decay``: the rolled error over what it is measured
        by, None where unknown; ``retrain``: why this day asked for a training, None where it did not; ``watched``: the version, and what
        of it could not be seen.
    """
    reference = _reference(settings, version)
    unjudged = _why_no_drift(run, settings, reference)
    drift = _drift(run, settings, Profile.from_json(reference.profile)) if reference and reference.profile and not unjudged else {}
    drifted = [name for name, found in drift.items() if found["psi"] > max(settings.drift_psi, found["usual"])]
    with connect(settings, "writer", work="monitor") as connection:
        monitoring.write_drift(connection, run.target_day, version, drift)
        monitoring.mark_in_sample(connection, run.target_day - timedelta(days=MARKED_DAYS))
        error = monitoring.read_rolling_error(connection, version, run.target_day, settings.decay_days)
    decay = decay_of(error, reference, settings)
    result = {
        "drift": {name: round(found["psi"], 4) for name, found in drift.items()},
        "drifted": drifted,
        "decay": decay,
        "retrain": _ask_for_training(run, settings, version, drift, drifted, error, decay),
        "watched": f"version {version}; "
        + ((reference.note or unjudged or "drift and decay") if reference else "what it was trained on is unknown"),
    }
    log.info("watched version=%s decay=%s drifted=%s retrain=%s", version, decay, ",".join(drifted) or "none", result["retrain"])
    return result


def decay_of(error: RollingError, reference: Reference | None, settings: Settings) -> float | None:
    """Return the rolled error over what settings measure it by; None where days or that figure are missing."""
    if error.days < min(MIN_SCORED_DAYS, settings.decay_days) or error.wape is None:
        return None
    if settings.decay_against == "seasonal_naive":
        return error.over_naive
    return error.wape / reference.backtest_wape if reference and reference.backtest_wape else None


def _ask_for_training(
    run: Run, settings: Settings, version: str, drift: dict[str, Any], drifted: list[str], error: RollingError, decay: float | None
) -> str | None:
    reasons = []
    if decay is not None and decay > settings.decay_ratio:
        against = "its backtest" if settings.decay_against == "backtest" else "the seasonal naive"
        reasons.append(f"WAPE {error.wape:.3f} over {error.days} days is {decay:.2f} times that of {against}")
    strain = _strain(run, settings, version)
    if strain > MOST_STRAIN:
        reasons.append(f"the world has changed: the weights alone lose {strain:.0%} more than the forecast that learns every day")
    moved = [name for name in drifted if name != HOLES]
    if moved:
        reasons.append("input drift: " + ", ".join(f"{name} (PSI {drift[name]['psi']:.2f})" for name in moved))
    with connect(settings, "writer", work="monitor") as connection:
        lock(connection, "retraining")
        if reasons:
            figures = {
                "decay": decay,
                "strain": strain,
                "wape": error.wape,
                "days": error.days,
                "psi": {name: drift[name]["psi"] for name in drifted},
            }
            reason, cooldown = "; ".join(reasons), settings.retrain_cooldown_days
            monitoring.request_training(connection, run.target_day, version, reason, figures, cooldown)
        return monitoring.training_requested(connection, run.target_day, group_of(version), settings.retrain_cooldown_days)


def _strain(run: Run, settings: Settings, version: str) -> float:
    """Return what the day's publication says of how much learning had to carry a version; 0 where there is none, or nothing learns."""
    try:
        published = Store(settings.store_url).read_result(replace(run, purpose="forecast"), "publish")
    except StoreError:
        return 0.0
    return float(published.get("strains", {}).get(version, 0.0))


def _reference(settings: Settings, version: str) -> Reference | None:
    """Return what the version was when it was trained: from the database, or noted there now; None while MLflow cannot tell."""
    with connect(settings, "writer", work="monitor") as connection:
        noted = monitoring.read_reference(connection, version)
    if noted and noted.trained_until:
        return noted
    try:
        trained = training_of(settings, version)
    except (ServiceError, ConfigurationError, ModelError) as error:
        if noted:
            return noted
        log.warning("drift and decay are not seen today: what version %s was trained on is unknown reason=%s", version, error)
        return None
    if noted:
        return _note(settings, replace(noted, trained_until=trained.run.cutoff))
    profile, note = None, None
    try:
        profile = _profile(settings, trained.run).to_json()
    except StoreError as error:
        note = f"drift is not seen: the training snapshot of version {version} is gone ({error})"
        log.warning(note)
    return _note(settings, Reference(version, trained.snapshot, trained.wape, profile, note, trained.run.cutoff))


def _note(settings: Settings, reference: Reference) -> Reference:
    with connect(settings, "writer", work="monitor") as connection:
        monitoring.write_reference(connection, reference)
    return reference


def _why_no_drift(run: Run, settings: Settings, reference: Reference | None) -> str:
    """Return why the week before the cutoff is held against no training; empty where it is."""
    if reference and reference.trained_until and run.cutoff - timedelta(days=WEEK) < reference.trained_until:
        return "decay alone: the week before the cutoff lies in what it learned from"
    with connect(settings, "writer", work="monitor") as connection:
        backfilled = monitoring.is_backfilled(connection, run.target_day, run.cutoff)
    return "decay alone: the day was forecast once it was over" if backfilled else ""


def _profile(settings: Settings, trained: Run) -> Profile:
    store = Store(settings.store_url)
    grid: Grid = store.get(store.read_result(trained, "features")["grid"], Grid.load)
    return profile_of(whole_days(grid, trained.cutoff))


def _drift(run: Run, settings: Settings, profile: Profile) -> dict[str, dict[str, float]]:
    """Drift of the week before the cutoff, by feature; part of the fleet at a time."""
    counts: dict[str, np.ndarray] = {}
    covariates = tuple(name for name in settings.covariates if f"covariate.{name}" in profile.features)
    with connect(settings, "reader", work="monitor") as connection:
        live = read_sites(connection, run.cutoff, settings.timezone).live
        sites = [site for site in live if any(site.name in centres for centres in profile.centres.values())]
        for i in range(0, len(sites), SITES_AT_A_TIME):
            grid = _last_week(connection, tuple(sites[i : i + SITES_AT_A_TIME]), run.cutoff, profile.step_minutes, covariates)
            if grid is not None:
                counts = {name: found + counts.get(name, 0) for name, found in counts_of(profile, grid).items()}
    return compare(profile, counts)


def _last_week(
    connection: Connection, sites: tuple[Site, ...], cutoff: datetime, step_minutes: int, covariates: tuple[str, ...]
) -> Grid | None:
    since = cutoff - timedelta(days=WEEK + MARGIN_DAYS)
    readings = read_readings(connection, since, cutoff, [site.name for site in sites], covariates)
    if readings.empty:
        return None
    grid = to_grid(readings, sites, step_minutes=step_minutes, covariates=covariates).known_at(cutoff)
    ignored = read_ignored(connection, cutoff, since, cutoff, [site.name for site in sites])
    place = pd.Index([site.name for site in sites]).get_indexer(pd.Index(ignored["site"]))
    spans = spans_on(grid, np.arange(len(ignored)), place, ignored["starts_at"], ignored["ends_at"])
    return whole_days(without(grid, spans), cutoff, WEEK)
