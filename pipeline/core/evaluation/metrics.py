"""How far a forecast was from what came: sums per day and site, and the figures made of them.

Every figure here is a ratio of sums over the steps that count (observed, and forecast by every model compared), so the same sums give
the figure of a fleet, of a site, of a bootstrap resample of days and the mean over seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES

INTERVALS = {"coverage50": (2, 4), "coverage80": (1, 5), "coverage90": (0, 6)}  # positions in QUANTILES
WEEK = 7  # days
BY_STEP = ("step_absolute", "step_actual")  # sums over days and sites


@dataclass(frozen=True)
class Errors:
    """Sums over the counted steps of each test day and site; ``T`` days, ``N`` sites, ``Q`` quantiles.

    Args:
        steps: ``(T, N)`` how many steps count.
        actual: ``(T, N)`` sum of |y|.
        absolute: ``(T, N)`` sum of |y - median|.
        signed: ``(T, N)`` sum of (median - y); positive where the forecast was too high.
        pinball: ``(T, N, Q)`` sum of the pinball loss.
        below: ``(T, N, Q)`` how many actuals were at or below the quantile.
        inside: ``(T, N, 3)`` how many actuals fell into the intervals of ``INTERVALS``, ends included.
        step_absolute: ``(S,)`` sum of |y - median| by step of day.
        step_actual: ``(S,)`` sum of |y| by step of day.
    """

    steps: np.ndarray
    actual: np.ndarray
    absolute: np.ndarray
    signed: np.ndarray
    pinball: np.ndarray
    below: np.ndarray
    inside: np.ndarray
    step_absolute: np.ndarray
    step_actual: np.ndarray

    @classmethod
    def mean(cls, several: list[Self]) -> Self:
        """Return the mean of the sums over seeds, whose figures are the means of the seeds' figures."""
        return cls(**{f.name: np.mean([getattr(errors, f.name) for errors in several], axis=0) for f in fields(cls)})

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return the sums of a fleet from those of its parts, in the order of the sites."""
        sums = {f.name: [getattr(errors, f.name) for errors in parts] for f in fields(cls)}
        return cls(**{name: np.sum(found, axis=0) if name in BY_STEP else np.concatenate(found, axis=1) for name, found in sums.items()})


def errors_of(actual: np.ndarray, counted: np.ndarray, quantiles: np.ndarray) -> Errors:
    """Return the sums of a forecast.

    Args:
        actual: ``(T, N, S)`` throughput; any value where not counted.
        counted: ``(T, N, S)`` True where a step counts; the forecast must be finite there.
        quantiles: ``(T, N, S, Q)`` in the unit of throughput, levels ``QUANTILES``.

    Example:
        Two steps of one site, of which the second was not observed; every quantile says 8.

        >>> actual, counted = np.array([[[10.0, 99.0]]]), np.array([[[True, False]]])
        >>> errors = errors_of(actual, counted, np.full((1, 1, 2, len(QUANTILES)), 8.0))
        >>> wape(errors), bias(errors), coverage(errors)["coverage80"]
        (0.2, -0.2, 0.0)

    Raises:
        ValueError: The forecast is not finite at a counted step.
    """
    if not np.isfinite(quantiles[counted]).all():
        raise ValueError("the forecast is NaN at a step that counts; count only steps that every forecaster forecast")
    days = [_day_sums(*day) for day in zip(actual, counted, quantiles, strict=True)]  # one at a time: a fleet's day is large enough
    return Errors(**{name: (np.sum if name in BY_STEP else np.stack)([day[name] for day in days], axis=0) for name in days[0]})


def pinball_loss(actual: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the pinball loss of every quantile ``(..., Q)``: under-forecasting by one unit costs q, over-forecasting 1 - q.

    Example:
        >>> pinball_loss(np.array([10.0]), np.full((1, len(QUANTILES)), 8.0)).round(2).tolist()
        [[0.1, 0.2, 0.5, 1.0, 1.5, 1.8, 1.9]]
    """
    miss = actual[..., None] - quantiles
    return np.maximum(np.array(QUANTILES) * miss, (np.array(QUANTILES) - 1) * miss)


def wape(errors: Errors) -> float:
    """Return the weighted absolute percentage error of the median, pooled: sum |y - median| / sum |y|; NaN where all actuals are 0."""
    return _ratio(errors.absolute.sum(), errors.actual.sum())


def bias(errors: Errors) -> float:
    """Return sum (median - y) / sum |y|, pooled."""
    return _ratio(errors.signed.sum(), errors.actual.sum())


