"""Who is heard: a forecaster's own parts, the naive rules, and copies moved by the recent level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from pipeline.core.learning.levels import PARTS
from pipeline.core.models.contract import Forecaster, Origins
from pipeline.core.models.peers.seasonal_naive import SeasonalNaiveDay, SeasonalNaiveMean, SeasonalNaiveWeek
from pipeline.core.series.grid import Grid

NAIVES = (SeasonalNaiveDay, SeasonalNaiveWeek, SeasonalNaiveMean)
COPIES = ("site", "slow", "parts", "fleet")  # of the main expert, each moved by another level
FIRST_COPY = "first site"  # the first own expert moved by its own level, where it is not the main one


@dataclass(frozen=True)
class Experts:
    """What each expert says of each origin.

    Args:
        origins: ``B`` rows.
        names: Of the ``E`` experts.
        main: The one that the copies are made of: what the forecaster would publish.
        quantiles: ``(E, B, S, Q)``; NaN where an expert has nothing to go by.
        lowest: ``(B,)`` bound below which nothing is forecast.
        highest: ``(B,)`` bound above.
        factors: ``(Q,)`` how much the forecaster itself would widen the main expert's distances from the median.
        attention: As in ``Forecast``.
    """

    origins: Origins
    names: tuple[str, ...]
    main: str
    quantiles: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    factors: np.ndarray
    attention: np.ndarray | None = None


@runtime_checkable
class HasExperts(Protocol):
    """A forecaster that is made of several."""

    def experts(self, grid: Grid, origins: Origins) -> Experts:
        """Return what its parts say, before any frozen width."""
        ...


def experts_of(forecaster: Forecaster, grid: Grid, origins: Origins) -> Experts:
    """Return the forecaster's own experts and the naive rules, on the origins that the forecaster answers."""
    own = forecaster.experts(grid, origins) if isinstance(forecaster, HasExperts) else _alone(forecaster, grid, origins)
    naives = [rule() for rule in NAIVES]
    said = [rule.forecast(grid, origins).quantiles for rule in naives]
    return Experts(
        origins,
        (*own.names, *(rule.name for rule in naives)),
        own.main,
        np.concatenate([own.quantiles, np.stack(said)]),
        own.lowest,
        own.highest,
        own.factors,
        own.attention,
    )


def copies_of(own: tuple[str, ...], main: str) -> tuple[str, ...]:
    """Return the names of the copies of a forecaster's experts."""
    return (*(f"{main} {copy}" for copy in COPIES), *([f"{own[0]} {FIRST_COPY}"] if own[0] != main else []))


def by_part(levels: np.ndarray, steps: int) -> np.ndarray:
    """Return the level of each step ``(B, S)`` from those of the parts of the day ``(B, PARTS)``."""
    return levels[:, np.arange(steps) * PARTS // steps]


def _alone(forecaster: Forecaster, grid: Grid, origins: Origins) -> Experts:
    made = forecaster.forecast(grid, origins)
    finite = np.nan_to_num(made.quantiles)
    lowest = np.where(finite.min(axis=(1, 2)) < 0, -np.inf, 0.0)
    names = (forecaster.name,)
    none = np.ones(made.quantiles.shape[-1])
    return Experts(origins, names, names[0], made.quantiles[None], lowest, np.full(len(origins), np.inf), none, made.attention)
