"""What validation days teach after the weights are learnt: how wide intervals must be, and how far to trust a companion model."""

from __future__ import annotations

import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES, Origins
from pipeline.core.series.windows import WindowGrid

PRIOR_DAYS = 56  # site-days that speak for the middle share before validation is heard
PRIOR_DAYS_OF_WIDTH = 7  # days that speak for the network's own widths
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


def interval_factors(quantiles: np.ndarray, target: np.ndarray, observed: np.ndarray, day: np.ndarray, lowest: np.ndarray) -> np.ndarray:
    """Return the factor ``(Q,)`` by which each quantile's distance from the median makes its central interval cover what it says.

    Split-conformal on the ratio of error to distance (after Romano, Patterson & Candès 2019). Both ends of an interval share a factor,
    so that the bias of a few days is not taken for a shape, and few days say little: their factor is drawn to 1. The median's is 1.
    A new site-day misses the quantile of ``n`` others by up to ``1 / n`` more often than it says; half of that is made good.

    Args:
        quantiles: Forecasts of days the network did not learn from, ``(B, S, Q)``.
        target: ``(B, S)``.
        observed: ``(B, S)``.
        day: ``(B,)`` day of each row: sites share the weather of a day, so days count, not rows.
        lowest: Bound of each forecast, broadcast to ``(B, S, Q)``; an end that lies on it stays there and always covers.
    """
    factors = np.ones(len(LEVELS))
    days, rows = len(np.unique(day)), max(int(observed.any(-1).sum()), 1)
    for low in range(MEDIAN):
        high = len(LEVELS) - 1 - low
        ratio = np.maximum(_ratio(quantiles, low, target, lowest), _ratio(quantiles, high, target, lowest))
        known = observed & np.isfinite(ratio)
        if known.any():
            level = min(1.0, (LEVELS[high] - LEVELS[low]) * (1 + 0.5 / rows))
            needed = np.clip(np.quantile(ratio[known], level), 1 / WIDEST, WIDEST)
            factors[[low, high]] = 1 + (needed - 1) * days / (days + PRIOR_DAYS_OF_WIDTH)
    return factors


def _ratio(quantiles: np.ndarray, level: int, target: np.ndarray, lowest: np.ndarray) -> np.ndarray:
    """Return how far, in distances from the median to one end of an interval, the actual lies beyond the median on that side."""
    median, end = quantiles[..., MEDIAN], quantiles[..., level]
    distance = end - median
    ratio = np.divide(target - median, distance, out=np.full(target.shape, np.nan), where=np.abs(distance) > 1e-9 * np.abs(median))
    return np.where((level < MEDIAN) & (end <= lowest[..., 0]), 0.0, ratio)


def widen(quantiles: np.ndarray, factors: np.ndarray, lowest: np.ndarray) -> np.ndarray:
    """Return the quantiles with their distances from the median multiplied, still ascending; what lies on the bound stays there.

    Args:
        quantiles: ``(B, S, Q)``.
        factors: By quantile, broadcast to ``(B, S, Q)``.
        lowest: Bound, broadcast likewise.
    """
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    moved = np.where(quantiles <= lowest, quantiles, median + (quantiles - median) * factors.astype(quantiles.dtype))
    below = np.minimum.accumulate(moved[..., : MEDIAN + 1][..., ::-1], axis=-1)[..., ::-1]
    above = np.maximum.accumulate(moved[..., MEDIAN:], axis=-1)
    return np.concatenate([below, above[..., 1:]], axis=-1)
