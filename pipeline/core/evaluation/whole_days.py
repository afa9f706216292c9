"""How well a forecaster's days are known as a whole: peaks, volumes and the fleet's total, beside maxima and sums of its quantiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.evaluation.plan_scores import HIGH, LOW, risk_sums
from pipeline.core.evaluation.scoring import laid_out
from pipeline.core.learning.rolling import joined
from pipeline.core.models.contract import MEDIAN, QUANTILES, Forecast, Origins
from pipeline.core.scenarios.dependence import error_scores
from pipeline.core.scenarios.margins import ladder
from pipeline.core.scenarios.memory import Advice, Lesson, Memory, Said, actuals, lesson_of
from pipeline.core.scenarios.paths import draw
from pipeline.core.scenarios.spread import Correction, corrected, risk_above, spread_of
from pipeline.core.series.grid import Grid

INDEPENDENT_PATHS = 200
LIMIT_DAYS, FEWEST_DAYS, LIMIT_LEVEL = 28, 7, 0.8  # a capacity for the risk: the level of a site's last peaks, where so many are known


@dataclass(frozen=True)
class Days:
    """Forecasts and actuals of days in a row; ``T`` days, ``N`` sites, ``S`` steps.

    Args:
        quantiles: ``(T, N, S, Q)``; NaN where there is none.
        actual: ``(T, N, S)``; any value where not observed.
        observed: ``(T, N, S)``.
        unknown_steps: ``(N,)`` last steps of the day before that are not known when a day is forecast.
        errors: Normal scores ``(D, N, S)`` of the past errors that are known when a day, by its index, is forecast.
    """

    quantiles: np.ndarray
    actual: np.ndarray
    observed: np.ndarray
    unknown_steps: np.ndarray
    errors: Callable[[int], np.ndarray]

    @classmethod
    def of(cls, grid: Grid, made: Forecast, unknown_steps: np.ndarray, sites: np.ndarray) -> Self:
        """Return the days of a forecast of every site of a grid.

        Args:
            grid: Readings.
            made: The forecast.
            unknown_steps: Of each site of the grid, last steps of the day before that are not known when a day is forecast.
            sites: ``(N,)`` those to keep.
        """
        span, unknown = range(int(made.origins.day.min()), int(made.origins.day.max()) + 1), unknown_steps[sites]

        def errors(day: int) -> np.ndarray:
            return error_scores(grid, Origins(sites, np.full_like(sites, span[day]), unknown))

        quantiles, actual, observed = _laid(grid, made, span), _of(grid.throughput, span), _of(grid.observed, span)
        return cls(quantiles[:, sites], actual[:, sites], observed[:, sites], unknown, errors)

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
        risks: P(peak > limit) ``(T, N)``: of ``risk`` as planned, of ``risk_of_steps`` the largest step's.
        above: ``(T, N)`` 1 where the peak came above the limit, NaN where either is unknown.
    """

    quantiles: dict[str, np.ndarray]
    actual: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    independent: np.ndarray | None
    risks: dict[str, np.ndarray]
    above: np.ndarray

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return the figures with the keys of ``docs/backtest.md``."""
        found = {name: figures(self.quantiles[name], self.actual[name]) for name in self.quantiles}
        found["peak_of_quantiles"] = figures(self.plain["peak"], self.actual["peak"])
        for name, risk in self.risks.items():
            found[name] = risk_figures(risk.ravel(), self.above.ravel())
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
    most_sites: int | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the figures of ``Planned.to_json`` by forecaster, mean over its seeds, on steps that were observed and that all forecast.

    Args:
        grid: Readings up to the last test day.
        forecasts: Of the test days, by name and seed.
        before: Of days just before them, by name and seed, none of which the forecaster had learnt from; none for a name that is missing.
        days: Test days.
        unknown_steps: ``(N,)`` last steps of the day before that are not known when a day is forecast.
        most_sites: Judge so many of them at most, evenly chosen; None for all.
    """
    sites = np.unique(np.linspace(0, grid.shape[0] - 1, min(most_sites or grid.shape[0], grid.shape[0])).astype(np.int64))
    laid = {name: [_laid(grid, made, days) for made in several] for name, several in forecasts.items()}
    there = [np.isfinite(quantiles).all(axis=-1) for several in laid.values() for quantiles in several]
    counted = np.logical_and.reduce([_of(grid.observed, days), *there])[:, sites]
    found, limits = {}, limits_of(grid, days, unknown_steps)[:, sites]
    for name, several in forecasts.items():
        seeds = []
        for i, made in enumerate(several):
            known = Days.of(grid, joined([before[name][i], made]) if name in before else made, unknown_steps, sites)
            seeds.append(planned(known, len(known.actual) - len(days), counted, limits).to_json())
        found[name] = {key: _mean([seed[key] for seed in seeds]) for key in seeds[0]}
    return found


def limits_of(grid: Grid, days: range, unknown_steps: np.ndarray) -> np.ndarray:
    """Return a capacity of each site for each day ``(T, N)``, from its peaks that are known before the day; NaN where they are too few."""
    span = range(max(days.start - LIMIT_DAYS, 0), days.stop)
    observed = _of(grid.observed, span)
    peak = np.stack([actuals(value, seen)["peak"] for value, seen in zip(_of(grid.throughput, span), observed, strict=True)])
    out = np.full((len(days), grid.shape[0]), np.nan)
    for row, day in enumerate(days):
        last = day - span.start
        past = peak[max(last - LIMIT_DAYS, 0) : last].copy()
        past[-1:, unknown_steps > 0] = np.nan
        enough = np.isfinite(past).sum(axis=0) >= FEWEST_DAYS
        out[row, enough] = np.nanquantile(past[:, enough], LIMIT_LEVEL, axis=0)
    return out


