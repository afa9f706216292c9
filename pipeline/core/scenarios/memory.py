"""What days that are over leave for the next: who spoke well of the peak, and how far off peaks and volumes were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from pipeline.core.models.contract import MEDIAN
from pipeline.core.scenarios import mixing
from pipeline.core.scenarios.quantities import peaks, volumes
from pipeline.core.scenarios.spread import Correction, corrected, learn, score_in, spread_of

LEARNT_DAYS = 42  # days whose peaks and volumes correct the next
RATIO_DAYS = 28
ENOUGH = 0.5  # share of a day's steps, or of a fleet's sites, that must have a reading to teach


@dataclass(frozen=True)
class Lesson:
    """What a day that is over teaches of ``N`` sites; NaN where it teaches nothing.

    Args:
        losses: ``(N, E)`` of those who spoke of the peak.
        ratio: ``(N,)`` logarithm of the peak over the largest median.
        peak: ``(N,)`` score of the actual under what was said of it.
        volume: ``(N,)`` the same.
    """

    losses: np.ndarray
    ratio: np.ndarray
    peak: np.ndarray
    volume: np.ndarray

    @classmethod
    def none(cls, sites: int) -> Self:
        """Return the lesson of a day that nothing is known of."""
        unknown = np.full(sites, np.nan)
        return cls(np.full((sites, len(mixing.EXPERTS)), np.nan), unknown, unknown, unknown)

    @classmethod
    def joined(cls, parts: Sequence[Lesson]) -> Self:
        """Return what is taught of the sites of all parts, one after the other."""
        return cls(**{part.name: np.concatenate([getattr(lesson, part.name) for lesson in parts]) for part in fields(cls)})

    def of(self, sites: np.ndarray) -> Lesson:
        """Return what it teaches of these sites (``(N,)``, true or false), and nothing of the others."""
        rows = np.flatnonzero(sites)
        return Lesson(**{part.name: getattr(self, part.name)[rows] for part in fields(self)}).on_rows(rows, len(sites))

    def on_rows(self, rows: np.ndarray, sites: int) -> Lesson:
        """Return what it teaches as rows ``(M,)`` of so many sites, and nothing of the others."""
        whole = Lesson.none(sites)
        for part in fields(self):
            values = getattr(whole, part.name).copy()
            values[rows] = getattr(self, part.name)
            whole = replace(whole, **{part.name: values})
        return whole


@dataclass(frozen=True)
class Said:
    """Distributions of a day's quantities before it comes; ``K`` values each.

    Args:
        experts: ``(E, N, K)`` who spoke of the peak.
        peak: ``(N, K)`` mixed.
        volume: ``(N, K)``.
        highest: ``(N, Q)`` largest of each quantile.
    """

    experts: np.ndarray
    peak: np.ndarray
    volume: np.ndarray
    highest: np.ndarray


@dataclass(frozen=True)
class Advice:
    """What past days teach about the next day of ``N`` sites.

    Args:
        weights: ``(N, E)`` of those who speak of the peak.
        ratios: ``(N, RATIO_DAYS)``.
        peak: How to correct what is said of it.
        volume: The same.
    """

    weights: np.ndarray
    ratios: np.ndarray
    peak: Correction
    volume: Correction

    @classmethod
    def joined(cls, parts: Sequence[Advice]) -> Self:
        """Return the advice on the sites of all parts, one after the other."""
        corrections = [
            Correction(*(np.concatenate([getattr(getattr(part, name), field) for part in parts]) for field in ("shift", "width")))
            for name in ("peak", "volume")
        ]
        return cls(np.concatenate([part.weights for part in parts]), np.concatenate([part.ratios for part in parts]), *corrections)

    def subset(self, rows: np.ndarray) -> Advice:
        """Return the advice on the sites of some rows ``(M,)``."""
        return Advice(self.weights[rows], self.ratios[rows], self.peak.subset(rows), self.volume.subset(rows))

    def say(self, paths: np.ndarray, quantiles: np.ndarray, counted: np.ndarray) -> Said:
        """Return what is to be said of a day's quantities over the steps that count.

        Args:
            paths: ``(P, N, S)``.
            quantiles: ``(N, S, Q)``.
            counted: ``(N, S)``.
        """
        some = counted.any(axis=1, keepdims=True)
        highest = np.where(some, np.where(counted[..., None], quantiles, -np.inf).max(axis=1), 0.0)
        spoken = (
            spread_of(np.nan_to_num(peaks(paths, counted))),
            mixing.spread_of_steps(highest),
            mixing.spread_of_past(highest, self.ratios.T),
        )
        experts = np.stack(spoken)
        peak = (self.weights.T[..., None] * experts).sum(axis=0)
        return Said(experts, peak, spread_of(np.nan_to_num(volumes(paths.astype(np.float64), counted))), highest)

    def quantiles(self, said: Said) -> dict[str, np.ndarray]:
        """Return the quantiles ``(N, Q)`` to publish of ``peak`` and ``volume``."""
        return {"peak": corrected(said.peak, self.peak), "volume": corrected(said.volume, self.volume)}


@dataclass(frozen=True)
class Memory:
    """What the last days taught of ``N`` sites, the newest last; NaN where unknown.

    Args:
        losses: ``(N, E)`` decayed sums of those who spoke of the peak.
        days: ``(N,)`` decayed count of the days in them.
        ratios: ``(N, RATIO_DAYS)``.
        peak: ``(N, LEARNT_DAYS)`` scores.
        volume: ``(N, LEARNT_DAYS)`` scores.
    """

    losses: np.ndarray
    days: np.ndarray
    ratios: np.ndarray
    peak: np.ndarray
    volume: np.ndarray

    @classmethod
    def empty(cls, sites: int) -> Self:
        """Return the memory of nothing."""
        unknown = (np.full((sites, days), np.nan) for days in (RATIO_DAYS, LEARNT_DAYS, LEARNT_DAYS))
        return cls(np.zeros((sites, len(mixing.EXPERTS))), np.zeros(sites), *unknown)

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return what ``arrays`` returned, each ``(N, …)``."""
        return cls(**{part.name: arrays[f"{PREFIX}{part.name}"] for part in fields(cls)})

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays ``(N, …)`` by name, to be kept among others."""
        return {f"{PREFIX}{part.name}": getattr(self, part.name) for part in fields(self)}

    def advice(self) -> Advice:
        """Return what it teaches about the next day."""
        weights = mixing.weights(self.losses.T, self.days).T
        return Advice(weights, self.ratios, learn(self.peak.T), learn(self.volume.T))

    def after(self, lesson: Lesson) -> Memory:
        """Return the memory one day later."""
        told = np.isfinite(lesson.losses).all(axis=1)
        losses = mixing.FORGETTING * self.losses + np.where(told[:, None], lesson.losses, 0.0)
        newest = {name: np.column_stack([getattr(self, name)[:, 1:], row]) for name, row in _by_day(lesson).items()}
        return Memory(np.where(told[:, None], losses, self.losses), np.where(told, mixing.FORGETTING * self.days + 1, self.days), **newest)


PREFIX = "plan_"


def lesson_of(said: Said, actual: np.ndarray, observed: np.ndarray) -> Lesson:
    """Return what a day teaches, held against what was said of its observed steps.

    Args:
        said: What ``Advice.say`` said, with ``observed`` as the steps that count.
        actual: ``(N, S)``; any value where not observed.
        observed: ``(N, S)``; a site's day teaches where half of its steps are.
    """
    came = actuals(actual, observed)
    median = said.highest[:, MEDIAN]
    positive = (median > 0) & (came["peak"] > 0)
    ratio = np.log(np.divide(came["peak"], median, out=np.ones(len(median)), where=positive))
    losses = mixing.losses_of(said.experts, came["peak"])
    return Lesson(losses.T, np.where(positive, ratio, np.nan), score_in(said.peak, came["peak"]), score_in(said.volume, came["volume"]))


def actuals(actual: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    """Return a day's ``peak`` and ``volume`` by site ``(N,)`` and ``total`` by step ``(S,)``; NaN where less than half was observed."""
    value = np.where(observed, actual, 0.0)
    enough, many = observed.mean(axis=1) >= ENOUGH, observed.mean(axis=0) >= ENOUGH
    return {
        "peak": np.where(enough, peaks(value[None], observed)[0], np.nan),
        "volume": np.where(enough, volumes(value[None], observed)[0], np.nan),
        "total": np.where(many, value.sum(axis=0), np.nan),
    }


def _by_day(lesson: Lesson) -> dict[str, np.ndarray]:
    return {"ratios": lesson.ratio, "peak": lesson.peak, "volume": lesson.volume}
