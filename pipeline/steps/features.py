"""Clean readings on each site's wall-clock grid: what every forecaster learns and forecasts from."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import to_sites
from pipeline.core.series.grid import to_grid
from pipeline.steps.extract import join_fleets

log = logging.getLogger(__name__)


def features(run: Run, settings: Settings) -> dict[str, Any]:
    """Lay the clean readings on the grid of days and steps, with everything from the cutoff on masked, and keep it in the store.

    Every site of the snapshot has its row; one without readings is wholly unobserved. Calendar and derived features follow from the
    grid alone (``core.series.calendar``, ``core.series.features``), so a forecaster makes those it needs.

    Raises:
        DataError: There is no reading before the cutoff.
    """
    store = Store(settings.store_url)
    extracted, validated = store.read_result(run, "extract"), store.read_result(run, "validate")
    readings, sites = store.get_frame(validated["readings"], ["site"]), to_sites(store.get_frame(extracted["sites"]))
    covariates = tuple(name for name in settings.covariates if name in readings.columns)
    grid = to_grid(readings, sites, step_minutes=int(extracted["step_minutes"]), covariates=covariates).known_at(run.cutoff)
    log.info("features target_day=%s sites=%d days=%d steps=%d observed=%d", run.target_day, *grid.shape, int(grid.observed.sum()))
    return store.write_result(
        run,
        "features",
        {
            "grid": store.put(run, "grid", ".safetensors", grid.save),
            "shape": list(grid.shape),
            "step_minutes": grid.step_minutes,
            "first_day": grid.first_day.isoformat(),
            "ladder": validated["ladder"],
            "dead": validated["dead"],
            "fleet": join_fleets([extracted]),
        },
    )
