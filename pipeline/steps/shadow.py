"""The challenger's forecast beside the champion's: the same days and sites, seen by no reader, scored like the champion's."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.adapters import registry
from pipeline.adapters.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.errors import DayaheadError, NothingToForecastError, StoreError
from pipeline.steps.forecast import CHAMPION_RUNG, Rung, answer
from pipeline.steps.publish import write_made

log = logging.getLogger(__name__)

ROLE = "challenger"


def shadow(run: Run, settings: Settings) -> dict[str, Any]:
    """Forecast the target day with the challenger and publish it under role ``challenger``; nothing where no version waits.

    Nobody steps in for the challenger: a site that it does not answer has no row. What is wrong with it is a warning, for the champion's
    forecast stands already.

    Args:
        run: The run, or one shard of it, after ``features``.
        settings: Lead to the store, the registry and the database.

    Raises:
        ServiceError: The database does not answer; nothing is written.
    """
    store = Store(settings.store_url)
    try:
        challenger = _challenger(settings)
    except DayaheadError as error:
        log.warning("no shadow target_day=%s reason=%s", run.target_day, error)
        return store.write_result(run, "shadow", {"rows": 0, "reason": str(error)})
    if challenger is None:
        return store.write_result(run, "shadow", {"rows": 0, "reason": "no version but the champion"})
    made = [made for part in run.parts() if (made := _forecast(part, settings, challenger))]
    published = write_made(run, settings, made) if made else {"rows": 0, "reason": "the challenger answered for no site"}
    return store.write_result(run, "shadow", {"version": challenger[1]} | published)


def _challenger(settings: Settings) -> Rung | None:
    version = registry.challenger_version(settings)
    return (CHAMPION_RUNG, version, registry.load_version(settings, version)[0]) if version else None


def _forecast(part: Run, settings: Settings, challenger: Rung) -> dict[str, Any] | None:
    try:
        return answer(part, settings, ROLE, [challenger])
    except (NothingToForecastError, StoreError) as error:  # a shard whose chain failed, or has no site
        log.warning("no shadow of %s reason=%s", part.folder, error)
        return None
