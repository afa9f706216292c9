"""What is planned by the paths of a day: peak, volume, total, risk."""

from __future__ import annotations

import numpy as np


def peaks(paths: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
    """Return the largest value of each path's day ``(P, N)``, over the steps that count ``(N, S)``; NaN where none does."""
    if counted is None:
        return paths.max(axis=-1)
    return np.where(counted.any(axis=-1), np.where(counted, paths, -np.inf).max(axis=-1), np.nan)


def volumes(paths: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
    """Return the sum of each path's steps ``(P, N)``; times the interval it is a volume."""
    if counted is None:
        return paths.sum(axis=-1)
    return np.where(counted.any(axis=-1), np.where(counted, paths, 0.0).sum(axis=-1), np.nan)


def peak_hours(paths: np.ndarray, hours: int = 24) -> np.ndarray:
    """Return the probability ``(N, hours)`` that the day's peak comes in each hour of the wall clock; the first of equal steps counts.

    Example:
        >>> peak_hours(np.array([[[1.0, 5, 2, 2]], [[7.0, 5, 2, 2]]]), 2).tolist()
        [[1.0, 0.0]]
    """
    at = paths.argmax(axis=-1) * hours // paths.shape[-1]
    return np.stack([(at == hour).mean(axis=0) for hour in range(hours)], axis=-1)


def risk(paths: np.ndarray, limit: np.ndarray, step_minutes: int, hours: int = 24) -> dict[str, np.ndarray]:
    """Return the risk of going above a limit ``(N,)``: ``hour`` ``(N, hours)``, ``day`` ``(N,)``, expected ``minutes`` ``(N, hours)``.

    ``hour`` and ``day`` are the shares of paths with any step above it. A limit that is NaN has NaN.
    """
    count, n, s = paths.shape
    above = paths > limit[:, None]
    by_hour = above.reshape(count, n, hours, s // hours) if s % hours == 0 else above[..., None]
    unknown = np.isnan(limit)
    found = {
        "hour": by_hour.any(axis=-1).mean(axis=0),
        "day": above.any(axis=-1).mean(axis=0),
        "minutes": by_hour.sum(axis=-1).mean(axis=0) * float(step_minutes),
    }
    for values in found.values():
        values[unknown] = np.nan
    return found


def energy_score(paths: np.ndarray, actual: np.ndarray) -> float:
    """Return the energy score of paths ``(P, M)`` for an actual ``(M,)``: lower is better (Gneiting & Raftery 2007)."""
    centred = np.asarray(paths, np.float64) - actual
    square = (centred**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square - 2 * centred @ centred.T, 0)
    return float(np.sqrt(square).mean() - np.sqrt(apart).mean() / 2)
