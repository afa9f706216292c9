"""What a reviewer is asked about a version, in Markdown: the gate's word, where to look, and the model card."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.mlflow.model_card import without_pictures
from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.core.series.groups import group_of
from pipeline.steps.promote import judge


@dataclass(frozen=True)
class Question:
    """A question to a person, or why none is asked.

    Args:
        subject: The question, one line.
        body: What to decide it by, Markdown.
        needless: Why nobody need be asked; empty where somebody must.
    """

    subject: str = ""
    body: str = ""
    needless: str = ""


def review_run(run: Run, settings: Settings) -> Question:
    """Return what to ask about the version of a training; nothing where the gate refuses it, for a reviewer could not overrule that.

    Raises:
        StoreError: ``evaluate`` or ``register`` has not run.
        ServiceError: The tracking server does not answer.
    """
    verdict = judge(run, settings)
    needless = "" if verdict.decision.promoted else f"the gate refuses version {verdict.version}: {verdict.decision.reason}"
    return _ask(settings, verdict.version, verdict.champion, "The gate lets it pass; the last word is yours.", needless)


def review_version(settings: Settings, version: str | None, asked_by: str, reason: str) -> Question:
    """Return what to ask about a version that somebody, or the shadow, wants as champion; going back (no version) asks nobody.

    Raises:
        ModelError: There is no such version.
        ServiceError: The tracking server does not answer.
    """
    if not version:
        return Question(needless="going back to the previous champion must not wait")
    champion = registry.champion_version(settings, group_of(version))
    needless = f"version {version} is champion already" if champion == version else ""
    return _ask(settings, version, champion, f"Asked by {asked_by}: {reason}.", needless)


def _ask(settings: Settings, version: str, champion: str | None, why: str, needless: str) -> Question:
    first = f"the first champion of {group}" if (group := group_of(version)) else "the first champion"
    place = f"in the place of version {champion}" if champion else first
    page = f"[Version {version} in MLflow]({version_url(settings, version)})"
    card = without_pictures(registry.description_of(settings, version))
    body = f"{why}\n\n{page} shows its pictures, curves and tables.\n\n---\n\n{card}"
    return Question(f"Make version {version} champion, {place}?", body, needless)
