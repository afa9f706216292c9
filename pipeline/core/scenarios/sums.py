"""Sums of float32 that no order changes: paths of shards, added up, have the bits that one shard would have given.

A float32 is a whole number of 24 bits times a power of two. Numbers whose powers lie within ``BIN_BITS`` of each other are whole numbers of
40 bits on one grid, and whole numbers add up exactly: in float64 up to 2¹³ of them, in int64 up to 2²³ (a superaccumulator: Kulisch 1981).
Only the last step, from the bins to one float64, rounds, and always in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

BIN_BITS, MANTISSA_BITS = 16, 24
Bins = dict[int, np.ndarray]  # int64 by number of the bin, all of one shape


def summed(values: np.ndarray, members: np.ndarray) -> Bins:
    """Return the exact sums ``(G, P, T)`` of finite values by group.

    Args:
        values: ``(P, N, T)`` float32, at most 2¹³ sites.
        members: ``(G, N)`` which sites a group has.

    Example:
        >>> bins = summed(np.float32([[[1e8], [1.0], [-1e8]]]), np.ones((1, 3), bool))
        >>> rounded(bins).ravel().tolist()
        [1.0]
    """
    exponent = np.frexp(values)[1]
    sites = [np.flatnonzero(row) for row in members]
    found = {}
    for bin_ in range((exponent.min() - 1) // BIN_BITS, (exponent.max() - 1) // BIN_BITS + 1):
        here = (exponent > bin_ * BIN_BITS) & (exponent <= (bin_ + 1) * BIN_BITS) & (values != 0)
        if here.any():
            whole = np.where(here, values.astype(np.float64) * 2.0 ** -_unit(bin_), 0.0)
            found[bin_] = np.stack([whole[:, chosen].sum(axis=1) for chosen in sites]).astype(np.int64)
    return found


def added(parts: Iterable[Bins]) -> Bins:
    """Return the sum of sums of one shape."""
    whole: Bins = {}
    for part in parts:
        for bin_, values in part.items():
            whole[bin_] = whole[bin_] + values if bin_ in whole else values
    return whole


def rounded(bins: Bins) -> np.ndarray:
    """Return the sums ``(…)`` as float64, the largest bin first; no bin at all is a sum of nothing."""
    out: np.ndarray = np.float64(0) * next(iter(bins.values()), np.zeros(()))
    for bin_ in sorted(bins, reverse=True):
        out = out + np.ldexp(bins[bin_].astype(np.float64), _unit(bin_))
    return out


def _unit(bin_: int) -> int:
    """Power of two of which all numbers of a bin are multiples."""
    return int(bin_) * BIN_BITS - MANTISSA_BITS + 1
