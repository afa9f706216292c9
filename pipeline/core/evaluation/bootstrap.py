"""How sure a comparison is: days are drawn again with replacement, for both models the same ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES = 2000


class Interval(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def ratio_interval(numerator: np.ndarray, denominator: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Return sum(numerator) / sum(denominator) with its 95 % bootstrap interval over days; NaN where the denominator is 0.

    Args:
        numerator: ``(T,)`` one sum per day, for instance a model's absolute error.
        denominator: ``(T,)`` the same days' sum of what it is compared with.
        resamples: How often the days are drawn.
        seed: Makes two calls equal.

    Example:
        >>> ratio_interval(np.array([1.0, 1.0]), np.array([2.0, 2.0]))
        Interval(value=0.5, low=0.5, high=0.5)
    """
    days = len(numerator)
    drawn = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), size=resamples)  # (R, T) times each day is drawn
    above, below = drawn @ np.asarray(numerator, np.float64), drawn @ np.asarray(denominator, np.float64)
    ratios = above[below > 0] / below[below > 0]
    if not ratios.size or not np.sum(denominator) > 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Interval(float(np.sum(numerator) / np.sum(denominator)), float(low), float(high))


def gain(challenger: np.ndarray, champion: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Return by which share the challenger's loss is below the champion's on the same days, with its 95 % interval.

    Positive is better: 0.05 is five per cent less loss. Better beyond noise means ``low > 0``.

    Args:
        challenger: ``(T,)`` loss of each day.
        champion: ``(T,)`` loss of the same days.
        resamples: How often the days are drawn.
        seed: Makes two calls equal.

    Example:
        >>> gain(np.array([3.0, 3.0, 3.0]), np.array([4.0, 4.0, 4.0]))
        Interval(value=0.25, low=0.25, high=0.25)
    """
    ratio, low, high = ratio_interval(challenger, champion, resamples=resamples, seed=seed)
    return Interval(1 - ratio, 1 - high, 1 - low)
