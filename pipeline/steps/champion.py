"""The champion changes hands: one decision at a time, written down before the alias moves, and carried to its end whoever is killed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres import database, promotions
from pipeline.adapters.postgres.promotions import Decided
from pipeline.config import Settings
from pipeline.core.evaluation.gate import Decision
from pipeline.core.series.groups import FLEET, group_of
from pipeline.errors import ConfigurationError, ModelError, ServiceError

log = logging.getLogger(__name__)

PROMOTED, REJECTED, ROLLED_BACK = "promoted", "rejected", "rolled_back"
OUTSIDE = "outside"
MOVED_OUTSIDE = "the alias champion was found on this version: it was moved in MLflow itself, past the gate and past a reviewer"


@dataclass(frozen=True)
class Standing:
    """Who is champion while nobody else decides.

    Args:
        champion: Its version; None where there is none yet.
        last: The decision that made it champion.
        finished: Whether that decision was cut short and only now came to its end.
    """

    champion: str | None
    last: Decided | None
    finished: bool


@contextmanager
def deciding(settings: Settings, group: str) -> Iterator[Standing]:
    """Keep everybody else from deciding, and give who is champion of a group, or of the fleet, once all is settled.

    What was cut short is done then, and what was done outside is noted.

    Raises:
        ModelError: Somebody else made another version champion while this waited for its turn.
        ServiceError: The tracking server or the database does not answer.
    """
    seen = registry.champion_version(settings, group)
    with database.connect(settings, "writer", work="promote") as turn:  # a transaction of its own: its end, in whatever way, ends the turn
        database.lock(turn, "promotions")
        standing = _settled(settings, group)
        if standing.champion != seen and not standing.finished and standing.last:
            by, why = standing.last.decided_by, standing.last.reason
            raise ModelError(f"{by} has just made version {standing.champion} champion ({why}); look at it, then decide again")
        yield standing


def carry_out(settings: Settings, version: str, champion: str | None, word: str, by: str, decision: Decision, follows: str | None) -> None:
    """Write the decision down, move the alias where it says so, and tag the version; a decision whose alias cannot move is taken back."""
    if decision.promoted:
        registry.load_version(settings, version)
    with database.connect(settings, "writer", work="promote") as connection:
        number = promotions.record_promotion(
            connection, version=version, previous=champion, decided_by=by, decision=word, reason=decision.reason, figures=decision.figures,
            settled=not decision.promoted,
        )  # fmt: skip
    if decision.promoted:
        try:
            registry.set_champion(settings, version, previous=follows)
        except (ModelError, ServiceError):
            _settle(settings, number, moved=False)
            raise
        _settle(settings, number, moved=True)
    registry.tag_version(settings, version, {"decision": word, "decided_by": by, "reason": decision.reason})
    log.info("decided version=%s decision=%s by=%s previous=%s reason=%s", version, word, by, champion, decision.reason)


def watch_alias(settings: Settings, group: str = FLEET) -> dict[str, Any] | None:
    """Note a group's alias that was moved in MLflow itself, and return what was noted of it; None where all is as it was decided."""
    try:
        with deciding(settings, group) as standing:
            last = standing.last
    except (ConfigurationError, ModelError, ServiceError) as error:
        log.warning("whether the alias champion was moved outside is not known, the next run looks again reason=%s", error)
        return None
    if last is None or last.decided_by != OUTSIDE:
        return None
    noted_on = last.decided_at.date().isoformat()
    return {"id": last.id, "version": last.version, "previous": last.previous, "group": group, "noted_on": noted_on}


def _settled(settings: Settings, group: str) -> Standing:
    champion = registry.champion_version(settings, group)
    with database.connect(settings, "writer", work="promote") as connection:
        last = promotions.last_decided(connection, group)
    if last and not last.settled:
        if champion != last.version:
            before = registry.tags_of(settings, last.version).get(registry.PREVIOUS) or None
            registry.set_champion(settings, last.version, previous=before if last.decision == ROLLED_BACK else last.previous)
        _settle(settings, last.id, moved=True)
        log.warning("a decision that was cut short is carried out now version=%s by=%s", last.version, last.decided_by)
        return Standing(last.version, last, finished=True)
    if champion is not None and champion != (last.version if last else None):
        return _note_outside(settings, champion, last)
    return Standing(champion, last, finished=False)


def _note_outside(settings: Settings, champion: str, last: Decided | None) -> Standing:
    previous = last.version if last else None
    with database.connect(settings, "writer", work="promote") as connection:
        promotions.record_promotion(
            connection, version=champion, previous=previous, decided_by=OUTSIDE, decision=PROMOTED, reason=MOVED_OUTSIDE, figures={}
        )
        noted = promotions.last_decided(connection, group_of(champion))
    registry.tag_version(settings, champion, {registry.PREVIOUS: previous or "", "decision": PROMOTED, "decided_by": OUTSIDE})
    log.warning("the alias champion was moved outside version=%s previous=%s", champion, previous)
    return Standing(champion, noted, finished=False)


def _settle(settings: Settings, number: int | None, *, moved: bool) -> None:
    if number is not None:
        with database.connect(settings, "writer", work="promote") as connection:
            promotions.settle(connection, number, moved=moved)
