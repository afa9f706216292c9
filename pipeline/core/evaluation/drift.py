"""Input drift: how far the last days lie from what a model was trained on, feature by feature.

A feature is one number per day of a site, relative to that site's own past, so that a fleet of unequal sites is one sample. Its
distribution over the training snapshot is a histogram of bins of equal share; the population stability index (PSI) compares another
span with it. Weeks of the snapshot differ from the whole too, by season and chance: ``usual`` says by how much; only more is drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np

from pipeline.core.series.clock import day_start, target_day_at
from pipeline.core.series.grid import Grid

WEEK = 7  # days compared at a time, so that weekends weigh the same on both sides
BINS = 10
SITE_DAYS_PER_BIN = 10  # a week of few sites fills fewer bins
USUAL = 0.95  # share of the snapshot's own weeks that stay below `usual`
HALF_DAY = 12  # hours
ENOUGH = 0.8  # share of a day that has to be there: with fewer hours its mean is that of another part of the day
SITES_AT_A_TIME = 200  # laid out as float64: 90 MB for a year of ten-minute steps
HALF = 0.5  # added to every count: an empty bin is improbable, not impossible


@dataclass(frozen=True)
class Feature:
    """What one feature looked like in the training snapshot.

    Args:
        edges: Inner edges of the bins, ascending.
        shares: Share of the snapshot's days of sites in each bin.
        usual: PSI that 19 of 20 weeks of the snapshot stay below.
    """

    edges: list[float]
    shares: list[float]
    usual: float


@dataclass(frozen=True)
class Profile:
    """What the inputs looked like in a training snapshot; small enough for one row of a table.

    Args:
        step_minutes: Length of a step.
        centres: Each feature's median at each site, by feature and site; what a day of the site is measured by.
        features: The distributions around those centres.
    """

    step_minutes: int
    centres: dict[str, dict[str, float]]
    features: dict[str, Feature]

    def to_json(self) -> dict[str, Any]:
        """Return the profile as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the profile that ``to_json`` wrote."""
        features = {name: Feature(**entry) for name, entry in value["features"].items()}
        return cls(value["step_minutes"], value["centres"], features)


def psi(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the population stability index of two histograms over the same bins: sum of (p - q) ln(p / q).

    Args:
        expected: Shares ``(B,)`` of the reference, above 0.
        found: Shares ``(B,)`` of the other sample, above 0.
    """
    return float(((found - expected) * np.log(found / expected)).sum())


def whole_days(grid: Grid, cutoff: datetime, days: int | None = None) -> Grid:
    """Return the grid without the days that are not wholly known at ``cutoff`` to every site, and of the rest the last ``days``."""
    targets = {(target_day_at(cutoff, site.timezone), site.timezone) for site in grid.sites}
    first_unknown = min(day if day_start(day, zone) == cutoff else day - timedelta(days=1) for day, zone in targets)
    stop = max(min(grid.index_of(first_unknown), grid.shape[1]), 0)
    start = 0 if days is None else max(stop - days, 0)
    kept = slice(start, stop)
    covariates = {name: values[:, kept] for name, values in grid.covariates.items()}
    return replace(
        grid,
        first_day=grid.day_at(start),
        throughput=grid.throughput[:, kept],
        observed=grid.observed[:, kept],
        covariates=covariates,
        planned={},
    )


