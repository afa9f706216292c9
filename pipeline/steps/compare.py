"""Challenger against champion after their days side by side, and whether it is time to ask for a promotion."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres import database, promotions
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.shadow import compare_days
from pipeline.core.series.groups import FLEET
from pipeline.steps.shadow import learned_until

log = logging.getLogger(__name__)


def compare(run: Run, settings: Settings) -> dict[str, Any]:
    """Compare the scores of challenger and champion on the days, sites and steps that both forecast, of the fleet and of each group.

    Days that one of them has learned from do not count. What was found is a tag of the challenger's version. A version that a person has
    decided about, or that was champion, is not asked for.

    Returns:
        ``asks``: ``version`` and ``reason`` of each challenger that is to be champion; ``found``: what came of each comparison, in words.

    Raises:
        ModelError: A version does not say until when it learned.
        ServiceError: The tracking server or the database does not answer.
    """
    asks, found = [], []
    for group in (FLEET, *settings.groups):
        challenger, champion = registry.challenger_version(settings, group), registry.standing_version(settings, group)
        if challenger is None or champion is None:
            continue
        better, reason = _compare(settings, challenger, champion)
        found.append(f"version {challenger} {reason}")
        if better:
            asks.append({"version": challenger, "reason": reason})
    return Store(settings.store_url).write_result(
        run, "compare", {"asks": asks, "found": "; ".join(found) or "no challenger beside the champion"}
    )


def _compare(settings: Settings, challenger: str, champion: str) -> tuple[bool, str]:
    """Return whether a challenger is to be asked for, and what the comparison says."""
    since = max(learned_until(settings, version) for version in (challenger, champion))
    with database.connect(settings, "writer", work="compare") as connection:
        own, theirs = promotions.read_shadow_days(connection, challenger, champion, since)
        spoken_of = promotions.is_spoken_of(connection, challenger)
    found = compare_days(own, theirs, settings.shadow_days)
    reason = f"against champion {champion}, {found}"
    registry.tag_version(settings, challenger, {"shadow": reason})
    log.info("compared challenger=%s champion=%s better=%s found=%s", challenger, champion, found.better, found)
    return found.better and not spoken_of, reason
