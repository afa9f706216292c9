"""How well a forecaster's days are known as a whole: peaks, volumes and the fleet's total, beside maxima and sums of its quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.evaluation.scoring import laid_out
from pipeline.core.models.contract import MEDIAN, QUANTILES, Forecast
from pipeline.core.scenarios.margins import ladder
from pipeline.core.scenarios.memory import Lesson, Memory, Said, actuals, lesson_of
from pipeline.core.series.grid import Grid

LOW, HIGH = QUANTILES.index(0.10), QUANTILES.index(0.90)
INDEPENDENT_PATHS = 200


@dataclass(frozen=True)
class Days:
    """Forecasts and actuals of days in a row; ``T`` days, ``N`` sites, ``S`` steps.

    Args:
        quantiles: ``(T, N, S, Q)``; NaN where there is none.
        actual: ``(T, N, S)``; any value where not observed.
        observed: ``(T, N, S)``.
        unknown_steps: ``(N,)`` last steps of the day before that are not known when a day is forecast.
    """

    quantiles: np.ndarray
    actual: np.ndarray
    observed: np.ndarray
    unknown_steps: np.ndarray

    def seen(self, day: int) -> np.ndarray:
        """Return the steps ``(N, S)`` of a day that were observed and forecast."""
        seen: np.ndarray = self.observed[day] & np.isfinite(self.quantiles[day]).all(axis=-1)
        return seen


@dataclass(frozen=True)
class Planned:
    """Quantiles of the judged days' quantities, what came, and what maxima and sums of quantiles would have said.

    Args:
        quantiles: By name ``(T, M, Q)``: of ``peak`` and ``volume`` by site, of ``total`` (two sites or more) by step.
        actual: By name ``(T, M)``; NaN where the day or step does not count.
        plain: By name ``(T, M, Q)``: the peak of quantiles, the sums of quantiles.
        independent: ``(T, S, Q)``: the total if sites knew nothing of each other; None where there is one site.
    """

    quantiles: dict[str, np.ndarray]
    actual: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    independent: np.ndarray | None

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return the figures with the keys of ``docs/backtest.md``."""
        found = {name: figures(self.quantiles[name], self.actual[name]) for name in self.quantiles}
        found["peak_of_quantiles"] = figures(self.plain["peak"], self.actual["peak"])
        found["sum_of_quantiles"] = figures(self.plain["volume"], self.actual["volume"])
        if self.independent is not None:
            found["total_of_quantiles"] = figures(self.plain["total"], self.actual["total"])
            found["total_if_independent"] = figures(self.independent, self.actual["total"])
        return found


def whole_days(
    grid: Grid,
    forecasts: Mapping[str, Sequence[Forecast]],
    before: Mapping[str, Sequence[Forecast]],
    days: range,
    unknown_steps: np.ndarray,
) -> dict[str, dict[str, Any]]:
    """Return the figures of ``Planned.to_json`` by forecaster, mean over its seeds, on steps that were observed and that all forecast.

    Args:
        grid: Readings up to the last test day.
        forecasts: Of the test days, by name and seed.
        before: Of days just before them, by name and seed, none of which the forecaster had learnt from; none for a name that is missing.
        days: Test days.
        unknown_steps: ``(N,)`` last steps of the day before that are not known when a day is forecast.
    """
    laid = {name: [_laid(grid, made, days) for made in several] for name, several in forecasts.items()}
    there = [np.isfinite(quantiles).all(axis=-1) for several in laid.values() for quantiles in several]
    counted = np.logical_and.reduce([_of(grid.observed, days), *there])
    found = {}
    for name, several in laid.items():
        seeds = []
        for i, quantiles in enumerate(several):
            first, span = 0, days
            if earlier := before.get(name):
                span = range(int(earlier[i].origins.day.min()), days.stop)
                first = days.start - span.start
                quantiles = np.concatenate([_laid(grid, earlier[i], range(span.start, days.start)), quantiles])
            known = Days(quantiles, _of(grid.throughput, span), _of(grid.observed, span), unknown_steps)
            seeds.append(planned(known, first, counted).to_json())
        found[name] = {key: _mean([seed[key] for seed in seeds]) for key in seeds[0]}
    return found


