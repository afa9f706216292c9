"""How much higher or lower the last days were than an expert said: decayed means of daily log ratios, drawn to zero by their own noise."""

from __future__ import annotations

import numpy as np

PARTS = 8  # of the day, each with a level of its own
LARGEST_LOG_RATIO = 2.0  # a day further below what was said is an outage and says nothing of the level
FEWEST_STEPS = 0.25  # of a day or part of it, to say anything
WEIGHT, SQUARED_WEIGHT, TOTAL, SQUARE = range(4)  # columns of the sums


def empty_sums(*shape: int) -> np.ndarray:
    """Return the sums of no day, ``(…, 4)``."""
    return np.zeros((*shape, 4))


def added(sums: np.ndarray, log_ratio: np.ndarray, decay: np.ndarray | float) -> np.ndarray:
    """Return the sums ``(…, 4)`` a day later.

    Args:
        sums: Decayed sums of weights, squared weights, log ratios and their squares.
        log_ratio: ``(…)`` of the day; NaN where it says nothing.
        decay: Weight of a day relative to the one after it, broadcast to ``log_ratio``.
    """
    known = np.isfinite(log_ratio)
    value = np.where(known, log_ratio, 0.0)
    kept = np.broadcast_to(np.asarray(decay, float), value.shape)[..., None]
    faded = sums * np.concatenate([kept, kept**2, kept, kept], axis=-1)
    return faded + np.stack([known, known, value, value**2], axis=-1)


def level_of(sums: np.ndarray) -> np.ndarray:
    """Return the log of the factor ``(…)`` that the sums speak for: their mean ``m`` times ``m² / (m² + variance / n)``; 0 without a day.

    ``n`` counts days as a decayed mean does, (Σw)² / Σw².

    Example:
        >>> steady = empty_sums()
        >>> for _ in range(5):
        ...     steady = added(steady, np.float64(0.1), 0.7)
        >>> round(float(level_of(steady)), 3)
        0.1
        >>> noisy = empty_sums()
        >>> for ratio in (0.9, -0.7, 0.8, -0.8, 0.7):
        ...     noisy = added(noisy, np.float64(ratio), 0.7)
        >>> round(float(level_of(noisy)), 3)
        0.036
    """
    weight = np.maximum(sums[..., WEIGHT], 1e-9)
    mean = sums[..., TOTAL] / weight
    variance = np.maximum(sums[..., SQUARE] / weight - mean**2, 0.0)
    days = np.maximum(weight**2 / np.maximum(sums[..., SQUARED_WEIGHT], 1e-9), 1e-9)
    return mean * mean**2 / (mean**2 + variance / days + 1e-12)


def log_ratios(actual: np.ndarray, observed: np.ndarray, median: np.ndarray) -> np.ndarray:
    """Return the log of the factor that would have made each row's forecast lose least; NaN where too few steps tell.

    The factor that minimises Σ|y − f·m| is the median of y/m weighted by m: one burst does not move it.

    Args:
        actual: ``(…, S)``.
        observed: ``(…, S)``.
        median: ``(…, S)`` forecasts; a step at or below zero counts nowhere.
    """
    counted = observed & np.isfinite(median) & (median > 0)
    weight = np.where(counted, median, 0.0)
    ratio = np.where(counted, actual / np.where(counted, median, 1.0), np.inf)
    order = np.argsort(ratio, axis=-1)
    total = np.cumsum(np.take_along_axis(weight, order, axis=-1), axis=-1)
    middle = (total >= total[..., -1:] / 2).argmax(axis=-1)
    factor = np.take_along_axis(ratio, np.take_along_axis(order, middle[..., None], axis=-1), axis=-1)[..., 0]
    enough = counted.sum(axis=-1) >= max(1, round(FEWEST_STEPS * actual.shape[-1]))
    with np.errstate(divide="ignore"):
        found = np.log(np.where(enough, np.maximum(factor, 0.0), np.nan))
    return np.where(found > -LARGEST_LOG_RATIO, np.minimum(found, LARGEST_LOG_RATIO), np.nan)
