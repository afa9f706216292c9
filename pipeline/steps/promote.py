"""Make the challenger champion if the gate says so, and write down every decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.gate import CHAMPION, Decision, decide
from pipeline.core.series.groups import FLEET, group_of
from pipeline.errors import ModelError
from pipeline.steps.champion import PROMOTED, REJECTED, ROLLED_BACK, carry_out, deciding

GATE = "gate"


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a run's version today.

    Args:
        version: The version that the run registered.
        champion: The version that it would follow; None where there is no champion yet.
        decision: Whether it may follow, and why.
    """

    version: str
    champion: str | None
    decision: Decision


def promote(run: Run, settings: Settings, *, answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """Move the alias ``champion`` to the run's version if the gate says so, and keep the decision in table ``promotions``.

    The gate: weighted quantile loss below the best seasonal naive's, and below the champion's beyond noise; a retraining of the same
    architecture need only be as good. A reviewer may say no to what the gate allows, not yes to what it refuses: ``promote_version`` is
    for that. Deciding twice leaves one decision.

    Args:
        run: The training.
        settings: Give the registry and the database.
        answer: What a person said who was asked: ``approved``, ``by``, ``reason``; None where nobody was asked.

    Raises:
        StoreError: ``evaluate`` or ``register`` has not run.
        ServiceError: The tracking server or the database does not answer.
    """
    with deciding(settings, run.group):
        verdict = judge(run, settings)
        decision, decided_by = verdict.decision, GATE
        if answer and decision.promoted:
            decision, decided_by = _answered(answer, decision), answer["by"]
        word = PROMOTED if decision.promoted else REJECTED
        carry_out(settings, verdict.version, verdict.champion, word, decided_by, decision, verdict.champion)
    return Store(settings.store_url).write_result(
        run,
        "promote",
        {
            "version": verdict.version,
            "decision": word,
            "decided_by": decided_by,
            "reason": decision.reason,
            "figures": decision.figures,
            "url": version_url(settings, verdict.version),
        },
    )


def judge(run: Run, settings: Settings) -> Verdict:
    """Return what the gate says today of the version that a run registered; errors as in ``promote``."""
    store = Store(settings.store_url)
    version = store.read_result(run, "register")["version"]
    judged = store.read_result(run, "evaluate")
    evaluation = store.get(judged["evaluation"], lambda path: json.loads(path.read_text()))
    champion = registry.champion_version(settings, run.group)
    if champion == version:  # a second run of this step; the first may have failed to write its decision down
        champion = registry.previous_champion_version(settings, run.group)
    return Verdict(version, champion, _decide(settings, evaluation, champion, judged))


def decide_by_word(
    settings: Settings, version: str | None, by: str, reason: str, answer: dict[str, Any] | None = None, *, group: str = FLEET
) -> dict[str, Any]:
    """Carry out what a person, or the shadow, asked for, and what a reviewer answered; return the decision.

    Args:
        settings: Give the registry and the database.
        version: Version to make champion; None to go back to the previous champion.
        by: Who asked.
        reason: Why, for the record.
        answer: As in ``promote``; None where nobody was asked.
        group: Whose previous champion, where no version is named.

    Raises:
        ModelError: There is no such version, or no previous champion, or its files cannot be trusted.
    """
    if version is None:
        word, version = ROLLED_BACK, rollback(settings, by, reason, group)
    elif answer is None:
        word, _ = PROMOTED, promote_version(settings, version, by, reason)
    else:
        decision, by = _answered(answer, Decision(True, f"asked by {by}: {reason}", {})), answer["by"]
        reason = decision.reason
        word = PROMOTED if decision.promoted else REJECTED
        if decision.promoted:
            promote_version(settings, version, by, reason)
        else:
            with deciding(settings, group_of(version)) as standing:
                carry_out(settings, version, standing.champion, word, by, decision, None)
    return {"version": version, "decision": word, "decided_by": by, "reason": reason, "url": version_url(settings, version)}


def promote_version(settings: Settings, version: str, decided_by: str, reason: str) -> str | None:
    """Make a version champion by a person's word, past the gate, and return the version that was champion.

    Args:
        settings: Give the registry and the database.
        version: Name of the version.
        decided_by: Who takes the decision.
        reason: Why, for the record.

    Raises:
        ModelError: There is no such version, its files cannot be trusted, or somebody else has just decided.
    """
    with deciding(settings, group_of(version)) as standing:
        champion = standing.champion
        if champion != version:
            carry_out(settings, version, champion, PROMOTED, decided_by, Decision(True, reason, {}), champion)
        return champion


def rollback(settings: Settings, decided_by: str, reason: str, group: str = FLEET) -> str:
    """Make the previous champion champion again and return its version; the same rollback tried again goes no further back.

    Args:
        settings: Give the registry and the database.
        decided_by: Who takes the decision.
        reason: Why, for the record. The same person with the same reason tries the same again; another reason goes back one more.
        group: Whose champion; the fleet's where none is named.

    Raises:
        ModelError: There is no previous champion, or somebody else has just decided.
    """
    with deciding(settings, group) as standing:
        champion, last = standing.champion, standing.last
        if last and (last.decision, last.decided_by, last.reason) == (ROLLED_BACK, decided_by, reason):
            return last.version
        previous = registry.previous_champion_version(settings, group)
        if previous is None:
            model = settings.model_of(group)
            raise ModelError(f"model {model} has no previous champion to go back to; its champion is {champion or 'none'}")
        before = registry.tags_of(settings, previous).get(registry.PREVIOUS) or None  # not the one that is being left
        carry_out(settings, previous, champion, ROLLED_BACK, decided_by, Decision(True, reason, {}), before)
        return previous


def _answered(answer: dict[str, Any], asked: Decision) -> Decision:
    said = f"{'approved' if answer['approved'] else 'rejected'}: {answer['reason'] or 'no reason given'}"
    return Decision(bool(answer["approved"]), f"{said}; {asked.reason}", asked.figures)


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
