"""The challenger's forecast beside the champion's: the same days and sites, seen by no reader, scored like the champion's."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from pipeline.adapters.mlflow import registry
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.groups import FLEET
from pipeline.errors import DayaheadError, ModelError, NothingToForecastError, StoreError
from pipeline.steps.forecast import answer
from pipeline.steps.ladder import CHAMPION_RUNG, Ladders, Rung
from pipeline.steps.publish import write_made

log = logging.getLogger(__name__)

ROLE = "challenger"


def shadow(run: Run, settings: Settings) -> dict[str, Any]:
    """Forecast the target day with the challenger and publish it under role ``challenger``; nothing where no version waits.

    Nothing either for a day that the version has learned from, as in a backfill. Nobody steps in for the challenger: a site that it does
    not answer has no row. What is wrong with it is a warning, for the champion's forecast stands already. Each group of sites has its own
    challenger; one of the fleet's is asked for the sites that the fleet's champion answers for.

    Args:
        run: The run, or one shard of it, after ``features``.
        settings: Lead to the store, the registry and the database.

    Raises:
        ServiceError: The database does not answer; nothing is written.
    """
    store = Store(settings.store_url)
    ladders, reason = _ladders(run, settings)
    if not any(ladders.values()):
        return store.write_result(run, "shadow", {"rows": 0, "reason": reason})
    made = [made for part in run.parts() if (made := _forecast(part, settings, ladders))]
    published = write_made(run, settings, made) if made else {"rows": 0, "reason": "the challenger answered for no site"}
    version = ", ".join(version for ladder in ladders.values() for _, version, _ in ladder)
    return store.write_result(run, "shadow", {"version": version} | published)


def learned_until(settings: Settings, version: str) -> datetime:
    """Return the cutoff of a version's training; forecasts of days before it prove nothing, for it has seen them.

    Raises:
        ModelError: The version does not say, so it is none of ours.
    """
    cutoff = registry.tags_of(settings, version).get("cutoff")
    if cutoff is None:
        raise ModelError(f"version {version} has no tag cutoff; a version that train_model registered has one: train the model again")
    return datetime.fromisoformat(cutoff)


def _ladders(run: Run, settings: Settings) -> tuple[Ladders, str]:
    """Return the challenger of each group and of the fleet, and why there is none."""
    ladders: Ladders = {}
    reasons = []
    for group in (FLEET, *settings.groups):
        try:
            challenger, reason = _challenger(run, settings, group)
            stands = not group or bool(challenger) or registry.champion_version(settings, group) is not None
        except DayaheadError as error:
            log.warning("no shadow target_day=%s reason=%s", run.target_day, error)
            challenger, reason, stands = None, str(error), True
        if stands:  # else the fleet's champion answers for the group, and the fleet's challenger is asked
            ladders[group] = [challenger] if challenger else []
        if reason:
            log.info("no shadow target_day=%s group=%s reason=%s", run.target_day, group or "none", reason)
            reasons.append(f"{group}: {reason}" if group else reason)
    return ladders, "; ".join(reasons)


def _challenger(run: Run, settings: Settings, group: str) -> tuple[Rung | None, str]:
    """Return a group's challenger, or None and why there is none for this day."""
    version = registry.challenger_version(settings, group)
    if version is None:
        return None, "no version but the champion"
    if (seen := learned_until(settings, version)) > run.cutoff:
        return None, f"version {version} has learned from the readings up to {seen.isoformat()}: a forecast of a day before proves nothing"
    return (CHAMPION_RUNG, version, registry.load_version(settings, version)[0]), ""


def _forecast(part: Run, settings: Settings, ladders: Ladders) -> dict[str, Any] | None:
    try:
        return answer(part, settings, ROLE, ladders)
    except (NothingToForecastError, StoreError) as error:  # a shard whose chain failed, or has no site
        log.warning("no shadow of %s reason=%s", part.folder, error)
        return None
