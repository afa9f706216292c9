"""Forecasters judged on the same days and the same steps, and compared with each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.evaluation.bootstrap import Interval, gain, ratio_interval
from pipeline.core.evaluation.metrics import (
    Errors,
    bias,
    coverage,
    coverage_by_week,
    errors_of,
    mase,
    reliability,
    seasonal_difference,
    wape,
    wape_by_site,
    wape_by_step,
    weighted_quantile_loss,
)
from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecast
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError

SEASONS = {"mase_day": 1, "mase_week": 7}  # days
TWO_NAIVES = ("seasonal_naive_day", "seasonal_naive_week")
BETTER_NAIVE = "seasonal_naive"  # whichever of the two has the lower error by the metric asked for
COMPARED = ("wape", "wql")
SITES_AT_ONCE = 250  # laid out day by day for all forecasters together: bounds memory for a large fleet


@dataclass(frozen=True)
class Scores:
    """What forecasters got wrong on the same test days.

    Args:
        sites: Names of the fleet, ``N``.
        errors: Sums by forecaster; the mean over seeds where there are several.
        by_seed: Sums by forecaster and seed.
        covered: Share of the observed steps that each forecaster forecast.
        naive_error: ``(N,)`` mean absolute seasonal difference before the test days, by name of the MASE.
    """

    sites: tuple[str, ...]
    errors: dict[str, Errors]
    by_seed: dict[str, list[Errors]]
    covered: dict[str, float]
    naive_error: dict[str, np.ndarray]

    def figures(self, name: str) -> dict[str, float]:
        """Return the figures of one forecaster, mean over seeds."""
        return self._figures(self.errors[name]) | {"covered_share": self.covered[name]}

    def spread(self, name: str) -> dict[str, list[float]]:
        """Return the lowest and the highest of each figure over the seeds."""
        seeds = [self._figures(errors) for errors in self.by_seed[name]]
        return {key: [min(figures[key] for figures in seeds), max(figures[key] for figures in seeds)] for key in seeds[0]}

    def ratio(self, name: str, rival: str, metric: str = "wql") -> Interval:
        """Return a forecaster's error over a rival's, with its 95 % interval over days.

        Args:
            name: The forecaster.
            rival: Another one, or ``seasonal_naive`` for the better of yesterday and last week.
            metric: ``wape`` or ``wql``.
        """
        return ratio_interval(self._daily(name, metric), self._daily(self._rival(rival, metric), metric))

    def gain(self, name: str, rival: str, metric: str = "wql") -> Interval:
        """Return by which share a forecaster's error is below a rival's, with its 95 % interval over days; positive is better."""
        return gain(self._daily(name, metric), self._daily(self._rival(rival, metric), metric))

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return every figure by forecaster, with the keys of ``docs/backtest.md``; null where a figure does not exist."""
        return {name: without_nan(self._entry(name)) for name in self.errors}

    def _entry(self, name: str) -> dict[str, Any]:
        entry: dict[str, Any] = self.figures(name)
        rivals = [rival for rival in self.errors if rival != name] + [BETTER_NAIVE] * set(TWO_NAIVES).issubset(self.errors)
        entry["ratios"] = {rival: {metric: self.ratio(name, rival, metric) for metric in COMPARED} for rival in rivals}
        entry["wape_by_site"] = dict(zip(self.sites, wape_by_site(self.errors[name]).tolist(), strict=True))
        entry["wape_by_step"] = wape_by_step(self.errors[name]).tolist()
        entry["reliability"] = dict(zip(QUANTILE_COLUMNS, reliability(self.errors[name]).tolist(), strict=True))
        entry["daily_loss"] = {metric: self._daily(name, metric).tolist() for metric in COMPARED}
        entry["coverage80_by_week"] = coverage_by_week(self.errors[name])
        entry["seeds"] = [self._figures(errors) for errors in self.by_seed[name]]
        entry["spread"] = self.spread(name)
        return entry

    def _figures(self, errors: Errors) -> dict[str, float]:
        sites = wape_by_site(errors)
        known = sites[np.isfinite(sites)]
        return {
            "wape": wape(errors),
            "wape_site_median": float(np.median(known)) if known.size else float("nan"),
            "wql": weighted_quantile_loss(errors),
            **{key: mase(errors, scale) for key, scale in self.naive_error.items()},
            **coverage(errors),
            "bias": bias(errors),
        }

    def _daily(self, name: str, metric: str) -> np.ndarray:
        """Sum of a loss per test day ``(T,)``; the actuals it would be divided by are the same for all forecasters."""
        errors = self.errors[name]
        return {"wape": errors.absolute.sum(axis=1), "wql": errors.pinball.sum(axis=(1, 2))}[metric]

    def _rival(self, rival: str, metric: str) -> str:
        return min(TWO_NAIVES, key=lambda name: self._daily(name, metric).sum()) if rival == BETTER_NAIVE else rival


