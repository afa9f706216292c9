"""What is planned by the paths of a day: peak and when it comes, volume, risk."""

from __future__ import annotations

import numpy as np

from pipeline.core.scenarios.spread import spread_of


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


def peak_hours(paths: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Return the probability ``(N, H)`` that the day's peak comes in each hour; the first of equal readings counts.

    Args:
        paths: ``(P, N, T)``.
        hour: ``(T,)`` hour of each instant, ascending; the last one's is ``H - 1``.

    Example:
        >>> peak_hours(np.array([[[1.0, 5, 2, 2]], [[7.0, 5, 2, 2]]]), np.array([0, 0, 1, 1])).tolist()
        [[1.0, 0.0]]
    """
    at = hour[paths.argmax(axis=-1)]
    return np.stack([(at == h).mean(axis=0) for h in range(hour[-1] + 1)], axis=-1)


def risk(paths: np.ndarray, limit: np.ndarray, hour: np.ndarray, step_minutes: int) -> dict[str, np.ndarray]:
    """Return the risk of going above a limit: ``hours`` ``(N, H)``, ``day`` ``(N,)``, expected ``minutes`` above it ``(N, H)``.

    ``hours`` and ``day`` are the shares of paths with any reading above it.

    Args:
        paths: ``(P, N, T)``.
        limit: ``(N,)``.
        hour: ``(T,)`` hour of each instant, ascending.
        step_minutes: That a reading stands for.

    Example:
        >>> found = risk(np.array([[[1.0, 5, 2, 2]], [[7.0, 5, 2, 2]]]), np.array([4.0]), np.array([0, 0, 1, 1]), 30)
        >>> found["hours"].tolist(), found["day"].tolist(), found["minutes"].tolist()
        ([[1.0, 0.0]], [1.0], [[45.0, 0.0]])
    """
    above = paths > limit[:, None]
    starts, there = _hours(hour)
    found = {name: np.zeros((paths.shape[1], hour[-1] + 1)) for name in ("hours", "minutes")}
    found["hours"][:, there] = np.logical_or.reduceat(above, starts, axis=-1).mean(axis=0)
    found["minutes"][:, there] = np.add.reduceat(above.mean(axis=0), starts, axis=-1) * float(step_minutes)
    return found | {"day": above.any(axis=-1).mean(axis=0)}


def hourly_peaks(paths: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Return the distribution ``(N, H, K)`` of each hour's largest reading, of paths ``(P, N, T)``; NaN in an hour without an instant."""
    starts, there = _hours(hour)
    spread = spread_of(np.maximum.reduceat(paths, starts, axis=-1))
    out = np.full((paths.shape[1], hour[-1] + 1, spread.shape[-1]), np.nan)
    out[:, there] = spread
    return out


def _hours(hour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each hour that has an instant begins, and which it is."""
    starts = np.flatnonzero(np.diff(hour, prepend=-1))
    return starts, hour[starts]
