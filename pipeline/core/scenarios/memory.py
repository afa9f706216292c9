"""What days that are over leave for the scenarios of the next: how errors moved together, and how far off the day's quantities were."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from pipeline.core.scenarios.margins import scores
from pipeline.core.scenarios.paths import PAST_DAYS, PATHS, draw
from pipeline.core.scenarios.quantities import peaks, volumes
from pipeline.core.scenarios.spread import Correction, learn, score_in, spread_of

LEARNT_DAYS = 42  # days whose peaks, volumes and totals correct the next
ENOUGH = 0.5  # share of a day's steps that must have a reading for its peak and volume to teach
QUANTITIES = {"peak": peaks, "volume": volumes}


@dataclass(frozen=True)
class Memory:
    """Scores of the last days, the newest last; ``N`` sites, ``S`` steps.

    Args:
        steps: Normal scores of the actuals, ``(D, N, S)``, at most ``PAST_DAYS``.
        quantities: Scores ``(D, M)`` of the actual peaks, volumes … by name, at most ``LEARNT_DAYS``.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def empty(cls, sites: int, steps: int) -> Self:
        """Return the memory of nothing."""
        return cls(np.full((0, sites, steps), np.nan, np.float32))

    def draw(self, quantiles: np.ndarray, count: int = PATHS) -> np.ndarray:
        """Return paths ``(P, N, S)`` of a day with these quantiles ``(N, S, Q)``; without any day, each site's steps move as one."""
        past = self.steps if len(self.steps) else np.full((1, *quantiles.shape[:-1]), np.nan, np.float32)
        return draw(quantiles, past, count)

    def correction(self, name: str, count: int) -> Correction:
        """Return what was learnt of a quantity with ``count`` series; nothing where no day has taught."""
        past = self.quantities.get(name)
        return Correction.none(count) if past is None else learn(past)

    def after(self, quantiles: np.ndarray, actual: np.ndarray, observed: np.ndarray, found: dict[str, np.ndarray]) -> Self:
        """Return the memory one day later.

        Args:
            quantiles: What was forecast, ``(N, S, Q)``.
            actual: ``(N, S)``.
            observed: ``(N, S)`` True where the actual is known.
            found: Scores ``(M,)`` of the day's quantities by name, NaN where unknown, as ``judged`` gives them.
        """
        steps = np.concatenate([self.steps, scores(quantiles, actual, observed)[None]])[-PAST_DAYS:]
        kept = {name: np.concatenate([self.quantities.get(name, row[None][:0]), row[None]])[-LEARNT_DAYS:] for name, row in found.items()}
        return replace(self, steps=steps, quantities=self.quantities | kept)


def judged(paths: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores ``(N,)`` of the actual ``peak`` and ``volume`` under the paths; NaN where too little of the day was observed.

    Args:
        paths: What was drawn before the day, ``(P, N, S)``.
        actual: ``(N, S)``.
        observed: ``(N, S)``; steps that are not count on neither side.
    """
    enough = observed.mean(axis=-1) >= ENOUGH
    found = {}
    for name, of in QUANTITIES.items():
        value = of(np.where(observed, actual, 0.0)[None], observed)[0]
        found[name] = np.where(enough, score_in(spread_of(of(paths, observed)), value), np.nan)
    return found