def weighted_quantile_loss(errors: Errors) -> float:
    """Return 2 × sum of pinball loss / sum |y|, averaged over the quantiles (as GluonTS's mean weighted quantile loss)."""
    return _ratio(2 * errors.pinball.sum() / len(QUANTILES), errors.actual.sum())


def coverage(errors: Errors) -> dict[str, float]:
    """Return the share of actuals inside the 50, 80 and 90 % intervals."""
    return {name: _ratio(errors.inside[..., i].sum(), errors.steps.sum()) for i, name in enumerate(INTERVALS)}


def coverage_by_week(errors: Errors) -> list[float]:
    """Return the share of actuals inside the 80 % interval in each seven test days; the last ones may be fewer."""
    inside, steps = errors.inside[..., list(INTERVALS).index("coverage80")], errors.steps
    return [_ratio(inside[day : day + WEEK].sum(), steps[day : day + WEEK].sum()) for day in range(0, len(steps), WEEK)]


def reliability(errors: Errors) -> np.ndarray:
    """Return the share of actuals at or below each quantile ``(Q,)``; equal to the levels for a calibrated forecast."""
    return np.array([_ratio(value, errors.steps.sum()) for value in errors.below.sum(axis=(0, 1))])


def wape_by_site(errors: Errors) -> np.ndarray:
    """Return the WAPE of each site ``(N,)``; NaN where a site has no counted step or only zeros."""
    return _ratios(errors.absolute.sum(axis=0), errors.actual.sum(axis=0))


def wape_by_step(errors: Errors) -> np.ndarray:
    """Return the pooled WAPE of each step of day ``(S,)``."""
    return _ratios(errors.step_absolute, errors.step_actual)


def mase(errors: Errors, naive_error: np.ndarray) -> float:
    """Return the mean absolute scaled error (Hyndman & Koehler 2006), averaged over the sites that have a scale.

    Args:
        errors: Sums of the forecast.
        naive_error: ``(N,)`` each site's mean absolute seasonal difference before the test days, from ``seasonal_difference``.
    """
    mean_error = _ratios(errors.absolute.sum(axis=0), errors.steps.sum(axis=0))
    scaled = _ratios(mean_error, np.where(naive_error > 0, naive_error, 0))
    return float(np.mean(scaled[np.isfinite(scaled)])) if np.isfinite(scaled).any() else float("nan")


def seasonal_difference(throughput: np.ndarray, observed: np.ndarray, season_days: int) -> np.ndarray:
    """Return each site's mean |y - y a season earlier| ``(N,)`` over pairs of observed steps; NaN where there is no pair.

    Args:
        throughput: ``(N, D, S)`` days before the first test day.
        observed: ``(N, D, S)`` True where a reading exists.
        season_days: 1 or 7.

    Example:
        >>> throughput = np.array([[[1.0, 1.0], [3.0, 1.0]]])
        >>> seasonal_difference(throughput, np.ones((1, 2, 2), bool), 1).tolist()
        [1.0]
    """
    both = observed[:, season_days:] & observed[:, :-season_days]
    change = np.abs(throughput[:, season_days:].astype(np.float64) - throughput[:, :-season_days])
    return _ratios((change * both).sum(axis=(1, 2)), both.sum(axis=(1, 2)))


def _day_sums(actual: np.ndarray, counted: np.ndarray, quantiles: np.ndarray) -> dict[str, np.ndarray]:
    y = np.where(counted, actual, 0.0).astype(np.float64)  # (N, S)
    forecast = np.where(counted[..., None], quantiles, 0.0).astype(np.float64)  # (N, S, Q)
    miss = forecast[..., MEDIAN] - y
    pairs = INTERVALS.values()
    inside = np.stack([(forecast[..., low] <= y) & (y <= forecast[..., high]) & counted for low, high in pairs], axis=-1)
    return {
        "steps": counted.sum(axis=1),
        "actual": np.abs(y).sum(axis=1),
        "absolute": np.abs(miss).sum(axis=1),
        "signed": miss.sum(axis=1),
        "pinball": pinball_loss(y, forecast).sum(axis=1),
        "below": ((y[..., None] <= forecast) & counted[..., None]).sum(axis=1),
        "inside": inside.sum(axis=1),
        "step_absolute": np.abs(miss).sum(axis=0),
        "step_actual": np.abs(y).sum(axis=0),
    }


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator) / float(denominator) if denominator > 0 else float("nan")


def _ratios(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
