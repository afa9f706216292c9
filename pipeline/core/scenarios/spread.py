"""The distribution of a quantity of the day (peak, volume, total), and what past days teach about it.

Paths give each quantity a distribution. How far past days' actuals lay from theirs, in normal scores, gives a shift and a width by which
the next one is corrected: ``q(p) = F⁻¹(Φ(shift + width · Φ⁻¹(p)))``.

Days of prior draw both to what the paths say (0 and 1), and a site's to the fleet's: the shift much, since the steps' own levels are learnt
already and one that follows them late costs more than it mends. Scores are bounded: a single strange day moves little, whatever its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pipeline.core.models.contract import QUANTILES

EDGE, HALF = 2.4, 12  # scores kept of a distribution: HALF on each side of 0, up to EDGE
SCORES = np.linspace(-EDGE, EDGE, 2 * HALF + 1)
QUANTILE_SCORES = ndtri(np.array(QUANTILES))
FARTHEST_SCORE = 3.0  # no day counts as stranger than this
HALF_LIFE_DAYS = 14.0
SHIFT_PRIOR_DAYS, WIDTH_PRIOR_DAYS = 60.0, 28.0


@dataclass(frozen=True)
class Correction:
    """What past days teach: ``shift`` (0: none) and ``width`` (1: as the paths say), in normal scores, one of each per series."""

    shift: np.ndarray
    width: np.ndarray

    @classmethod
    def none(cls, count: int) -> Correction:
        """Return the correction that changes nothing."""
        return cls(np.zeros(count), np.ones(count))

    def subset(self, rows: np.ndarray) -> Correction:
        """Return the correction of the series of some rows ``(M,)``."""
        return Correction(self.shift[rows], self.width[rows])


def spread_of(samples: np.ndarray) -> np.ndarray:
    """Return the values ``(…, K)`` of equally likely samples ``(P, …)`` at ``SCORES``: their distribution in a few numbers."""
    p = len(samples)
    position = np.clip(ndtr(SCORES) * p - 0.5, 0, p - 1)
    low = position.astype(np.int64)
    share = (position - low).astype(samples.dtype)
    ordered = np.sort(samples, axis=0)
    below, above = ordered[low], ordered[np.minimum(low + 1, p - 1)]
    share = share.reshape(-1, *[1] * (samples.ndim - 1))
    return np.moveaxis(below * (1 - share) + above * share, 0, -1)  # not below + difference: equal ends stay what they are


def values_at(spread: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return the values ``(…, M)`` of distributions ``(…, K)`` at normal scores ``(…, M)``.

    Beyond the outermost score the distribution goes on as steeply as it came from its middle, not below zero where it never was.

    Example:
        >>> values_at(SCORES * 2 + 10, np.array([-3.0, 0.0, 1.0, 3.0])).round(6).tolist()
        [4.0, 10.0, 12.0, 16.0]
    """
    position = np.clip((score + EDGE) / (2 * EDGE) * (SCORES.size - 1), 0, SCORES.size - 1)
    low = np.minimum(position.astype(np.int64), SCORES.size - 2)
    below, above = np.take_along_axis(spread, low, axis=-1), np.take_along_axis(spread, low + 1, axis=-1)
    share = position - low
    inside = below * (1 - share) + above * share
    up, down = ((spread[..., end] - spread[..., HALF])[..., None] / EDGE for end in (-1, 0))
    beyond = up * np.maximum(score - EDGE, 0) + down * np.maximum(-EDGE - score, 0)
    floor = np.where(spread[..., :1] >= 0, 0.0, -np.inf)
    return np.maximum(inside + beyond, floor)


def score_in(spread: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the normal score ``(…)`` of values under distributions ``(…, K)``, within ``FARTHEST_SCORE``; NaN where either is unknown.

    A value that equals several of the kept ones has the middle of their scores.
    """
    below, upto = (spread < value[..., None]).sum(axis=-1), (spread <= value[..., None]).sum(axis=-1)
    low, high = np.clip(upto - 1, 0, SCORES.size - 2), np.clip(upto, 1, SCORES.size - 1)
    left, right = np.take_along_axis(spread, low[..., None], -1)[..., 0], np.take_along_axis(spread, high[..., None], -1)[..., 0]
    share = np.divide(value - left, right - left, out=np.zeros(np.shape(value)), where=right > left)
    inside = SCORES[low] + (SCORES[high] - SCORES[low]) * np.clip(share, 0, 1)
    equal = upto > below
    middle = (SCORES[np.clip(below, 0, SCORES.size - 1)] + SCORES[np.clip(upto - 1, 0, SCORES.size - 1)]) / 2
    out = np.where(equal, middle, inside)
    for end, outside, sign in ((-1, (below == SCORES.size), 1), (0, (upto == 0), -1)):
        distance = np.abs(spread[..., end] - spread[..., HALF]) / EDGE
        excess = np.abs(value - spread[..., end])
        far = np.divide(excess, distance, out=np.full(np.shape(value), np.inf), where=distance > 0)
        out = np.where(outside, sign * (EDGE + far), out)
    known = np.isfinite(value) & np.isfinite(spread).all(axis=-1)
    return np.where(known, np.clip(out, -FARTHEST_SCORE, FARTHEST_SCORE), np.nan)


def learn(past: np.ndarray) -> Correction:
    """Return the correction of each series from the scores of its last days, half its own and half the fleet's where it has few.

    Args:
        past: ``(D, N)`` scores of actuals, the newest day last; NaN where unknown. The weight of a day halves every ``HALF_LIFE_DAYS``.

    Example:
        >>> learn(np.full((0, 2), np.nan)).width.tolist()
        [1.0, 1.0]
    """
    age = np.arange(len(past))[::-1, None]
    known = np.isfinite(past)
    score, weight = np.where(known, past, 0.0), np.where(known, 0.5 ** (age / HALF_LIFE_DAYS), 0.0)
    here = known.any(axis=1)
    of_day, days = 0.5 ** (age[:, 0] / HALF_LIFE_DAYS) * here, weight.sum(axis=0)
    count = np.maximum(known.sum(axis=1), 1)
    fleet = (of_day * (score.sum(axis=1) / count)).sum() / (of_day.sum() + SHIFT_PRIOR_DAYS)
    shift = ((weight * score).sum(axis=0) + SHIFT_PRIOR_DAYS * fleet) / (days + SHIFT_PRIOR_DAYS)
    square = np.where(known, (score - shift) ** 2, 0.0)
    common = ((of_day * (square.sum(axis=1) / count)).sum() + WIDTH_PRIOR_DAYS) / (of_day.sum() + WIDTH_PRIOR_DAYS)
    variance = ((weight * square).sum(axis=0) + WIDTH_PRIOR_DAYS * common) / (days + WIDTH_PRIOR_DAYS)
    return Correction(shift, np.sqrt(variance))


def risk_above(spread: np.ndarray, limit: np.ndarray, correction: Correction) -> np.ndarray:
    """Return P(quantity > limit) ``(N,)`` of distributions ``(N, K)`` after what past days taught; NaN where the limit is.

    Example:
        >>> risk_above(SCORES[None] * 2 + 10, np.array([10.0]), Correction.none(1)).tolist()
        [0.5]
    """
    return 1 - ndtr((score_in(spread, limit) - correction.shift) / correction.width)


def corrected(spread: np.ndarray, correction: Correction) -> np.ndarray:
    """Return the quantiles ``(…, Q)`` of distributions ``(…, K)``, levels ``QUANTILES``, after what past days taught."""
    return values_at(spread, correction.shift[..., None] + correction.width[..., None] * QUANTILE_SCORES)
