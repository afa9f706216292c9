"""Whom a forecast asks: champion, previous champion, seasonal naive; of a group with a champion of its own, the fleet's below them."""

from __future__ import annotations

import logging

from pipeline.adapters.mlflow import registry
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.models.contract import Forecaster
from pipeline.core.series.groups import FLEET
from pipeline.errors import NoChampionError

log = logging.getLogger(__name__)

NAIVE = "seasonal_naive_mean"
CHAMPION_RUNG, PREVIOUS_RUNG, FLEET_RUNG, LAST_RUNG = "none", "previous_champion", "fleet_champion", "seasonal_naive"  # in degradation
Rung = tuple[str, str, Forecaster]  # name, model version, forecaster
Ladders = dict[str, list[Rung]]  # whom to ask, the highest first, for the sites of each group and for all others


def ladders_of(settings: Settings, last_rung_only: bool = False) -> Ladders:
    """Return the rungs that stand, highest first, of the fleet and of each group that has a champion; only the last one where asked."""
    last: Rung = (LAST_RUNG, NAIVE, models.create(NAIVE))
    if last_rung_only:
        return {FLEET: [last]}
    fleet = _rungs_of(settings, FLEET) or []
    ladders = {FLEET: [*fleet, last]}
    for group in settings.groups:
        own = _rungs_of(settings, group)
        if own is not None:
            ladders[group] = [*own, *((FLEET_RUNG, version, forecaster) for _, version, forecaster in fleet[:1]), last]
    return ladders


def _rungs_of(settings: Settings, group: str) -> list[Rung] | None:
    """Return champion and previous champion as far as they stand; None of a group that has no champion yet."""
    rungs: list[Rung] = []
    loads = ((CHAMPION_RUNG, registry.load_champion), (PREVIOUS_RUNG, registry.load_previous_champion))
    for degradation, load in loads:
        try:
            forecaster, version = load(settings, group)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a rung, the one below it stands
            if group and degradation == CHAMPION_RUNG and isinstance(error, NoChampionError):
                return None
            log.warning("rung does not stand rung=%s reason=%s: %s", degradation, type(error).__name__, error)
            continue
        rungs.append((degradation, version, forecaster))
    return rungs
