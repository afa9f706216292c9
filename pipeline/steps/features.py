"""Clean readings on each site's wall-clock grid: what every forecaster learns and forecasts from."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.learning.effects import effects_of, expected_on
from pipeline.core.learning.hiding import seen
from pipeline.core.series.breaks import breaks_on, levelled
from pipeline.core.series.calendar import calendars_in
from pipeline.core.series.event_spans import ignored_on, without
from pipeline.core.series.features import check_features, with_features
from pipeline.core.series.frames import labels_in, to_sites
from pipeline.core.series.grid import Grid, to_grid
from pipeline.core.series.plans import cutoffs_of, planned_on
from pipeline.steps.extract import join_fleets

log = logging.getLogger(__name__)


def features(run: Run, settings: Settings) -> dict[str, Any]:
    """Lay the clean readings on the grid of days and steps, with everything from the cutoff on masked, and keep it in the store.

    Every site of the snapshot has its row; one without readings is wholly unobserved. The features that the settings name are made once,
    from the readings as models see them, and stand beside the covariates; of what a model reads of itself nothing is kept.

    What lies inside an event of kind ignore is as if it had never been measured; sites where that was lately are ``spared``: neither dead
    nor broken for it. What came before a break is laid at the level of what came after. What lies inside an expected one teaches its
    category alone; what that says of the target day is ``effects``.

    Raises:
        ConfigurationError: A feature is unknown.
        DataError: There is no reading before the cutoff.
    """
    check_features(settings.features, settings.covariates)
    store = Store(settings.store_url)
    extracted, validated = store.read_result(run, "extract"), store.read_result(run, "validate")
    readings, sites = store.get_frame(validated["readings"], ["site"]), to_sites(store.get_frame(extracted["sites"]))
    covariates = tuple(name for name in settings.covariates if name in readings.columns)
    grid = to_grid(readings, sites, step_minutes=int(extracted["step_minutes"]), covariates=covariates).known_at(run.cutoff)
    if "calendars" in extracted:
        grid = replace(grid, calendars=calendars_in(store.get_frame(extracted["calendars"])))
    grid, spared, ahead = _with_events(store, run, extracted, grid, settings) if "events" in extracted else (grid, [], {})
    if "planned" in extracted:
        grid = _with_plans(run, settings, grid, store.get_frame(extracted["planned"]), store.get_frame(extracted["sites"]))
    grid = with_features(grid, settings.features)
    log.info("features target_day=%s sites=%d days=%d steps=%d observed=%d", run.target_day, *grid.shape, int(grid.observed.sum()))
    return store.write_result(
        run,
        "features",
        {
            "grid": store.put(run, "grid", ".safetensors", grid.save),
            "shape": list(grid.shape),
            "step_minutes": grid.step_minutes,
            "first_day": grid.first_day.isoformat(),
            "ladder": {site: why for site, why in validated["ladder"].items() if site not in spared},
            "dead": validated["dead"],
            "fleet": join_fleets([extracted]),
        }
        | ({"spared": spared} if spared else {})
        | ahead,
    )


def _with_plans(run: Run, settings: Settings, grid: Grid, planned: pd.DataFrame, sites: pd.DataFrame) -> Grid:
    """Return the grid with what is planned, each day as its own cutoff on the schedule knew it, and none later than the run's."""
    targets, _ = grid.targets_at(run.cutoff)
    ago = range(max(int(targets.max()), 0) + 1)
    cutoffs = {i: min(settings.cutoff_of(run.target_day - timedelta(days=i)), run.cutoff) for i in ago}
    return replace(grid, planned=planned_on(grid, planned, labels_in(sites), cutoffs_of(targets, grid.shape[1], cutoffs)))


def _with_events(
    store: Store, run: Run, extracted: dict[str, Any], grid: Grid, settings: Settings
) -> tuple[Grid, list[str], dict[str, Any]]:
    """Return the grid as events have it, names of sites of which something was hidden lately, and where effects on the target days lie."""
    events, labels = store.get_frame(extracted["events"]), labels_in(store.get_frame(extracted["sites"]))
    spans = ignored_on(grid, events, labels)
    lately = spans.stop > (grid.shape[1] - 1 - settings.dead_after_days) * grid.shape[2]
    clean = without(grid, spans)
    grid, ahead = _look_ahead(store, run, levelled(clean, breaks_on(clean, events, labels)), events, labels)
    return grid, sorted({grid.sites[i].name for i in spans.site[lately]}), ahead


def _look_ahead(store: Store, run: Run, grid: Grid, events: pd.DataFrame, labels: dict[str, dict[str, str]]) -> tuple[Grid, dict[str, Any]]:
    """Return the grid as models see expected events in it, and where their effects on the target days lie."""
    expected = expected_on(grid, events, labels)
    if not len(expected.spans.site):
        return grid, {}
    clean, ratios = seen(grid, expected)
    days, _ = grid.targets_at(run.cutoff)
    cutoff = np.full(len(days), pd.Timestamp(run.cutoff).tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[us]"))
    effects = effects_of(grid, expected, ratios, np.arange(len(days)), days, cutoff)
    if not effects.log.any() and not effects.deviation.any():
        return clean, {}
    if effects.unseen:
        log.warning("no occurrence and no factor of categories=%s: the interval is widened", ",".join(effects.unseen))
    return clean, {"effects": store.put(run, "effects", ".safetensors", effects.save), "unseen": list(effects.unseen)}
