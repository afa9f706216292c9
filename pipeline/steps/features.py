"""Clean readings on each site's wall-clock grid: what every forecaster learns and forecasts from."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.event_spans import Spans, spans_on, without
from pipeline.core.series.events import IGNORE, pairs_of, sites_meant
from pipeline.core.series.frames import labels_in, to_sites
from pipeline.core.series.grid import Grid, to_grid
from pipeline.steps.extract import join_fleets

log = logging.getLogger(__name__)


def features(run: Run, settings: Settings) -> dict[str, Any]:
    """Lay the clean readings on the grid of days and steps, with everything from the cutoff on masked, and keep it in the store.

    Every site of the snapshot has its row; one without readings is wholly unobserved. Calendar and derived features follow from the
    grid alone (``core.series.calendar``, ``core.series.features``), so a forecaster makes those it needs. What lies inside an event of kind
    ignore is as if it had never been measured; sites where that was lately are ``spared``: neither dead nor broken for it.

    Raises:
        DataError: There is no reading before the cutoff.
    """
    store = Store(settings.store_url)
    extracted, validated = store.read_result(run, "extract"), store.read_result(run, "validate")
    readings, sites = store.get_frame(validated["readings"], ["site"]), to_sites(store.get_frame(extracted["sites"]))
    covariates = tuple(name for name in settings.covariates if name in readings.columns)
    grid = to_grid(readings, sites, step_minutes=int(extracted["step_minutes"]), covariates=covariates).known_at(run.cutoff)
    spans = _ignored(store, extracted, grid)
    lately = spans.stop > (grid.shape[1] - 1 - settings.dead_after_days) * grid.shape[2]
    spared = sorted({grid.sites[i].name for i in spans.site[lately]})
    grid = without(grid, spans)
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
        | ({"spared": spared} if spared else {}),
    )


def _ignored(store: Store, extracted: dict[str, Any], grid: Grid) -> Spans:
    """Return the spans whose readings are no model for the future."""
    none = np.zeros(0, np.int64)
    if "events" not in extracted:
        return Spans(none, none, none, none)
    events = store.get_frame(extracted["events"])
    events = events[events["kind"] == IGNORE].reset_index(drop=True)
    whose = sites_meant(events, labels_in(store.get_frame(extracted["sites"])))
    pairs = pairs_of(whose, [site.name for site in grid.sites])
    return spans_on(grid, *pairs, events["starts_at"], events["ends_at"])
