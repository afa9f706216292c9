"""The rolling-origin backtest: fit once on the past, forecast each of the last days, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from pipeline.core.evaluation.cost import measured
from pipeline.core.evaluation.scoring import Scores, score
from pipeline.core.evaluation.spans import Spans
from pipeline.core.models import create
from pipeline.core.models.contract import FitOptions, Forecast, Forecaster, Origins, Progress, Split
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError

FEWEST_TRAIN_DAYS = 7

Report = Callable[[str, int, Progress], None]


@dataclass(frozen=True)
class Backtest:
    """Forecasters of a backtest, what they forecast and what it cost.

    Args:
        spans: The days they learned from, stopped on and were judged by.
        scores: Errors and comparisons.
        forecasts: By name and seed.
        costs: ``train_seconds`` and ``forecast_seconds`` (means over seeds) and ``peak_mb`` (most), by name.
    """

    spans: Spans
    scores: Scores
    forecasts: dict[str, list[Forecast]]
    costs: dict[str, dict[str, float]]

    def to_json(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result with the keys of ``docs/backtest.md``; ``about`` describes the data."""
        return {"data": dict(about), "models": {name: entry | self.costs[name] for name, entry in self.scores.to_json().items()}}


def spans_of(days: int, test_days: int, validation_days: int) -> Spans:
    """Return exactly the test days asked for, the validation days before them (at most a third of the rest), and all earlier days.

    Raises:
        DataError: Fewer than a week would be left to learn from.
    """
    first_test = days - test_days
    first_validation = first_test - min(validation_days, max(first_test, 0) // 3)
    if first_validation < FEWEST_TRAIN_DAYS + 1:
        raise DataError(
            f"{days} days of history leave {max(first_validation - 1, 0)} to learn from after {test_days} test days; "
            f"expected {FEWEST_TRAIN_DAYS} or more: load more history or ask for fewer with --test-days"
        )
    return Spans(Split(range(1, first_validation), range(first_validation, first_test)), range(first_test, days))


def backtest(
    grid: Grid,
    models: Mapping[str, Mapping[str, Any]],
    spans: Spans,
    *,
    seeds: Sequence[int] = (0,),
    unknown_steps: int = 0,
    options: FitOptions | None = None,
    report: Report = lambda *_: None,
) -> Backtest:
    """Fit each model on the training days, forecast every site on every test day without a refit, and compare.

    Args:
        grid: Readings up to the last test day.
        models: Settings of each forecaster by its name in ``FORECASTERS``.
        spans: Days to learn from, stop on and be judged by.
        seeds: One fit each; a forecaster that has no chance in it is fitted once.
        unknown_steps: Steps before each target day that are not known at the cutoff.
        options: How to fit; the seed is replaced by each of ``seeds``.
        report: Called with model, seed and progress.

    Raises:
        DataError: No step of the test days counts, or a model finds too little to learn from.
    """
    forecasts: dict[str, list[Forecast]] = {}
    costs: dict[str, dict[str, float]] = {}
    for name, settings in models.items():
        made, spent = [], []
        for seed in seeds:
            forecaster = create(name, **settings)
            chosen = replace(options or FitOptions(), seed=seed, report=partial(report, name, seed))
            forecast, cost = _run(forecaster, grid, spans, unknown_steps, chosen)
            made.append(forecast)
            spent.append(cost)
            if getattr(forecaster, "deterministic", False):
                break
        forecasts[name], costs[name] = made, _cost_of(spent)
    return Backtest(spans, score(grid, forecasts, spans.test), forecasts, costs)


def forecast_days(forecaster: Forecaster, grid: Grid, days: range, unknown_steps: int = 0) -> Forecast:
    """Return what a fitted forecaster says of every site on each day, knowing only what came before it."""
    return forecaster.forecast(grid, Origins.every(grid.shape[0], days, unknown_steps))


def _run(forecaster: Forecaster, grid: Grid, spans: Spans, unknown: int, options: FitOptions) -> tuple[Forecast, dict[str, float]]:
    with measured() as training:
        forecaster.fit(grid, spans.split, options)
    with measured() as forecasting:
        forecast = forecast_days(forecaster, grid, spans.test, unknown)
    cost = {"train_seconds": training.seconds, "forecast_seconds": forecasting.seconds}
    return forecast, cost | {"peak_mb": max(training.peak_mb, forecasting.peak_mb)}


def _cost_of(seeds: list[dict[str, float]]) -> dict[str, float]:
    means = {key: float(np.mean([cost[key] for cost in seeds])) for key in ("train_seconds", "forecast_seconds")}
    return means | {"peak_mb": max(cost["peak_mb"] for cost in seeds)}