def planned(days: Days, first: int, counted: np.ndarray) -> Planned:
    """Return what was planned day after day, each from the days before it alone.

    A site's day counts where half of its steps do, a step's total where half of the sites do; both sides leave out what does not count.

    Args:
        days: Forecasts and actuals, some days before the judged ones among them where there are any.
        first: Index of the first judged day.
        counted: ``(T - first, N, S)`` steps that count, observed and forecast.
    """
    t, n, s = days.actual.shape
    memory = Memory.empty(n, s)
    lesson: Lesson | None = None
    rows: list[dict[str, tuple[np.ndarray, ...]]] = []
    for day in range(t):
        known = memory
        if lesson is not None:
            known, memory = memory.after(_cut(lesson, days.unknown_steps)), memory.after(lesson)
        quantiles, actual, observed = days.quantiles[day], days.actual[day], days.seen(day)
        paths = known.draw(quantiles)
        said = known.say(paths, quantiles, observed)
        lesson = lesson_of(said, quantiles, actual, observed)
        if day >= first:
            counts = counted[day - first]
            judged = said if np.array_equal(counts, observed) else known.say(paths, quantiles, counts)
            rows.append(_row(judged, quantiles, actual, counts))
    parts = {name: [np.stack(part) for part in zip(*(row[name] for row in rows), strict=True)] for name in rows[0]}
    quantiles, actual, plain = ({name: part[i] for name, part in parts.items()} for i in range(3))
    return Planned(quantiles, actual, plain, parts["total"][3] if "total" in parts else None)


def figures(quantiles: np.ndarray, actual: np.ndarray) -> dict[str, float]:
    """Return ``pinball`` (over the series' mean actual, mean over series), ``below50``, ``coverage80`` of ``(T, M, Q)`` for ``(T, M)``.

    Example:
        >>> certain = np.full((2, 1, 7), 10.0)
        >>> figures(certain, np.array([[10.0], [10.0]]))
        {'pinball': 0.0, 'below50': 1.0, 'coverage80': 1.0}
    """
    known = np.isfinite(actual)
    loss = np.where(known, pinball_loss(np.where(known, actual, 0.0), np.nan_to_num(quantiles)).mean(axis=-1), 0.0).sum(axis=0)
    size = np.where(known, np.abs(actual), 0.0).sum(axis=0)
    came, said = actual[known], quantiles[known]
    shares = ((came <= said[:, MEDIAN]), (came >= said[:, LOW]) & (came <= said[:, HIGH]))
    below, inside = (float(share.mean()) if share.size else float("nan") for share in shares)
    some = size > 0
    return {"pinball": float((loss[some] / size[some]).mean()) if some.any() else float("nan"), "below50": below, "coverage80": inside}


def _mean(seeds: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([seed[key] for seed in seeds])) for key in seeds[0]}


def _of(values: np.ndarray, days: range) -> np.ndarray:
    """Return days of a grid's array as ``(T, N, S)``."""
    return values[:, days.start : days.stop].swapaxes(0, 1)


def _laid(grid: Grid, made: Forecast, days: range) -> np.ndarray:
    n, _, s = grid.shape
    return laid_out(made, (len(days), n, s), days, range(n))


def _cut(lesson: Lesson, unknown_steps: np.ndarray) -> Lesson:
    """Return the lesson of a day of which the last ``unknown_steps`` ``(N,)`` are not known yet."""
    steps = lesson.steps.shape[1]
    return lesson.without(unknown_steps > 0, np.arange(steps) >= steps - unknown_steps[:, None])


def _row(said: Said, quantiles: np.ndarray, actual: np.ndarray, counted: np.ndarray) -> dict[str, tuple[np.ndarray, ...]]:
    """Return quantiles, actual and the steps' own maximum or sum of one day's quantities, by name."""
    came, steps = actuals(actual, counted), np.where(counted[..., None], quantiles, 0.0)
    plain = {"peak": said.highest, "volume": steps.sum(axis=1), "total": steps.sum(axis=0)}
    found: dict[str, tuple[np.ndarray, ...]] = {name: (said.quantiles(name), came[name], plain[name]) for name in said.spreads}
    if "total" in found:
        return found | {"total": (*found["total"], _independent(steps, counted))}
    return found


def _independent(said: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Quantiles ``(S, Q)`` of the total of sites that know nothing of each other: each site's ladder in a fixed order of its own."""
    values = np.where(counted, ladder(said, INDEPENDENT_PATHS), 0.0)
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(INDEPENDENT_PATHS)[:, None], (1, len(said))), axis=0)
    total = sum(values[orders[:, site], site] for site in range(len(said)))
    return np.quantile(total, QUANTILES, axis=0, method="hazen").T
