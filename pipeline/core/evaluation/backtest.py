"""The rolling-origin backtest: fit once on the past, forecast each of the last days, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from pipeline.core.evaluation.cost import measured
from pipeline.core.evaluation.eventful import Eventful
from pipeline.core.evaluation.replay import Replay, replay
from pipeline.core.evaluation.scoring import Scores, score, without_nan
from pipeline.core.evaluation.spans import Spans
from pipeline.core.evaluation.whole_days import whole_days
from pipeline.core.learning.rolling import joined, learns, learnt_on, start_of
from pipeline.core.models import create
from pipeline.core.models.contract import FitOptions, Forecast, Forecaster, Origins, Progress, Split
from pipeline.core.scenarios.paths import PAST_DAYS
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
        frozen: The same of what they said without learning from the test days.
        forecasts: By name and seed.
        rehearsed: What the same learning said of the validation days, by name and seed; of weights that had not seen them. What a rule, or
            a model that does not learn, said of days before the test.
        whole_days: Figures of peaks, volumes and the total, by name.
        replays: What production would have done, by name and seed; empty where nobody asked.
        replayed: Errors and comparisons of that; None where nobody asked.
        costs: ``train_seconds`` and ``forecast_seconds`` (means over seeds) and ``peak_mb`` (most), by name.
    """

    spans: Spans
    scores: Scores
    frozen: Scores
    forecasts: dict[str, list[Forecast]]
    rehearsed: dict[str, list[Forecast]]
    whole_days: dict[str, dict[str, Any]]
    replays: dict[str, list[Replay]]
    replayed: Scores | None
    costs: dict[str, dict[str, float]]

    def to_json(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result with the keys of ``docs/backtest.md``; ``about`` describes the data."""
        frozen = self.frozen.to_json()
        days = without_nan(self.whole_days)
        found = {name: entry | days[name] | self.costs[name] | {"frozen": frozen[name]} for name, entry in self.scores.to_json().items()}
        if self.replayed is not None:
            for name, entry in self.replayed.to_json().items():
                found[name]["replay"] = entry | {"changes": [each.changes for each in self.replays.get(name, [])]}
        return {"data": dict(about), "models": found}


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
    frozen: bool = False,
    refit_every: int = 0,
    replayed: bool = False,
    events: Eventful | None = None,
    options: FitOptions | None = None,
    report: Report = lambda *_: None,
) -> Backtest:
    """Fit each model on the training days, forecast every site on every test day, and compare.

    Args:
        grid: Readings up to the last test day.
        models: Settings of each forecaster by its name in ``FORECASTERS``.
        spans: Days to learn from, stop on and be judged by.
        seeds: One fit each; a forecaster that has no chance in it is fitted once.
        unknown_steps: Steps before each target day that are not known at the cutoff.
        frozen: Whether nothing is learnt from a test day when it is over. A rule, which has no chance in it, never learns.
        refit_every: Test days after which each model is fitted again on all days before; 0 for one fit.
        replayed: Whether to tell as well what production would have done; rules have nothing to do.
        events: What people knew of the days; then ``grid`` is its ``clean`` one, and forecasts are judged inside events as well.
        options: How to fit; the seed is replaced by each of ``seeds``.
        report: Called with model, seed and progress.

    Raises:
        DataError: No step of the test days counts, or a model finds too little to learn from.
    """
    unknown = np.full(grid.shape[0], unknown_steps)
    found: dict[str, list[_Found]] = {}
    replays: dict[str, list[Replay]] = {}
    for name, settings in models.items():
        found[name] = []
        for seed in seeds:
            forecaster = create(name, **settings)
            chosen = replace(options or FitOptions(), seed=seed, report=partial(report, name, seed), unknown_steps=unknown)
            found[name].append(_run(forecaster, grid, _fits(spans, refit_every), chosen, frozen))
            if getattr(forecaster, "deterministic", False):
                break
            if replayed:
                replays.setdefault(name, []).append(replay(partial(create, name, **settings), grid, spans.test, unknown, chosen))
    forecasts = {name: [each.forecast for each in seeds] for name, seeds in found.items()}
    plain = {name: [each.frozen for each in seeds] for name, seeds in found.items()}
    rehearsed = {name: heard for name, seeds in found.items() if (heard := [each.rehearsed for each in seeds if each.rehearsed])}
    judged = grid
    if events is not None:
        judged, forecasts, plain, rehearsed = events.judged, *map(events.raised_all, (forecasts, plain, rehearsed))
    whole = whole_days(judged, forecasts, rehearsed, spans.test, unknown)
    scores = score(judged, forecasts, spans.test)
    without = scores if frozen else score(judged, plain, spans.test)
    redone = {name: [each.forecast for each in seeds] for name, seeds in replays.items()}
    published = forecasts | (redone if events is None else events.raised_all(redone))
    again = score(judged, published, spans.test) if replayed else None
    return Backtest(
        spans, scores, without, forecasts, rehearsed, whole, replays, again, {name: _cost_of(seeds) for name, seeds in found.items()}
    )


def forecast_days(forecaster: Forecaster, grid: Grid, days: range, unknown_steps: np.ndarray | int = 0) -> Forecast:
    """Return what a fitted forecaster says of every site on each day, knowing only what came before it and learning nothing.

    Args:
        forecaster: Fitted.
        grid: Readings.
        days: Target days.
        unknown_steps: Steps before each day that are not known, of all sites or of each ``(N,)``.
    """
    return forecaster.forecast(grid, Origins.every(grid.shape[0], days, unknown_steps))


def days_before(forecaster: Forecaster, spans: Spans) -> range:
    """Return the days before the test that show how errors go together: those of validation; more of a rule, which learns from none."""
    if not learns(forecaster):
        return range(max(1, spans.test.start - PAST_DAYS), spans.test.start)
    return spans.split.validation


@dataclass(frozen=True)
class _Found:
    """One seed of a model: what it forecast of the test days, what it would have without learning, and of the days before."""

    forecast: Forecast
    frozen: Forecast
    rehearsed: Forecast | None
    cost: dict[str, float]


def _fits(spans: Spans, every: int) -> list[Spans]:
    """Return the spans of each fit: all of the test after one, or ``every`` so many test days after one of its own."""
    return [
        Spans(
            Split(range(spans.split.train.start, first - len(spans.split.validation)), range(first - len(spans.split.validation), first)),
            range(first, min(first + (every or len(spans.test)), spans.test.stop)),
        )
        for first in range(spans.test.start, spans.test.stop, every or len(spans.test))
    ]


def _run(forecaster: Forecaster, grid: Grid, fits: list[Spans], options: FitOptions, frozen: bool) -> _Found:
    assert options.unknown_steps is not None
    taught = not frozen and learns(forecaster)
    made: list[Forecast] = []
    plain: list[Forecast] = []
    before: Forecast | None = None
    costs = []
    for spans in fits:
        with measured() as training:
            forecaster.fit(grid, spans.split, options)
        with measured() as forecasting:
            if taught:
                start = start_of(forecaster, grid, spans.split, options.unknown_steps)
                told = learnt_on(forecaster, grid, spans.test, options.unknown_steps, start.state)
                made.append(told.forecast)
                plain.append(told.frozen)
                before = before or start.forecast
            else:
                made.append(forecast_days(forecaster, grid, spans.test, options.unknown_steps))
                before = before or forecast_days(forecaster, grid, days_before(forecaster, spans), options.unknown_steps)
        costs.append((training, forecasting))
    cost = {
        "train_seconds": float(np.mean([training.seconds for training, _ in costs])),
        "forecast_seconds": sum(forecasting.seconds for _, forecasting in costs),
        "peak_mb": max(part.peak_mb for both in costs for part in both),
    }
    forecast = joined(made)
    return _Found(forecast, joined(plain) if taught else forecast, before, cost)


def _cost_of(seeds: list[_Found]) -> dict[str, float]:
    means = {key: float(np.mean([each.cost[key] for each in seeds])) for key in ("train_seconds", "forecast_seconds")}
    return means | {"peak_mb": max(each.cost["peak_mb"] for each in seeds)}
