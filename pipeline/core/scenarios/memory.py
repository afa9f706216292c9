"""What days that are over leave for the next: how errors moved together, and how far off the day's quantities were."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from pipeline.core.models.contract import MEDIAN
from pipeline.core.scenarios import mixing
from pipeline.core.scenarios.margins import scores
from pipeline.core.scenarios.paths import PAST_DAYS, PATHS, draw
from pipeline.core.scenarios.quantities import peaks, volumes
from pipeline.core.scenarios.spread import Correction, corrected, learn, score_in, spread_of

LEARNT_DAYS = 42  # days whose peaks, volumes and totals correct the next
RATIO_DAYS = 28
ENOUGH = 0.5  # share of a day's steps, or of a fleet's sites, that must have a reading to teach


@dataclass(frozen=True)
class Lesson:
    """What a day that is over teaches; ``N`` sites, ``S`` steps.

    Args:
        steps: ``(N, S)`` normal scores of the actuals.
        quantities: Scores ``(M,)`` of the actual ``peak``, ``volume`` … under what was said of them; NaN where unknown.
        losses: ``(E, N)`` of those who spoke of the peak.
        ratio: ``(N,)`` logarithm of the peak over the largest median.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray]
    losses: np.ndarray
    ratio: np.ndarray

    def without(self, sites: np.ndarray, unknown: np.ndarray) -> Self:
        """Return the lesson while the day's last steps ``(N, S)`` are ``unknown``: it teaches no quantity of those ``sites`` yet."""
        n = len(sites)
        kept = {
            name: np.where(sites if len(row) == n and name != "total" else sites.any(), np.nan, row)
            for name, row in self.quantities.items()
        }
        return replace(
            self,
            steps=np.where(unknown, np.nan, self.steps).astype(self.steps.dtype),
            quantities=kept,
            losses=np.where(sites, np.nan, self.losses),
            ratio=np.where(sites, np.nan, self.ratio),
        )


@dataclass(frozen=True)
class Said:
    """Distributions of a day's quantities before it comes; ``K`` values each.

    Args:
        experts: ``(E, N, K)`` who spoke of the peak.
        spreads: By name, ``(M, K)``: ``peak`` (mixed), ``volume`` and, with two sites or more, ``total`` by step.
        corrections: What past days teach about each, by name.
        highest: ``(N, Q)`` largest of each quantile.
    """

    experts: np.ndarray
    spreads: dict[str, np.ndarray]
    corrections: dict[str, Correction]
    highest: np.ndarray

    def quantiles(self, name: str) -> np.ndarray:
        """Return the quantiles ``(M, Q)`` to publish."""
        return corrected(self.spreads[name], self.corrections[name])


@dataclass(frozen=True)
class Memory:
    """What the last days taught, the newest last.

    Args:
        steps: ``(D, N, S)`` normal scores of the actuals, at most ``PAST_DAYS``.
        quantities: ``(D, M)`` scores of quantities by name, at most ``LEARNT_DAYS``.
        losses: ``(E, N)`` decayed sums.
        days: ``(N,)`` decayed count of the days in them.
        ratios: ``(D, N)``, at most ``RATIO_DAYS``.
    """

    steps: np.ndarray
    losses: np.ndarray
    days: np.ndarray
    ratios: np.ndarray
    quantities: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def empty(cls, sites: int, steps: int) -> Self:
        """Return the memory of nothing."""
        unknown = np.full((0, sites, steps), np.nan, np.float32)
        return cls(unknown, np.zeros((len(mixing.EXPERTS), sites)), np.zeros(sites), np.full((0, sites), np.nan))

    def draw(self, quantiles: np.ndarray, count: int = PATHS) -> np.ndarray:
        """Return paths ``(P, N, S)`` of a day with these quantiles ``(N, S, Q)``; a fleet without a past has one of unknown days."""
        past = self.steps if len(self.steps) else np.full((PAST_DAYS, *quantiles.shape[:-1]), np.nan, np.float32)
        return draw(quantiles, past, count)

    def say(self, paths: np.ndarray, quantiles: np.ndarray, counted: np.ndarray) -> Said:
        """Return what is to be said of a day's quantities over the steps that count ``(N, S)``."""
        some = counted.any(axis=1, keepdims=True)
        highest = np.where(some, np.where(counted[..., None], quantiles, -np.inf).max(axis=1), 0.0)
        spoken = (
            spread_of(np.nan_to_num(peaks(paths, counted))),
            mixing.spread_of_steps(highest),
            mixing.spread_of_past(highest, self.ratios),
        )
        experts = np.stack(spoken)
        peak = (mixing.weights(self.losses, self.days)[..., None] * experts).sum(axis=0)
        spreads = {"peak": peak, "volume": spread_of(np.nan_to_num(volumes(paths, counted)))}
        if len(quantiles) > 1:
            spreads["total"] = spread_of(np.where(counted, paths, 0.0).sum(axis=1))
        corrections = {name: self._correction(name, len(spread)) for name, spread in spreads.items()}
        return Said(experts, spreads, corrections, highest)

    def after(self, lesson: Lesson) -> Self:
        """Return the memory one day later."""
        told = np.isfinite(lesson.losses).all(axis=0)
        kept = {name: _newest(self.quantities.get(name), row, LEARNT_DAYS) for name, row in lesson.quantities.items()}
        return replace(
            self,
            steps=_newest(self.steps, lesson.steps, PAST_DAYS),
            quantities=self.quantities | kept,
            losses=np.where(told, mixing.FORGETTING * self.losses + np.where(told, lesson.losses, 0.0), self.losses),
            days=np.where(told, mixing.FORGETTING * self.days + 1, self.days),
            ratios=_newest(self.ratios, lesson.ratio, RATIO_DAYS),
        )

    def _correction(self, name: str, count: int) -> Correction:
        past = self.quantities.get(name)
        return Correction.none(count) if past is None else learn(past)


def lesson_of(said: Said, quantiles: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> Lesson:
    """Return what a day teaches, held against what was said of its observed steps.

    Args:
        said: What ``Memory.say`` said, with ``observed`` as the steps that count.
        quantiles: Of its steps, ``(N, S, Q)``.
        actual: ``(N, S)``; any value where not observed.
        observed: ``(N, S)``; a site's peak and volume teach where half of its steps are.
    """
    came = actuals(actual, observed)
    found = {name: score_in(spread, came[name]) for name, spread in said.spreads.items()}
    median = said.highest[:, MEDIAN]
    positive = (median > 0) & (came["peak"] > 0)
    ratio = np.log(np.divide(came["peak"], median, out=np.ones(len(median)), where=positive))
    losses = mixing.losses_of(said.experts, came["peak"])
    return Lesson(scores(quantiles, actual, observed), found, losses, np.where(positive, ratio, np.nan))


def actuals(actual: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    """Return a day's ``peak`` and ``volume`` by site ``(N,)`` and ``total`` by step ``(S,)``; NaN where less than half was observed."""
    value = np.where(observed, actual, 0.0)
    enough, many = observed.mean(axis=1) >= ENOUGH, observed.mean(axis=0) >= ENOUGH
    return {
        "peak": np.where(enough, peaks(value[None], observed)[0], np.nan),
        "volume": np.where(enough, volumes(value[None], observed)[0], np.nan),
        "total": np.where(many, value.sum(axis=0), np.nan),
    }


def _newest(rows: np.ndarray | None, row: np.ndarray, most: int) -> np.ndarray:
    return np.concatenate([row[None][:0] if rows is None else rows, row[None]])[-most:]
