"""What is planned by the paths of a day: peak and volume."""

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
