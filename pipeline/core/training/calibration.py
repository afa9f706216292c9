"""What validation days teach after the weights are learnt: how wide intervals must be, and how far to trust a companion model."""

from __future__ import annotations

import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES, Origins
from pipeline.core.series.windows import WindowGrid

PRIOR_DAYS = 7  # site-days that speak for the network's own widths, and for the middle share, before validation is heard
MIDDLE_SHARE = 0.3
SHARES = np.linspace(0, 0.9, 19)
WIDEST = 4.0
LEVELS = np.array(QUANTILES)


def quantile_loss_on(quantiles: np.ndarray, target: np.ndarray, observed: np.ndarray) -> float:
    """Return twice the summed pinball loss over the summed actuals, mean over the levels; NaN forecasts count as 0.

    Args:
        quantiles: ``(B, S, Q)`` in throughput.
        target: ``(B, S)`` actual throughput.
        observed: ``(B, S)`` True where an actual exists.
    """
    error = np.where(observed[..., None], target[..., None] - np.nan_to_num(quantiles), 0.0)
    pinball = np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(-1).sum()
    return float(2 * pinball / max(np.abs(target[observed]).sum(), 1e-9))


def weighted_quantile_loss(quantiles: np.ndarray, windows: WindowGrid, origins: Origins) -> float:
    """Return the weighted quantile loss of forecasts ``(B, S, Q)`` on the target days of their origins."""
    return quantile_loss_on(quantiles, *windows.targets(origins.site, origins.day))


def companion_share(own: np.ndarray, other: np.ndarray, target: np.ndarray, observed: np.ndarray) -> float:
    """Return the share of ``other`` in the convex mixture of two forecasts that loses least, drawn to a middle value where days are few.

    Args:
        own: Quantiles of the network, ``(B, S, Q)``.
        other: Quantiles of the companion, ``(B, S, Q)``.
        target: ``(B, S)``.
        observed: ``(B, S)``.
    """
    losses = [quantile_loss_on((1 - share) * own + share * other, target, observed) for share in SHARES]
    best = float(SHARES[int(np.argmin(losses))])
    days = len(target)
    return (days * best + PRIOR_DAYS * MIDDLE_SHARE) / (days + PRIOR_DAYS)


def interval_factors(quantiles: np.ndarray, target: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return the factor ``(Q,)`` by which each quantile's distance from the median makes it cover what its level says.

    Split-conformal on the ratio of error to distance (after Romano, Patterson & Candès 2019), drawn to 1 where site-days are few. The
    factor of the median is 1.

    Args:
        quantiles: Forecasts of days the network did not learn from, ``(B, S, Q)``.
        target: ``(B, S)``.
        observed: ``(B, S)``.
    """
    factors = np.ones(len(LEVELS))
    median = quantiles[..., MEDIAN]
    weight = len(target) / (len(target) + PRIOR_DAYS)
    for i, level in enumerate(LEVELS):
        distance = np.abs(quantiles[..., i] - median)
        usable = observed & (distance > 1e-9 * np.abs(median)) & (distance > 0)
        if i == MEDIAN or not usable.any():
            continue
        error = (target - median)[usable] if i > MEDIAN else (median - target)[usable]
        needed = np.quantile(error / distance[usable], max(level, 1 - level))
        factors[i] = 1 + weight * (np.clip(needed, 1 / WIDEST, WIDEST) - 1)
    return factors


def widen(quantiles: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return the quantiles with their distances from the median multiplied, still ascending."""
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    moved = median + (quantiles - median) * factors.astype(quantiles.dtype)
    below = np.minimum.accumulate(moved[..., : MEDIAN + 1][..., ::-1], axis=-1)[..., ::-1]
    above = np.maximum.accumulate(moved[..., MEDIAN:], axis=-1)
    return np.concatenate([below, above[..., 1:]], axis=-1)