def score(grid: Grid, forecasts: Mapping[str, Forecast | Sequence[Forecast]], days: range) -> Scores:
    """Return how forecasters did on the same test days, on the steps that were observed and that all of them forecast.

    Args:
        grid: Readings up to the last test day and before.
        forecasts: By name; several of one name are its seeds. Origins outside ``days`` are not counted.
        days: Test days, as indexes of the grid.

    Raises:
        DataError: No step counts.
    """
    n = grid.shape[0]
    seeds = {name: [found] if isinstance(found, Forecast) else list(found) for name, found in forecasts.items()}
    chunks = [range(n)[first : first + SITES_AT_ONCE] for first in range(0, n, SITES_AT_ONCE)]
    parts = [_sums(grid, seeds, days, sites) for sites in chunks]
    observed = max(int(grid.observed[:, days.start : days.stop].sum()), 1)
    covered = {name: sum(there[name] for _, there in parts) / observed for name in seeds}
    by_seed = {name: [Errors.joined([part[name][i] for part, _ in parts]) for i in range(len(several))] for name, several in seeds.items()}
    if not any(several[0].steps.any() for several in by_seed.values()):
        share = grid.observed[:, days.start : days.stop].mean()
        shares = ", ".join(f"{name} {share:.0%}" for name, share in covered.items())
        raise DataError(
            f"no step of the {len(days)} test days from {grid.day_at(days.start)} on is both observed ({share:.0%}) and "
            f"forecast by every model ({shares}); choose other test days or leave a model out"
        )
    before = [(slice(sites.start, sites.stop), slice(0, days.start)) for sites in chunks]
    scale = {
        key: np.concatenate([seasonal_difference(grid.throughput[past], grid.observed[past], season) for past in before])
        for key, season in SEASONS.items()
    }
    errors = {name: Errors.mean(several) for name, several in by_seed.items()}
    return Scores(tuple(site.name for site in grid.sites), errors, by_seed, covered, scale)


def _sums(grid: Grid, seeds: dict[str, list[Forecast]], days: range, sites: range) -> tuple[dict[str, list[Errors]], dict[str, int]]:
    """Return the sums of some sites by forecaster and seed, and how many observed steps each forecaster forecast."""
    here = slice(sites.start, sites.stop), slice(days.start, days.stop)
    actual, observed = grid.throughput[here].swapaxes(0, 1), grid.observed[here].swapaxes(0, 1)  # (T, N, S)
    laid = {name: [laid_out(forecast, actual.shape, days, sites) for forecast in several] for name, several in seeds.items()}
    finite = {name: np.all([np.isfinite(q).all(axis=-1) for q in several], axis=0) for name, several in laid.items()}
    counted = observed & np.all(list(finite.values()), axis=0)
    there = {name: int((observed & known).sum()) for name, known in finite.items()}
    return {name: [errors_of(actual, counted, q) for q in several] for name, several in laid.items()}, there


def laid_out(forecast: Forecast, shape: tuple[int, ...], days: range, sites: range) -> np.ndarray:
    """Return the quantiles of some sites laid out as ``(T, N, S, Q)``; NaN where nothing was asked."""
    laid = np.full((*shape, forecast.quantiles.shape[-1]), np.nan, np.float32)
    day, site = forecast.origins.day, forecast.origins.site
    inside = (day >= days.start) & (day < days.stop) & (site >= sites.start) & (site < sites.stop)
    laid[day[inside] - days.start, site[inside] - sites.start] = forecast.quantiles[inside]
    return laid


def without_nan(value: Any) -> Any:
    """Return a JSON value with null where a figure does not exist."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
