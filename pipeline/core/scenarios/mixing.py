"""Three who speak of the day's peak, heard by how well they did: no one of them is the best everywhere.

- ``paths``: what whole-day paths say. The best where errors are noise.
- ``steps``: the largest value of each quantile over the steps. The best where a link runs at its ceiling: there no noise adds to a step.
- ``past``: the largest median times what past days' peaks were of theirs. The best where the step's own tail says little of the highest.

The weights are exponential in the decayed pinball loss, in units of the usual loss (Vovk 1990; Cesa-Bianchi & Lugosi 2006), half by the
site's own days and half by the fleet's. Quantiles are averaged, not densities: the average of sharp forecasts stays sharp.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.models.contract import MEDIAN
from pipeline.core.scenarios.spread import EDGE, QUANTILE_SCORES, SCORES, values_at

EXPERTS = ("paths", "steps", "past")
PRIOR = np.array([0.5, 0.25, 0.25])
RATE, FORGETTING = 0.25, 0.95
OWN = 0.5  # of a site's weights are by its own days
FEWEST_RATIOS = 4
FEWEST_SPREAD = 1e-3  # of the logarithm of past ratios


def weights(losses: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the weights ``(E, N)`` after decayed sums of losses ``(E, N)`` over so many days ``(N,)``; the prior where there were none.

    Example:
        >>> weights(np.zeros((3, 1)), np.zeros(1)).ravel().tolist()
        [0.5, 0.25, 0.25]
    """
    usual = np.divide(losses.mean(axis=0), days, out=np.zeros(len(days)), where=days > 0)
    relative = np.divide(losses, usual, out=np.zeros(losses.shape), where=usual > 0)
    heard = usual > 0
    fleet = relative[:, heard].mean(axis=1) if heard.any() else np.zeros(len(losses))
    log = np.log(PRIOR)[:, None] - RATE * (OWN * relative + (1 - OWN) * fleet[:, None])
    weight = np.exp(log - log.max(axis=0))
    return weight / weight.sum(axis=0)


def losses_of(spreads: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the mean pinball loss ``(E, N)`` of distributions ``(E, N, K)``; NaN where the actual ``(N,)`` is."""
    quantiles = values_at(spreads, np.broadcast_to(QUANTILE_SCORES, (*spreads.shape[:-1], QUANTILE_SCORES.size)))
    loss: np.ndarray = pinball_loss(np.broadcast_to(actual, spreads.shape[:-1]), quantiles).mean(axis=-1)
    return loss


def spread_of_steps(highest: np.ndarray) -> np.ndarray:
    """Return the distribution ``(N, K)`` of which the quantiles ``(N, Q)`` are the largest of the steps."""
    share = np.stack([np.interp(SCORES, QUANTILE_SCORES, unit) for unit in np.eye(QUANTILE_SCORES.size)])
    slope = (highest[:, [0, -1]] - highest[:, [MEDIAN]]) / QUANTILE_SCORES[-1]
    above, below = np.maximum(SCORES - QUANTILE_SCORES[-1], 0), np.maximum(QUANTILE_SCORES[0] - SCORES, 0)
    floor = np.where(highest[:, :1] >= 0, 0.0, -np.inf)
    return np.maximum(highest @ share + slope[:, [1]] * above + slope[:, [0]] * below, floor)


def spread_of_past(highest: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Return the distribution ``(N, K)`` of the largest median times past ratios; that of the steps where there are too few.

    Args:
        highest: ``(N, Q)`` largest of each quantile.
        ratios: ``(D, N)`` logarithms of past days' peaks over their largest medians; NaN where unknown.
    """
    known = np.isfinite(ratios)
    count = known.sum(axis=0)
    ordered = np.sort(np.where(known, ratios, np.inf), axis=0)
    out = spread_of_steps(highest)
    for n in np.unique(count[count >= FEWEST_RATIOS]):
        sites = count == n
        at = ndtri((np.arange(n) + 0.5) / n)
        own = ordered[:n, sites]
        position = np.interp(SCORES, at, np.arange(n))
        low = np.minimum(position.astype(np.int64), n - 2)
        share = (position - low)[:, None]
        width = np.maximum(own.std(axis=0), FEWEST_SPREAD)
        beyond = np.clip(SCORES, at[0], at[-1])
        log = own[low] * (1 - share) + own[low + 1] * share + (SCORES - beyond)[:, None] * width
        out[sites] = highest[sites, MEDIAN, None] * np.exp(np.clip(log, -EDGE, EDGE)).T
    return out
