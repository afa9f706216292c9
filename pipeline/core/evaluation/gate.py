"""The gate: may a challenger become champion? Decided from the backtest alone, and said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.evaluation.bootstrap import Interval
from pipeline.core.models.contract import Forecaster

CHALLENGER, CHAMPION = "challenger", "champion"
FROZEN = "frozen"  # what the challenger would have said without learning every day
NAIVES = ("seasonal_naive_day", "seasonal_naive_week", "seasonal_naive_mean")
METRIC = "wql"  # judges all quantiles at once, not the median alone
MARGIN = 1.02  # of a retraining: "better beyond noise" would stop 39 of 40 that are as good, and leave a stale champion


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger.

    Args:
        promoted: True where it becomes champion.
        reason: Why, in a sentence with its figures.
        figures: The ratios it was decided by, ``[ratio, low, high]`` by the name of what it was compared with.
    """

    promoted: bool
    reason: str
    figures: dict[str, list[float]]


def decide(evaluation: Mapping[str, Any]) -> Decision:
    """Return the decision on the challenger of a backtest.

    It is promoted if its weighted quantile loss on the test days is below that of the best seasonal naive and, where there is a champion,
    no more than noise allows above the champion's: the upper end of the 95 % interval of the ratio lies below 1, or below ``MARGIN`` where
    both are the same architecture with the same settings, for such a retraining knows newer days and need not be better. The naive need
    not be beaten beyond noise: without a champion it is what readers would get instead.

    Args:
        evaluation: Result of the backtest: ``models`` by name, each with its ``ratios`` to others by metric as ``[ratio, low, high]``;
            ``retraining``, True where the champion is the same architecture with the same settings.
    """
    naive = best_naive(evaluation)
    if naive is None:
        return Decision(False, "the backtest has no seasonal naive to compare with: run evaluate again", {})
    retraining = evaluation.get("retraining", False)
    figures: dict[str, list[float]] = {}
    weaknesses: list[str] = []
    strengths: list[str] = []
    for rival in [naive] + [CHAMPION] * (CHAMPION in evaluation["models"]):
        ratio = ratio_of(evaluation, CHALLENGER, rival)
        if ratio is None:
            weaknesses.append(f"not better: cannot be compared with {rival}")
            continue
        figures[rival] = [float(value) for value in ratio]
        found = f"{METRIC} over that of {rival} is {ratio.value:.3f} (95 % interval {ratio.low:.3f} to {ratio.high:.3f})"
        if (ratio.high if rival == CHAMPION else ratio.value) < 1:
            strengths.append(f"better: {found}")
        elif rival == CHAMPION and retraining and ratio.high < MARGIN:
            strengths.append(f"no worse, as a retraining may be: {found}")
        elif rival == CHAMPION and retraining:
            weaknesses.append(f"not surely as good: {found}; a retraining needs an upper end below {MARGIN}")
        else:
            weaknesses.append(f"not better: {found}")
    return Decision(not weaknesses, "; ".join(weaknesses or strengths), figures)


def is_retraining(challenger: Forecaster, champion: Forecaster | None) -> bool:
    """Return whether both are the same architecture with the same settings, so that only what they learned from differs."""
    return champion is not None and (challenger.name, challenger.settings) == (champion.name, champion.settings)


def best_naive(evaluation: Mapping[str, Any]) -> str | None:
    """Return the seasonal naive with the lowest loss; None where none was judged."""
    judged = {name: evaluation["models"][name].get(METRIC) for name in NAIVES if name in evaluation["models"]}
    finite = {name: value for name, value in judged.items() if value is not None and value == value}
    return min(finite, key=lambda name: finite[name]) if finite else None


def ratio_of(evaluation: Mapping[str, Any], model: str, rival: str, metric: str = METRIC) -> Interval | None:
    """Return a model's loss over a rival's with its interval; None where the backtest could not tell."""
    found = evaluation["models"].get(model, {}).get("ratios", {}).get(rival, {}).get(metric)
    if found is None or any(value is None or value != value for value in found):
        return None
    return Interval(*found)