def planned(days: Days, first: int, counted: np.ndarray, limits: np.ndarray) -> Planned:
    """Return what was planned day after day, each from the days before it alone.

    A site's day counts where half of its steps do, a step's total where half of the sites do; both sides leave out what does not count.

    Args:
        days: Forecasts and actuals, some days before the judged ones among them where there are any.
        first: Index of the first judged day.
        counted: ``(T - first, N, S)`` steps that count, observed and forecast.
        limits: ``(T - first, N)`` capacities to tell the risk of.
    """
    t, n, _ = days.actual.shape
    memory, lesson = Memory.empty(n), Lesson.none(n)
    whole = days.unknown_steps == 0
    rows: list[dict[str, tuple[np.ndarray, ...]]] = []
    risks: dict[str, list[np.ndarray]] = {"risk": [], "risk_of_steps": []}
    for day in range(t):
        known, memory = memory.after(lesson.of(whole)), memory.after(lesson)
        advice = known.advice()
        quantiles, actual, observed = days.quantiles[day], days.actual[day], days.seen(day)
        paths = draw(quantiles, days.errors(day))
        said = advice.say(paths, quantiles, observed)
        held = said if whole.all() else memory.advice().say(paths, quantiles, observed)  # a lesson knows all days before
        lesson = lesson_of(held, actual, observed)
        if day >= first:
            counts = counted[day - first]
            judged = said if np.array_equal(counts, observed) else advice.say(paths, quantiles, counts)
            rows.append(_row(advice, judged, paths, quantiles, actual, counts))
            limit = limits[day - first]
            risks["risk"].append(risk_above(judged.peak, limit, advice.peak))
            risks["risk_of_steps"].append(_exceedance(judged.highest, limit))
    parts = {name: [np.stack(part) for part in zip(*(row[name] for row in rows), strict=True)] for name in rows[0]}
    quantiles, actual, plain = ({name: part[i] for name, part in parts.items()} for i in range(3))
    above = np.where(np.isfinite(actual["peak"]) & np.isfinite(limits), actual["peak"] > limits, np.nan)
    told = {name: np.stack(part) for name, part in risks.items()}
    return Planned(quantiles, actual, plain, parts["total"][3] if "total" in parts else None, told, above)


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


def risk_figures(risk: np.ndarray, above: np.ndarray) -> dict[str, Any]:
    """Return ``brier``, and by fifth of the risk ``site_days``, ``said`` and ``came`` in sums, so that sets may be pooled.

    Args:
        risk: ``(…)`` probability of a reading above the capacity.
        above: ``(…)`` 1 where one came, 0 where none did, NaN where unknown.
    """
    sums = risk_sums(risk, above)
    brier = sums["brier"] / sums["counted"] if sums["counted"] else float("nan")
    return {"brier": brier, "site_days": sums["bin_counted"], "said": sums["bin_said"], "came": sums["bin_came"]}


def _exceedance(highest: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return P(value > limit) of the largest step by its quantiles ``(N, Q)``, which know nothing beyond the outermost."""
    levels = np.array([np.interp(at, row, QUANTILES, left=QUANTILES[0], right=1.0) for at, row in zip(limit, highest, strict=True)])
    return 1 - levels


def _mean(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: np.mean([seed[key] for seed in seeds], axis=0).tolist() for key in seeds[0]}


def _of(values: np.ndarray, days: range) -> np.ndarray:
    """Return days of a grid's array as ``(T, N, S)``."""
    return values[:, days.start : days.stop].swapaxes(0, 1)


def _laid(grid: Grid, made: Forecast, days: range) -> np.ndarray:
    n, _, s = grid.shape
    return laid_out(made, (len(days), n, s), days, range(n))


def _row(
    advice: Advice, said: Said, paths: np.ndarray, quantiles: np.ndarray, actual: np.ndarray, counted: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """Return quantiles, actual and the steps' own maximum or sum of one day's quantities, by name."""
    came, steps = actuals(actual, counted), np.where(counted[..., None], quantiles, 0.0)
    plain = {"peak": said.highest, "volume": steps.sum(axis=1)}
    found: dict[str, tuple[np.ndarray, ...]] = {name: (of, came[name], plain[name]) for name, of in advice.quantiles(said).items()}
    if len(quantiles) > 1:
        total = spread_of(np.where(counted, paths, 0.0).sum(axis=1))
        of_fleet = corrected(total, Correction.none(len(total)))
        found["total"] = (of_fleet, came["total"], steps.sum(axis=0), _independent(steps, counted))
    return found


def _independent(said: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Quantiles ``(S, Q)`` of the total of sites that know nothing of each other: each site's ladder in a fixed order of its own."""
    values = np.where(counted, ladder(said, INDEPENDENT_PATHS), 0.0)
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(INDEPENDENT_PATHS)[:, None], (1, len(said))), axis=0)
    total = sum(values[orders[:, site], site] for site in range(len(said)))
    return np.quantile(total, QUANTILES, axis=0, method="hazen").T
