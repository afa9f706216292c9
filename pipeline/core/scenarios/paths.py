"""Paths of a whole day: each step's quantiles as margins, dependence from what past days' errors did together.

The empirical copula of past days (Schaake shuffle: Clark et al. 2004; ensemble copula coupling: Schefzik, Thorarinsdottir & Gneiting 2013):
path ``p`` follows what past day ``p`` did at every step and every site. Where there are fewer past days than paths, further paths mix two
days' normal scores by ``cos a`` and ``sin a``, which keeps their covariance. Which days a path follows depends on its number alone, never
on a site: paths of different sites, time zones and shards belong together and may be added up.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.scenarios.margins import ladder

PATHS = 100
PAST_DAYS = 42
ENOUGH = 0.5  # share of a day's steps that must have a score for the day to be followed
ANGLES = (0.35, 0.6)  # radians; rounds of mixed days take them in turn
OWN_SHARE = 0.5  # of the variance of a day that stands in for a missing one; the rest is a day that nothing is known of


def draw(quantiles: np.ndarray, past: np.ndarray, count: int = PATHS) -> np.ndarray:
    """Return equally likely paths of the day, float32 ``(P, N, S)``; NaN at a step without a forecast.

    At each step the ``P`` values are the same whatever the past was: only their order says which belong together.

    Args:
        quantiles: Of the day to come, ``(N, S, Q)``.
        past: Normal scores of the last days, ``(D, N, S)``, the newest last; NaN where unknown. The same ``D`` for every part of a fleet.
        count: Paths, ``P``.

    Example:
        >>> day = np.array([[[1.0, 2, 3, 4, 5, 6, 7], [2, 4, 6, 8, 10, 12, 14]]])
        >>> past = np.array([[[-1.0, -1.0]], [[1.0, 1.0]]])  # both steps were low together, then high together
        >>> draw(day, past, 2)[:, 0].tolist()
        [[5.0, 10.0], [3.0, 6.0]]
    """
    followed = filled(past)
    first, second, angle = days_followed(len(followed), count)
    cos, sin = (part.astype(np.float32)[:, None, None] for part in (np.cos(angle), np.sin(angle)))
    order = np.argsort(cos * followed[first] + sin * followed[second], axis=0, kind="stable")
    paths = np.empty(order.shape, np.float32)
    np.put_along_axis(paths, order, ladder(quantiles, count), axis=0)
    return paths


def days_followed(days: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the two past days ``(P,)`` that each path mixes and the angle between them; the first round follows one day alone."""
    path = np.arange(count)
    turn = path // days
    first = days - 1 - path % days
    second = (first - 1 - turn * (days // 3 + 1)) % days
    second = np.where(second == first, (second + 1) % days, second)
    return first, second, np.where(turn == 0, 0.0, np.array(ANGLES)[turn % len(ANGLES)])


def filled(past: np.ndarray) -> np.ndarray:
    """Return the scores ``(D, N, S)`` without holes.

    Steps between known ones: straight lines. A day of which less than half is known: half of the site's own nearest day, the same weekday
    first, half of a day that nothing is known of. A site without any such day (new, long silent): only the latter.
    """
    known = np.isfinite(past)
    enough = known.mean(axis=-1) >= ENOUGH
    if enough.all() and known.all():
        return past
    whole = _between(past, known)
    days = np.arange(len(past))
    strange = _unknown_days(*past.shape[::2])
    out = np.empty_like(whole)
    for day in days:
        order = np.lexsort((-days, np.abs(days - day), (days - day) % 7 != 0))
        found = order[np.argmax(enough[order], axis=0)]  # (N,)
        nearest = np.take_along_axis(whole, found[None, :, None], axis=0)[0]
        borrowed = np.sqrt(OWN_SHARE) * nearest + np.sqrt(1 - OWN_SHARE) * strange[day]
        out[day] = np.where(enough[day][:, None], whole[day], np.where(enough.any(axis=0)[:, None], borrowed, strange[day]))
    return out


def _between(past: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Scores with straight lines over the holes of each day; 0 on a day without any."""
    step = np.arange(past.shape[-1])
    before = np.maximum.accumulate(np.where(known, step, -1), axis=-1)
    after = np.minimum.accumulate(np.where(known, step, step.size)[..., ::-1], axis=-1)[..., ::-1]
    before, after = np.where(before < 0, after, before), np.where(after >= step.size, before, after)
    last = np.clip(before, 0, step.size - 1), np.clip(after, 0, step.size - 1)
    low, high = (np.nan_to_num(np.take_along_axis(past, index, axis=-1)) for index in last)
    share = (step - before) / np.maximum(after - before, 1)
    return (low + (high - low) * np.clip(share, 0, 1)).astype(past.dtype)


def _unknown_days(days: int, steps: int) -> np.ndarray:
    """Scores ``(D, S)`` of days that nothing is known of: half of the variance is the day's, half the step's; always the same numbers."""
    fixed = np.random.default_rng(0)
    return ((fixed.standard_normal((days, 1)) + fixed.standard_normal((days, steps))) / np.sqrt(2)).astype(np.float32)
