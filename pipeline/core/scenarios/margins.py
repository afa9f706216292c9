"""The distribution of one step, from its seven quantiles: straight lines between them, generalised Pareto tails beyond.

What lies beyond ``q05`` and ``q95`` is told by no quantile. The excess over ``q95``, in distances from the median to ``q95``, follows a
generalised Pareto distribution (Pickands 1975) with fixed ``TAIL_SCALE`` and ``TAIL_SHAPE``: a little heavier than a normal tail (whose
scale would be near .26 and shape near 0). They are the same for every site, so that a shard needs no other shard's readings.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from pipeline.core.models.contract import MEDIAN, QUANTILES

TAIL_SCALE, TAIL_SHAPE = 0.4, 0.2
FARTHEST = 1e-5  # no actual says more of its level than this
LEVELS = np.array(QUANTILES)


def scores(quantiles: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return the normal score of each actual under its own forecast, float32 ``(…, S)``; NaN where there is no actual or no forecast.

    An actual that equals several quantiles (nothing, of a dead hour) has the middle of their levels.

    Args:
        quantiles: ``(…, S, Q)``, ascending along Q.
        actual: ``(…, S)``; any value where not observed.
        observed: ``(…, S)``.

    Example:
        >>> steps = np.array([[1.0, 2, 3, 4, 5, 6, 7]])
        >>> scores(steps, np.array([4.0]), np.array([True])).tolist()
        [0.0]
        >>> bool(scores(steps, np.array([9.0]), np.array([True]))[0] > 1.645)  # beyond q95: above the score of .95
        True
    """
    known = observed & np.isfinite(quantiles).all(axis=-1)
    value = np.where(known, actual, 0.0)
    q = np.where(known[..., None], quantiles, 0.0)
    level = (_level(q, value, np.greater_equal) + _level(q, value, np.greater)) / 2
    above = 1 - _beyond(value - q[..., -1], q[..., -1] - q[..., MEDIAN])
    below = _beyond(q[..., 0] - value, q[..., MEDIAN] - q[..., 0])
    level = np.where(value > q[..., -1], above, np.where(value < q[..., 0], below, level))
    return np.where(known, ndtri(np.clip(level, FARTHEST, 1 - FARTHEST)), np.nan).astype(np.float32)


def ladder(quantiles: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` equally likely values of each step, ascending: its distribution at levels ``(i + 1/2) / count``.

    Traffic that is never forecast below zero has no value below it.

    Args:
        quantiles: ``(N, S, Q)``.
        count: How many, ``P``.

    Returns:
        ``(P, N, S)``, float32.

    Example:
        >>> ladder(np.array([[[1.0, 2, 3, 4, 5, 6, 7]]]), 2).ravel().tolist()
        [3.0, 5.0]
    """
    q = np.ascontiguousarray(np.moveaxis(np.asarray(quantiles, np.float64), -1, 0))  # weights add up to 1 in a float32's last bit only so
    values = np.empty((count, *q.shape[1:]), np.float32)
    for i, row in enumerate(ladder_weights(count)):
        values[i] = sum(row[j] * q[j] for j in np.flatnonzero(row))  # a matrix product's last bit depends on what else is in it
    return np.maximum(values, np.where(q[0] >= 0, 0.0, -np.inf).astype(np.float32))


def ladder_weights(count: int) -> np.ndarray:
    """Return the weights ``(P, Q)`` by which the quantiles of a step give its ladder: every value is linear in them."""
    level = (np.arange(count) + 0.5) / count
    weights = np.stack([np.interp(level, LEVELS, unit) for unit in np.eye(len(LEVELS))], axis=1)
    for end, sign in ((-1, level > LEVELS[-1]), (0, level < LEVELS[0])):
        excess = _excess(np.where(level > LEVELS[-1], 1 - level, level)) * sign
        weights[:, end] += excess
        weights[:, MEDIAN] -= excess
    return weights


def _level(quantiles: np.ndarray, value: np.ndarray, reached: np.ufunc) -> np.ndarray:
    """Level of a value inside the outermost quantiles, counted from the last quantile that it has reached."""
    last = np.clip(reached(value[..., None], quantiles).sum(axis=-1) - 1, 0, len(LEVELS) - 2)
    low = np.take_along_axis(quantiles, last[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(quantiles, last[..., None] + 1, axis=-1)[..., 0]
    share = np.divide(value - low, high - low, out=np.zeros(value.shape), where=high > low)
    share = np.where(reached(value, quantiles[..., -1]), 1.0, np.clip(share, 0, 1))
    return LEVELS[last] + share * (LEVELS[last + 1] - LEVELS[last])


def _beyond(excess: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Probability that an actual lies farther out than ``excess`` beyond an outermost quantile."""
    ratio = np.maximum(excess, 0) / np.maximum(distance, np.finfo(np.float32).tiny)
    return LEVELS[0] * (1 + TAIL_SHAPE * np.minimum(ratio, 1e12) / TAIL_SCALE) ** (-1 / TAIL_SHAPE)


def _excess(probability: np.ndarray) -> np.ndarray:
    """Excess, in distances from the median, that is exceeded with a probability below that of the outermost quantile."""
    return TAIL_SCALE / TAIL_SHAPE * ((np.minimum(probability, LEVELS[0]) / LEVELS[0]) ** -TAIL_SHAPE - 1)
