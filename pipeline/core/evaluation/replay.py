"""What production would have done: daily learning, scheduled trainings, the gate, trainings that decay or a broken world ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.core.evaluation.gate import CHALLENGER, CHAMPION, NAIVES, decide
from pipeline.core.evaluation.scoring import score
from pipeline.core.evaluation.spans import split_days
from pipeline.core.learning.learner import MOST_STRAIN, strain
from pipeline.core.learning.rolling import Day, joined, learnt_on, roll, speaker, start_of
from pipeline.core.learning.state import State
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, FitOptions, Forecast, Forecaster, Origins
from pipeline.core.series.grid import Grid

LAST_RUNG = "seasonal_naive_mean"


@dataclass(frozen=True)
class Practice:
    """How a production is run; the defaults are those of the settings.

    Args:
        train_every: Days between scheduled trainings.
        test_days: Days that a training's evaluation judges on.
        validation_days: Days before them that training stops on.
        decay_days: Days over which the champion's error is rolled.
        decay_ratio: That error over that of its evaluation beyond which a training is asked for.
        most_strain: How much more the weights alone lose than the forecast before a training is asked for.
        cooldown_days: Days in which decay and strain ask once.
    """

    train_every: int = 7
    test_days: int = 14
    validation_days: int = 14
    decay_days: int = 7
    decay_ratio: float = 1.5
    most_strain: float = MOST_STRAIN
    cooldown_days: int = 7


@dataclass(frozen=True)
class Replay:
    """What was forecast, and each training with what became of it.

    Args:
        forecast: Of every site on every day.
        changes: ``day`` of the cutoff, ``asked_by`` (start, schedule, decay, strain), ``promoted``, ``reason``; in the order of time.
    """

    forecast: Forecast
    changes: list[dict[str, Any]]


@dataclass
class _Version:
    """A champion: its model, what it knew before its own evaluation and knows now, how well it did there, and what is sure of all that.

    ``state`` is of whole days and waits for the tail of the newest; ``sure`` is of days that were whole at the cutoff.
    """

    forecaster: Forecaster
    before: State | None
    first: int
    state: State | None
    wape: float
    last: Day | None = None
    sure: State | None = None


def replay(
    make: Callable[[], Forecaster],
    grid: Grid,
    days: range,
    unknown_steps: np.ndarray,
    options: FitOptions,
    practice: Practice | None = None,
) -> Replay:
    """Return what production would have published on each day, and the trainings of that time.

    A training sees what is known at the cutoff of its day and serves from the next day on. Where no version has passed the gate, the last
    rung of the ladder answers.

    Args:
        make: Returns a new forecaster.
        grid: Readings up to the last day; nothing after a cutoff is looked at.
        days: Target days, one after the other.
        unknown_steps: Steps before each target day that are not known, of each site ``(N,)``.
        options: How to fit.
        practice: How the production is run.
    """
    rules = practice or Practice()
    changes: list[dict[str, Any]] = []
    champion = _trained(make, grid, days.start, unknown_steps, options, rules, None, "start", changes)
    made: list[Forecast] = []
    asked = days.start - rules.cooldown_days
    for day in days:
        made.append(_forecast(champion, grid, day, unknown_steps))
        why = "schedule" if day > days.start and (day - days.start) % rules.train_every == 0 else None
        if why is None and champion is not None and day - asked >= rules.cooldown_days:
            why = _alarm(champion, _known(grid, day, unknown_steps), made[:-1], rules)
            asked = day if why else asked
        if why:
            champion = _trained(make, grid, day, unknown_steps, options, rules, champion, why, changes) or champion
    return Replay(joined(made), changes)


def _forecast(champion: _Version | None, grid: Grid, day: int, unknown_steps: np.ndarray) -> Forecast:
    """Return the day's forecast by the champion, which remembers what it said; by the last rung where there is none."""
    n = grid.shape[0]
    origins = Origins(np.arange(n), np.full(n, day), unknown_steps)
    if champion is None:
        return create(LAST_RUNG).forecast(grid, origins)
    if champion.state is None:
        return champion.forecaster.forecast(grid, origins)
    (made,) = roll(grid, range(day, day + 1), speaker(champion.forecaster, grid, unknown_steps), champion.state, champion.last)
    before = champion.state
    champion.state, champion.last = made.before or before, made
    champion.sure = before if unknown_steps.any() else champion.state
    return made.made.forecast


def _trained(
    make: Callable[[], Forecaster],
    grid: Grid,
    day: int,
    unknown_steps: np.ndarray,
    options: FitOptions,
    rules: Practice,
    champion: _Version | None,
    why: str,
    changes: list[dict[str, Any]],
) -> _Version | None:
    """Return the version that a training on a day makes where the gate lets it pass, None where not; note it among the changes."""
    known = _known(grid, day, unknown_steps)
    spans = split_days(day, rules.test_days, rules.validation_days)
    challenger = make()
    challenger.fit(known, spans.split, options)
    before = start_of(challenger, known, spans.split, unknown_steps).state
    told = learnt_on(challenger, known, spans.test, unknown_steps, before)
    forecasts = {CHALLENGER: told.forecast}
    for name in NAIVES:
        forecasts[name] = create(name).forecast(known, told.forecast.origins)
    if champion is not None and champion.first <= spans.test.start:
        forecasts[CHAMPION] = learnt_on(champion.forecaster, known, spans.test, unknown_steps, champion.before, champion.first).forecast
    evaluation: Mapping[str, Any] = {"models": score(known, forecasts, spans.test).to_json(), "retraining": champion is not None}
    decision = decide(evaluation)
    changes.append({"day": str(grid.day_at(day)), "asked_by": why, "promoted": decision.promoted, "reason": decision.reason})
    if not decision.promoted:
        return None
    return _Version(challenger, before, spans.test.start, told.state, evaluation["models"][CHALLENGER]["wape"] or np.inf)


def _known(grid: Grid, day: int, unknown_steps: np.ndarray) -> Grid:
    """Return the grid as it is known at the cutoff of a day."""
    observed = grid.observed.copy()
    observed[:, day:] = False
    observed[:, day - 1] &= np.arange(grid.shape[2]) < grid.shape[2] - unknown_steps[:, None]
    covariates = {name: np.where(observed, values, np.nan) for name, values in grid.covariates.items()}
    return replace(grid, observed=observed, throughput=np.where(observed, grid.throughput, 0).astype(np.float32), covariates=covariates)


def _alarm(champion: _Version, grid: Grid, made: list[Forecast], rules: Practice) -> str | None:
    """Return what asks for a training before its time: strain at once, decay once its days are full; None for nothing."""
    if champion.sure is not None and champion.last is not None and strain(champion.sure, champion.last.said) > rules.most_strain:
        return "strain"
    if len(made) < rules.decay_days:
        return None
    recent = joined(made[-rules.decay_days :])
    at = recent.origins.site, recent.origins.day
    observed = grid.observed[at] & np.isfinite(recent.quantiles[..., MEDIAN])
    error = np.abs(grid.throughput[at] - recent.quantiles[..., MEDIAN])[observed].sum()
    actual = np.abs(grid.throughput[at])[observed].sum()
    return "decay" if error > rules.decay_ratio * champion.wape * actual else None
