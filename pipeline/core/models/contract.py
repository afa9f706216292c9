"""The contract every forecaster keeps: a network, a gradient-boosted tree or a naive rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from pipeline.core.series.grid import Grid

QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100):02d}" for q in QUANTILES)
MEDIAN = QUANTILES.index(0.50)
ATTENTION_BANDS = 4
WORTH = "worth."  # before the name of a covariate, among the figures of a fit: the validation error with it over the one without


@dataclass(frozen=True)
class Origins:
    """What to forecast, one row per (site, target day), ``B`` rows.

    Args:
        site: ``(B,)`` index into ``Grid.sites``.
        day: ``(B,)`` index of the target day; it may be the first day after the grid.
        unknown_steps: ``(B,)`` steps before the start of the target day that were not known yet; 0 for a cutoff at midnight, ``S / 4``
            for one at 18:00. Forecasters must not look at them even where the grid holds them.
    """

    site: np.ndarray
    day: np.ndarray
    unknown_steps: np.ndarray

    def __len__(self) -> int:
        return len(self.site)

    def subset(self, chosen: np.ndarray) -> Self:
        """Return the rows that ``chosen`` names, a mask ``(B,)`` or an index."""
        return type(self)(self.site[chosen], self.day[chosen], self.unknown_steps[chosen])

    @classmethod
    def every(cls, sites: int, days: range, unknown_steps: int | np.ndarray = 0) -> Self:
        """Return the origins of every site on every day, day by day; ``unknown_steps`` are those of all sites, or ``(sites,)`` of each."""
        day, site = np.meshgrid(np.arange(days.start, days.stop), np.arange(sites), indexing="ij")
        return cls(site.ravel(), day.ravel(), np.broadcast_to(unknown_steps, sites)[site.ravel()])


@dataclass(frozen=True)
class Forecast:
    """Quantiles per step of the target day, and what the model looked at.

    Args:
        origins: The ``B`` rows that were asked for.
        quantiles: ``(B, S, Q)`` in the unit of ``throughput``, ascending along Q, levels ``QUANTILES``; NaN where the forecaster has
            nothing to go by (a site without a single reading in its context).
        attention: ``(B, ATTENTION_BANDS, L)`` weights over past days (last = the day before the target), mean over heads and the steps
            of a band; sums to 1 along L. None where the forecaster pays none.
    """

    origins: Origins
    quantiles: np.ndarray
    attention: np.ndarray | None = None

    def subset(self, chosen: np.ndarray) -> Self:
        """Return the rows that ``chosen`` names, a mask ``(B,)`` or an index."""
        attention = None if self.attention is None else self.attention[chosen]
        return type(self)(self.origins.subset(chosen), self.quantiles[chosen], attention)


@dataclass(frozen=True)
class Split:
    """Spans of target-day indexes: learn from ``train``, stop and calibrate on ``validation``; neither sees a later day."""

    train: range
    validation: range


@dataclass(frozen=True)
class Progress:
    """One line of the story of a training: shown in logs and kept as curves.

    Args:
        iteration: Counted over all members, one after the other.
        iterations: Of all members together.
        loss: Of the last batch.
        validation: Score on the validation days, where they were looked at.
        member: Which part of an ensemble speaks, counted from 1.
        members: How many there are.
        lap: Which of ``laps`` fits this is, counted from 1: some models learn once more when validation has spoken.
        laps: How many there will be.
    """

    iteration: int
    iterations: int
    loss: float
    validation: float | None = None
    member: int = 1
    members: int = 1
    lap: int = 1
    laps: int = 1


@dataclass(frozen=True)
class FitOptions:
    """How to fit, not what.

    Args:
        seed: Makes two fits equal on the same device.
        device: ``auto`` (CUDA if there), ``cpu`` or ``cuda``.
        checkpoint: File (safetensors) to resume from and to refresh every ``checkpoint_seconds``; None for none.
        keep: Called with each checkpoint that was written.
        report: Called with every ``Progress``.
        unknown_steps: ``(N,)`` steps before a target day of each site that its cutoff does not know; None where cutoffs are midnights. What
            validation decides is decided as seen from there.
    """

    seed: int = 0
    device: str = "auto"
    checkpoint: Path | None = None
    checkpoint_seconds: float = 15.0
    keep: Callable[[Path], None] = field(default=lambda _: None)
    report: Callable[[Progress], None] = field(default=lambda _: None)
    unknown_steps: np.ndarray | None = None

    def unknown_at(self, sites: int) -> np.ndarray:
        """Return the unknown steps ``(N,)`` of each of ``sites`` sites, 0 where cutoffs are midnights."""
        return np.zeros(sites, np.int64) if self.unknown_steps is None else self.unknown_steps


class Forecaster(Protocol):
    """A day-ahead forecaster.

    ``settings`` are plain JSON values: with the name they rebuild the forecaster, with ``save``'s files they restore it.
    """

    name: str
    settings: dict[str, Any]
    context_days: int

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Learn from the grid's target days in ``split`` and return figures of the fit (``train_seconds`` …)."""
        ...

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin from the ``context_days`` days before it, never from anything later."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything ``load`` needs into an existing folder: ``config.json`` and safetensors or text; never a pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote.

        Raises:
            ModelError: A file is missing, corrupted, or written by another architecture version.
        """
        ...
