"""Shares of experts from what each of them lost: exponential weights with second-order steps, at every quantile, site and fleet."""

from __future__ import annotations

import numpy as np

FORGETTING = 0.95  # weight of a day relative to the one after it
STEP = 3.0
SITE_SHARE = 0.5  # of a site's own evidence in its weights once it has many days; the rest is the fleet's
DAYS_TO_TRUST = 20.0  # after which a site's evidence has half of that share
LARGEST_REGRET = 3.0  # of a day, in units of the mixture's usual loss


def shares(
    prior: np.ndarray, own: np.ndarray, own_square: np.ndarray, fleet: np.ndarray, fleet_square: np.ndarray, days: np.ndarray
) -> np.ndarray:
    """Return the share ``(N, E, Q)`` of each expert in each quantile; they sum to 1 over E.

    w ∝ prior · exp(step · R / √(1 + V)), R the forgotten sum of regrets and V that of their squares, up to half of the exponent from
    the site and the rest from the fleet. Second-order steps as in BOA (Wintenberger 2017), weights by quantile as in CRPS learning
    (Berrisch & Ziel 2021).

    Args:
        prior: ``(E,)`` shares before any evidence.
        own: ``(N, E, Q)`` sums of a site's regrets: what the mixture lost more than the expert.
        own_square: ``(N, E, Q)`` sums of their squares.
        fleet: ``(E, Q)`` sums of the mean regrets of all sites.
        fleet_square: ``(E, Q)``.
        days: ``(N,)`` days of evidence of a site, forgotten likewise.
    """
    trust = (SITE_SHARE * days / (days + DAYS_TO_TRUST))[:, None, None]
    evidence = trust * own / np.sqrt(1 + own_square) + (1 - trust) * (fleet / np.sqrt(1 + fleet_square))
    exponent = np.log(prior)[:, None] + STEP * evidence
    weight = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def faded(regrets: np.ndarray, squares: np.ndarray, regret: np.ndarray, weight: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of regrets and of their squares ``(..., E, Q)`` a day later; ``weight`` is how much of the day was seen."""
    bounded = np.clip(regret, -LARGEST_REGRET, LARGEST_REGRET) * weight
    return FORGETTING * regrets + bounded, FORGETTING**2 * squares + bounded**2
