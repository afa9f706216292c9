"""The score by which paths are held against independent draws."""

import numpy as np


def energy_score(paths: np.ndarray, actual: np.ndarray) -> float:
    """Return the energy score of paths ``(P, M)`` for an actual ``(M,)``: lower is better (Gneiting & Raftery 2007)."""
    centred = np.asarray(paths, np.float64) - actual
    square = (centred**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square - 2 * centred @ centred.T, 0)
    return float(np.sqrt(square).mean() - np.sqrt(apart).mean() / 2)
