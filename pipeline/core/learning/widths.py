"""How wide each central interval must be, learnt every day: a conformal quantile that forgets, and an integrator that holds coverage.

The factor of an interval on a day is exp(g + θ). g is a bounded guess from the conformal ratios of past days. θ is moved by the misses of
what was published: θ ← θ + RATE · (share of steps outside − share wanted). Whatever the series does, as long as a factor of
exp(LARGEST) covers and one of exp(−LARGEST) does not, θ cannot leave ±(2 LARGEST + RATE), and the sum of its moves telescopes to
|mean share outside − wanted| ≤ (2 LARGEST + RATE) / (RATE · days): the argument of adaptive conformal inference (Gibbs & Candès 2021)
and of conformal PID control (Angelopoulos, Candès & Tibshirani 2023, proposition 1).
"""

from __future__ import annotations

import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES

WANTED_OUTSIDE = np.array([1 - (QUANTILES[-1 - low] - QUANTILES[low]) for low in range(MEDIAN)])  # by interval, the widest first
RATE = 0.06
LARGEST = np.log(5.0)
FORGETTING = 0.88
START_DAYS = 1.0  # that the width before any evidence counts for
DAYS_TO_TRUST = 5.0  # after which a site's own ratios have half of their share
SITE_SHARE = 0.5  # of a site's own ratios once it has many days; the rest are the fleet's
EDGES = np.linspace(-2.0, 2.0, 81)  # of the bins in which logs of ratios are counted; what lies outside counts at the end
BINS = len(EDGES) - 1
FLAT = 1e-9  # a distance from the median below this share of it is none


def ratios(mixed: np.ndarray, lowest: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return how a day's conformal ratios are spread: the share ``(B, 3, BINS)`` of its steps by the log of the factor each asks for.

    The ratio of a step is its distance from the median over that of the interval's end on its side (after Romano, Patterson & Candès 2019).

    Args:
        mixed: ``(B, S, Q)`` before any factor.
        lowest: ``(B,)`` bound of each forecast; an end that lies on it stays there and always covers.
        actual: ``(B, S)``.
        observed: ``(B, S)``.
    """
    found = np.zeros((len(mixed), MEDIAN, BINS))
    median = mixed[..., MEDIAN]
    width = EDGES[1] - EDGES[0]
    for low in range(MEDIAN):
        end = mixed[..., low]
        below = np.where(end <= lowest[:, None], 0.0, _beyond(actual, median, end, -1))
        ratio = np.maximum(below, _beyond(actual, median, mixed[..., -1 - low], 1))
        row, step = np.nonzero(observed & np.isfinite(ratio))
        log = np.log(np.maximum(ratio[row, step], 1e-9))
        place = row * BINS + np.clip(((log - EDGES[0]) / width).astype(np.int64), 0, BINS - 1)
        found[:, low] = np.bincount(place, minlength=len(mixed) * BINS).reshape(-1, BINS)
    return found / np.maximum(found.sum(axis=-1, keepdims=True), 1)


def outside(published: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return the share ``(B, 3)`` of observed steps outside each central interval; what is wanted where none was observed."""
    count = observed.sum(axis=-1)
    missed = [(((actual < published[..., low]) | (actual > published[..., -1 - low])) & observed).sum(axis=-1) for low in range(MEDIAN)]
    return np.where(count[:, None] > 0, np.stack(missed, axis=-1) / np.maximum(count, 1)[:, None], WANTED_OUTSIDE)


def moved(tracker: np.ndarray, missed: np.ndarray, weight: np.ndarray | float = 1.0) -> np.ndarray:
    """Return θ ``(..., 3)`` a day later; ``weight`` is how much of the day was seen."""
    return tracker + RATE * weight * (missed - WANTED_OUTSIDE)


def factors(own: np.ndarray, days: np.ndarray, fleet: np.ndarray, fleet_days: float, start: np.ndarray, tracker: np.ndarray) -> np.ndarray:
    """Return the factor ``(N, Q)`` of each quantile's distance from the median; 1 at the median.

    Args:
        own: ``(N, 3, BINS)`` forgotten sums of a site's ``ratios``.
        days: ``(N,)`` forgotten days in them.
        fleet: ``(3, BINS)`` forgotten sums of the fleet's mean.
        fleet_days: Forgotten days in them.
        start: ``(3,)`` log factor before any evidence.
        tracker: ``(N, 3)`` θ.
    """
    trust = (SITE_SHARE * days / (days + DAYS_TO_TRUST))[:, None, None]
    spread = trust * own / np.maximum(days, 1e-9)[:, None, None] + (1 - trust) * fleet / max(fleet_days, 1e-9)
    needed = np.clip(_log_quantile(spread, 1 - WANTED_OUTSIDE), -LARGEST, LARGEST)
    guess = (fleet_days * needed + START_DAYS * start) / (fleet_days + START_DAYS)
    half = np.exp(np.clip(guess + tracker, -LARGEST, LARGEST))
    return np.concatenate([half, np.ones((len(half), 1)), half[:, ::-1]], axis=1)


def _beyond(actual: np.ndarray, median: np.ndarray, end: np.ndarray, side: int) -> np.ndarray:
    """How far beyond the median, in distances to the ``end`` on that ``side``, the actual lies; NaN where that distance is none."""
    distance, miss = side * (end - median), side * (actual - median)
    ratio = np.divide(miss, distance, out=np.full(miss.shape, np.nan), where=distance > FLAT * np.abs(median))
    return np.where(miss > 0, ratio, 0.0)


def _log_quantile(spread: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles ``(N, 3)`` of logs counted in bins ``(N, 3, BINS)``, each at its level, spread evenly within a bin; 0 of an empty count."""
    below = np.cumsum(spread, axis=-1)
    wanted = below[..., -1] * levels
    at = (below >= wanted[..., None] - 1e-12).argmax(axis=-1)[..., None]
    inside = np.take_along_axis(spread, at, axis=-1)[..., 0]
    passed = np.take_along_axis(below, at, axis=-1)[..., 0] - inside
    part = np.where(inside > 0, (wanted - passed) / np.maximum(inside, 1e-12), 0.5)
    found = EDGES[0] + (at[..., 0] + np.clip(part, 0, 1)) * (EDGES[1] - EDGES[0])
    return np.where(below[..., -1] > 0, found, 0.0)