def day_features(grid: Grid) -> dict[str, np.ndarray]:
    """Return every feature of every day of every site, ``(N, D)``; NaN where too little of the day was observed to tell.

    ``level`` is the log of the day's mean, ``variability`` the log of its spread over its mean, ``shape`` the hour around which the day's
    traffic lies (a circle of 24), ``completeness`` the share of steps observed since the site's first day, and ``covariate.<name>`` the
    log of a covariate's mean.
    """
    blocks = [
        _block_features(
            grid.throughput[i : i + SITES_AT_A_TIME],
            grid.observed[i : i + SITES_AT_A_TIME],
            {name: values[i : i + SITES_AT_A_TIME] for name, values in grid.covariates.items()},
        )
        for i in range(0, len(grid.sites), SITES_AT_A_TIME)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _block_features(throughput: np.ndarray, observed: np.ndarray, covariates: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    s = observed.shape[2]
    there = observed.sum(axis=2)
    values = np.where(observed, throughput, 0).astype(np.float64)  # (N, D, S)
    mean = np.divide(values.sum(axis=2), there, out=np.full(there.shape, np.nan), where=there >= ENOUGH * s)
    spread = np.sqrt(np.where(observed, (values - mean[..., None]) ** 2, 0).sum(axis=2) / np.maximum(there, 1))
    angle = 2 * np.pi * np.arange(s) / s
    hour = np.arctan2(values @ np.sin(angle), values @ np.cos(angle)) * HALF_DAY / np.pi
    live = np.maximum.accumulate(there > 0, axis=1)
    found = {
        "level": _log(mean),
        "variability": _log(np.divide(spread, mean, out=np.full(mean.shape, np.nan), where=mean > 0)),
        "shape": np.where(mean > 0, hour, np.nan),
        "completeness": np.where(live, there / s, np.nan),
    }
    for name, covariate in covariates.items():
        known = np.isfinite(covariate).sum(axis=2)
        total = np.nansum(covariate, axis=2, dtype=np.float64)
        found[f"covariate.{name}"] = _log(np.divide(total, known, out=np.full(known.shape, np.nan), where=known >= ENOUGH * s))
    return found


def profile_of(grid: Grid) -> Profile:
    """Return the profile of a training snapshot; a feature that no site has is left out."""
    names = [site.name for site in grid.sites]
    centres, features = {}, {}
    for feature, values in day_features(grid).items():
        known = np.isfinite(values).any(axis=1)
        if not known.any():
            continue
        middle = np.full(len(names), np.nan)
        middle[known] = _centres(feature, values[known])
        around = _around(feature, values, middle)
        features[feature] = _distribution(around)
        centres[feature] = {name: float(value) for name, value in zip(names, middle, strict=True) if np.isfinite(value)}
    return Profile(grid.step_minutes, centres, features)


def counts_of(profile: Profile, grid: Grid) -> dict[str, np.ndarray]:
    """Return how many of the grid's days of sites fall into each bin ``(K,)``, by feature; a site unknown to the profile counts nowhere.

    Counts of parts of a fleet may be added before ``compare``.
    """
    names = [site.name for site in grid.sites]
    found = {}
    for feature, values in day_features(grid).items():
        if feature in profile.features:
            middle = np.array([profile.centres[feature].get(name, np.nan) for name in names])
            found[feature] = _counts(_around(feature, values, middle), np.array(profile.features[feature].edges))
    return found


def compare(profile: Profile, counts: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return ``psi``, ``usual`` and ``site_days`` by feature, of counts ``(K,)`` per bin; a feature without a day is left out."""
    return {
        name: {
            "psi": psi(np.array(profile.features[name].shares), _shares(found)),
            "usual": profile.features[name].usual,
            "site_days": int(found.sum()),
        }
        for name, found in counts.items()
        if found.sum() > 0
    }


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


def _centres(feature: str, values: np.ndarray) -> np.ndarray:
    if feature == "completeness":
        return np.zeros(len(values))  # what counts is how much is missing, not how much is usual
    if feature == "shape":
        angle = values * np.pi / HALF_DAY
        return np.arctan2(np.nanmean(np.sin(angle), axis=1), np.nanmean(np.cos(angle), axis=1)) * HALF_DAY / np.pi
    return np.nanmedian(values, axis=1)


def _around(feature: str, values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Every day's distance ``(N, D)`` from its site's centre; hours on a circle lie within half a day."""
    distance = np.round(values - centres[:, None], 9)
    return (distance + HALF_DAY) % (2 * HALF_DAY) - HALF_DAY if feature == "shape" else distance


def _distribution(around: np.ndarray) -> Feature:
    weeks = [around[:, day : day + WEEK] for day in range(around.shape[1] % WEEK, around.shape[1], WEEK)] or [around]
    known = around[np.isfinite(around)]
    a_week = max(int(np.isfinite(week).sum()) for week in weeks)
    bins = int(np.clip(a_week // SITE_DAYS_PER_BIN, 2, BINS))
    inner = np.unique(np.quantile(known, np.arange(1, bins) / bins))
    heavy = [edge for edge in inner if (known == edge).mean() > 1 / bins]  # a value that is common by itself gets a bin of its own
    edges = np.union1d(inner, np.nextafter(heavy, np.inf))
    shares = _shares(_counts(around, edges))
    own = [psi(shares, _shares(count)) for week in weeks if (count := _counts(week, edges)).sum()]
    return Feature(edges.tolist(), shares.tolist(), float(np.quantile(own, USUAL, method="higher")))


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)


def _shares(counts: np.ndarray) -> np.ndarray:
    return (counts + HALF) / (counts.sum() + HALF * len(counts))
