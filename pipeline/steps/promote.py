"""Make the challenger champion if the gate says so, and write down every decision."""

from __future__ import annotations

import json
import logging
from typing import Any

from pipeline.adapters import database, registry
from pipeline.adapters.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.gate import CHAMPION, Decision, decide
from pipeline.errors import ModelError

log = logging.getLogger(__name__)

PROMOTED, REJECTED, ROLLED_BACK = "promoted", "rejected", "rolled_back"


def promote(run: Run, settings: Settings, *, approval: bool | None = None) -> dict[str, Any]:
    """Move the alias ``champion`` to the run's version if the gate says so, and keep the decision in table ``promotions``.

    The gate: weighted quantile loss below the best seasonal naive's, and below the champion's beyond noise. Deciding twice leaves one
    decision.

    Args:
        run: The training.
        settings: Give the registry and the database.
        approval: What a person said who was asked; False keeps the champion whatever the gate says, None where nobody was asked.

    Raises:
        StoreError: ``evaluate`` or ``register`` has not run.
        ServiceError: The tracking server or the database does not answer.
    """
    store = Store(settings.store_url)
    version = store.read_result(run, "register")["version"]
    judged = store.read_result(run, "evaluate")
    evaluation = store.get(judged["evaluation"], lambda path: json.loads(path.read_text()))
    champion = registry.champion_version(settings)
    if champion == version:  # a second run of this step; the first may have failed to write its decision down
        champion = registry.previous_champion_version(settings)
    decision, decided_by = _decide(settings, evaluation, champion, judged), "gate"
    if approval is False and decision.promoted:
        decision, decided_by = Decision(False, f"a reviewer said no; the gate: {decision.reason}", decision.figures), "reviewer"
    word = PROMOTED if decision.promoted else REJECTED
    _carry_out(settings, version, champion, word, decided_by, decision, champion)
    return store.write_result(
        run,
        "promote",
        {
            "version": version,
            "decision": word,
            "reason": decision.reason,
            "figures": decision.figures,
            "url": registry.version_url(settings, version),
        },
    )


def promote_version(settings: Settings, version: str, decided_by: str, reason: str) -> str | None:
    """Make a version champion by a person's word, past the gate, and return the version that was champion.

    Args:
        settings: Give the registry and the database.
        version: Number of the version.
        decided_by: Who takes the decision.
        reason: Why, for the record.

    Raises:
        ModelError: There is no such version, or its files cannot be trusted.
    """
    champion = registry.champion_version(settings)
    if champion == version:
        return champion
    _carry_out(settings, version, champion, PROMOTED, decided_by, Decision(True, reason, {}), champion)
    return champion


def rollback(settings: Settings, decided_by: str, reason: str) -> str:
    """Make the previous champion champion again and return its version.

    Raises:
        ModelError: There is no previous champion.
    """
    champion, previous = registry.champion_version(settings), registry.previous_champion_version(settings)
    if previous is None:
        raise ModelError(f"model {settings.registered_model} has no previous champion to go back to; its champion is {champion or 'none'}")
    before = registry.tags_of(settings, previous).get(registry.PREVIOUS) or None  # not the one that is being left
    _carry_out(settings, previous, champion, ROLLED_BACK, decided_by, Decision(True, reason, {}), before)
    return previous


def _decide(settings: Settings, evaluation: dict[str, Any], champion: str | None, judged: dict[str, Any]) -> Decision:
    decision = decide(evaluation)
    same = str(judged.get("champion_version") or champion) == champion
    if champion is None or not decision.promoted or (CHAMPION in evaluation["models"] and same):
        return decision
    if same and judged.get("champion_unfit"):
        return Decision(True, f"{decision.reason}; champion {champion} cannot forecast: {judged['champion_unfit']}", decision.figures)
    try:
        registry.load_version(settings, champion)
    except ModelError as error:
        return Decision(True, f"{decision.reason}; champion {champion} cannot be loaded: {error}", decision.figures)
    return Decision(False, f"the backtest did not judge champion {champion}: run evaluate again, then promote", decision.figures)


def _carry_out(
    settings: Settings, version: str, champion: str | None, word: str, decided_by: str, decision: Decision, follows: str | None
) -> None:
    """Move the alias where the decision says so, tag the version and add the row; nothing moves while the database is away."""
    with database.connect(settings, "writer") as connection:
        if decision.promoted:
            registry.set_champion(settings, version, previous=follows)
        registry.tag_version(settings, version, {"decision": word, "decided_by": decided_by, "reason": decision.reason})
        database.record_promotion(
            connection,
            version=version,
            previous=champion,
            decided_by=decided_by,
            decision=word,
            reason=decision.reason,
            figures=decision.figures,
        )
    log.info("decided version=%s decision=%s by=%s previous=%s reason=%s", version, word, decided_by, champion, decision.reason)
