"""How well a forecaster's days are known as a whole: peaks, volumes and the fleet's total, beside maxima and sums of its quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.models.contract import MEDIAN, QUANTILES
from pipeline.core.scenarios.margins import ladder
from pipeline.core.scenarios.memory import ENOUGH, Memory, judged
from pipeline.core.scenarios.quantities import peaks, volumes
from pipeline.core.scenarios.spread import corrected, score_in, spread_of

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
    told: list[dict[str, np.ndarray]] = []
    rows: list[dict[str, tuple[np.ndarray, ...]]] = []
    for day in range(t):
        known = _known(memory, days, day - 1, told[-1]) if told else memory
        memory = _after(memory, days, day - 1, told[-1]) if told else memory
        paths = known.draw(days.quantiles[day])
        told.append(_told(paths, days.actual[day], _observed(days, day)))
        if day >= first:
            rows.append(_row(known, paths, days.quantiles[day], days.actual[day], counted[day - first]))
    names = list(rows[0])
    parts = {name: [np.stack(part) for part in zip(*(row[name] for row in rows), strict=True)] for name in names}
    return Planned(
        {name: parts[name][0] for name in names},
        {name: parts[name][1] for name in names},
        {name: parts[name][2] for name in names},
        parts["total"][3] if "total" in parts else None,
    )


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


def _observed(days: Days, day: int) -> np.ndarray:
    return days.observed[day] & np.isfinite(days.quantiles[day]).all(axis=-1)


def _after(memory: Memory, days: Days, day: int, told: dict[str, np.ndarray]) -> Memory:
    return memory.after(days.quantiles[day], days.actual[day], _observed(days, day), told)


def _known(memory: Memory, days: Days, day: int, told: dict[str, np.ndarray]) -> Memory:
    """Return the memory with a day of which the last steps are not known yet: its peak, volume and total do not teach until they are."""
    steps = days.actual.shape[-1]
    seen = _observed(days, day) & (np.arange(steps) < steps - days.unknown_steps[:, None])
    whole = days.unknown_steps == 0
    found = {name: np.where(whole if len(row) == len(whole) else whole.all(), row, np.nan) for name, row in told.items()}
    return memory.after(days.quantiles[day], days.actual[day], seen, found)


def _told(paths: np.ndarray, actual: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    found = judged(paths, actual, observed)
    if len(actual) > 1:
        spread = spread_of(np.where(observed, paths, 0.0).sum(axis=1))
        found["total"] = np.where(observed.mean(axis=0) >= ENOUGH, score_in(spread, np.where(observed, actual, 0.0).sum(axis=0)), np.nan)
    return found


def _row(
    known: Memory, paths: np.ndarray, quantiles: np.ndarray, actual: np.ndarray, counted: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """Quantiles, actual and the quantiles' own maximum or sum of one day's quantities, by name."""
    came, said = np.where(counted, actual, 0.0), np.where(counted[..., None], quantiles, 0.0)
    enough = counted.mean(axis=-1) >= ENOUGH
    highest = np.where(counted[..., None], quantiles, -np.inf).max(axis=1)
    found: dict[str, tuple[np.ndarray, ...]] = {}
    for name, of, plain in (("peak", peaks, highest), ("volume", volumes, said.sum(axis=1))):
        spread = spread_of(np.nan_to_num(of(paths, counted)))
        value = np.where(enough, of(came[None], counted)[0], np.nan)
        found[name] = corrected(spread, known.correction(name, len(came))), value, plain
    if len(came) > 1:
        spread = spread_of(np.where(counted, paths, 0.0).sum(axis=1))
        value = np.where(counted.mean(axis=0) >= ENOUGH, came.sum(axis=0), np.nan)
        found["total"] = corrected(spread, known.correction("total", came.shape[1])), value, said.sum(axis=0), _independent(said, counted)
    return found


def _independent(said: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Quantiles ``(S, Q)`` of the total of sites that know nothing of each other: each site's ladder in a fixed order of its own."""
    values = np.where(counted, ladder(said, INDEPENDENT_PATHS), 0.0)
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(INDEPENDENT_PATHS)[:, None], (1, len(said))), axis=0)
    total = sum(values[orders[:, site], site] for site in range(len(said)))
    return np.quantile(total, QUANTILES, axis=0, method="hazen").T
