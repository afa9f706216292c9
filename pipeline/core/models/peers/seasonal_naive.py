"""Tomorrow is like yesterday, like a week ago, or half of each: the rules that every model must beat."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES, FitOptions, Forecast, Origins, Split
from pipeline.core.models.past import first_known_lag, in_parts, past_of
from pipeline.core.models.settings import Within, checked
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError

FEWEST_ERRORS = 8  # below it a pool of errors says too little about the tails
BLOCKS = 24  # parts of the day whose errors are pooled, each with its two neighbours


@dataclass(frozen=True)
class NaiveSettings:
    """What a rule looks at.

    Args:
        context_days: Days of the past.
    """

    context_days: Annotated[int, Within(1, 366)] = 28


class _SeasonalNaive:
    """Median: the newest reading at the same step, a period back; quantiles: the rule's own errors within the context.

    A missing reading is replaced by the next older period's, then by the newest day's at that step, then by the context's median.
    The errors are those that the rule would have made on each day of the context with the same cutoff, pooled over neighbouring hours.
    """

    name: ClassVar[str]
    periods: ClassVar[tuple[int, ...]]  # days; the forecast is the mean over them
    deterministic = True

    def __init__(self, **settings: Any) -> None:
        self.settings: dict[str, Any] = asdict(checked(self.name, NaiveSettings(), settings))
        self.context_days: int = self.settings["context_days"]

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:  # noqa: ARG002
        """Learn nothing; the rule reads its context at forecast time."""
        return {"train_seconds": 0.0}

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin; NaN only where a site has no reading at all in its context."""
        quantiles = np.full((len(origins), grid.shape[2], len(QUANTILES)), np.nan, np.float32)
        for places, readings, unknown in self._pasts(grid, origins):
            quantiles[places] = self._quantiles(readings, unknown)
        return Forecast(origins, quantiles)

    def medians(self, grid: Grid, origins: Origins) -> np.ndarray:
        """Return the medians of ``forecast`` alone, ``(B, S)``, without the errors that the other quantiles are made of."""
        medians = np.full((len(origins), grid.shape[2]), np.nan, np.float32)
        for places, readings, unknown in self._pasts(grid, origins):
            points = self._points(readings, unknown)[:, -1]
            lacking = np.isnan(points).any(axis=1)
            points[lacking] = _or_centre(points[lacking], _median(readings[lacking]))
            medians[places] = points
        return medians

    def save(self, folder: Path) -> None:
        """Write ``config.json``."""
        (folder / "config.json").write_text(json.dumps({"name": self.name, "settings": self.settings}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote.

        Raises:
            ModelError: ``config.json`` is not readable or not of this forecaster.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            return cls(**config["settings"])
        except (OSError, ValueError, KeyError, TypeError, ModelError) as error:
            raise ModelError(f"{folder} holds no {cls.name} forecaster: {error}; expected the folder that save wrote") from error

    def _pasts(self, grid: Grid, origins: Origins) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        """Yield origins that know equally much: their places, their readings ``(B, L, S)``, NaN where unknown, and the steps unknown."""
        for part, rows in in_parts(origins, self.context_days * grid.shape[2]):
            past, observed = past_of(grid, rows, self.context_days)
            readings = np.where(observed, past, np.nan)
            for unknown in np.unique(rows.unknown_steps):
                same = rows.unknown_steps == unknown
                yield np.arange(len(origins))[part][same], readings[same], int(unknown)

    def _quantiles(self, readings: np.ndarray, unknown: int) -> np.ndarray:
        points = self._points(readings, unknown)  # (B, L + 1, S), the last day is the target
        centre = _median(readings)
        median = _or_centre(points[:, -1], centre)
        errors = readings - points[:, :-1]
        spread = _error_quantiles(errors, readings - centre[:, None, None])  # (B, S, Q)
        spread[..., :MEDIAN] = np.minimum(spread[..., :MEDIAN], 0)
        spread[..., MEDIAN] = 0
        spread[..., MEDIAN + 1 :] = np.maximum(spread[..., MEDIAN + 1 :], 0)
        floor = np.where((readings < 0).any(axis=(1, 2), keepdims=True), -np.inf, 0)  # what was never negative is never forecast so
        return np.maximum(median[..., None] + spread, floor)

    def _points(self, readings: np.ndarray, unknown: int) -> np.ndarray:
        first = first_known_lag(readings.shape[2], unknown)
        newest = _carried(readings, 1, first)
        total = np.zeros_like(newest)
        for period in self.periods:
            seasonal = newest if period == 1 else _carried(readings, period, -(-first // period) * period)
            total += np.where(np.isnan(seasonal), newest, seasonal)
        return total / len(self.periods)


class SeasonalNaiveDay(_SeasonalNaive):
    """Same time yesterday."""

    name = "seasonal_naive_day"
    periods = (1,)


class SeasonalNaiveWeek(_SeasonalNaive):
    """Same time on the same weekday last week."""

    name = "seasonal_naive_week"
    periods = (7,)


class SeasonalNaiveMean(_SeasonalNaive):
    """Mean of same time yesterday and same time last week."""

    name = "seasonal_naive_mean"
    periods = (1, 7)


def _carried(readings: np.ndarray, period: int, lag: np.ndarray) -> np.ndarray:
    """Newest reading ``lag`` (S,) or whole further periods before each day of the context and the target: ``(B, L + 1, S)``."""
    b, days, steps = readings.shape
    filled = readings.copy()
    for day in range(period, days):
        filled[:, day] = np.where(np.isnan(filled[:, day]), filled[:, day - period], filled[:, day])
    out = np.full((b, days + 1, steps), np.nan, readings.dtype)
    for back in np.unique(lag[lag <= days]):
        at = lag == back
        out[:, back:, at] = filled[:, : days + 1 - back, at]
    return out


def _error_quantiles(errors: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Quantiles ``(B, S, Q)`` of the errors around each step; where a site has too few, of its deviations from its own median."""
    b, days, steps = errors.shape
    site = _quantiles_of(np.where(_enough(errors)[:, None, None], errors, deviations).reshape(b, -1))
    out = np.empty((b, steps, len(QUANTILES)), np.float32)
    blocks = np.array_split(np.arange(steps), min(BLOCKS, steps))
    for i, block in enumerate(blocks):
        near = np.unique(np.concatenate([blocks[i - 1], block, blocks[(i + 1) % len(blocks)]]))
        pool = errors[:, :, near]
        out[:, block] = np.where(_enough(pool)[:, None], _quantiles_of(pool.reshape(b, days * near.size)), site)[:, None]
    return out


def _enough(errors: np.ndarray) -> np.ndarray:
    return np.isfinite(errors).sum(axis=(1, 2)) >= FEWEST_ERRORS


def _quantiles_of(rows: np.ndarray) -> np.ndarray:
    """Quantiles ``(B, Q)`` of each row's finite values at positions ``q (n + 1)`` (Weibull), which leave room for the unseen tail."""
    ordered = np.sort(rows, axis=1)  # NaN last
    count = np.isfinite(rows).sum(axis=1, keepdims=True)
    position = np.clip(np.array(QUANTILES) * (count + 1) - 1, 0, np.maximum(count - 1, 0))
    low = position.astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below, above = np.take_along_axis(ordered, low, axis=1), np.take_along_axis(ordered, high, axis=1)
    return np.where(count > 0, below + (above - below) * (position - low), np.nan)


def _or_centre(points: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(points), centre[:, None], points)


def _median(readings: np.ndarray) -> np.ndarray:
    return _quantiles_of(readings.reshape(len(readings), math.prod(readings.shape[1:])))[:, MEDIAN]
