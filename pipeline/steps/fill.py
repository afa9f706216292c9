"""The last rung for a shard whose forecast failed, so that one broken chain does not cost the fleet its day."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import StoreError
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.validate import validate

log = logging.getLogger(__name__)


def fill(run: Run, settings: Settings) -> dict[str, Any]:
    """Forecast every site of the shard by seasonal naive; readings that its chain did not come to are fetched and validated here.

    Raises:
        DayaheadError: The readings cannot be had, or ``validate`` refuses them: then there is no forecast, and nothing may be published.
    """
    log.warning("the forecast of %s failed: seasonal naive takes its place", run.folder)
    try:
        return forecast(run, settings, last_rung_only=True)
    except StoreError:
        for step in (extract, validate, features):
            step(run, settings)
        return forecast(run, settings, last_rung_only=True)
