"""Challenger against champion on the days that both forecast: whether it has been better beyond noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.evaluation.bootstrap import Interval, gain


@dataclass(frozen=True)
class Comparison:
    """What the days in the shadow say.

    Args:
        days: How many days both forecast.
        judged: How many of them the verdict stands on.
        gain: By which share the challenger's loss is below the champion's; None where no day was judged yet.
        better: True where the gain is beyond noise.
    """

    days: int
    judged: int
    gain: Interval | None
    better: bool

    def __str__(self) -> str:
        if self.gain is None:
            return f"{self.days} days in the shadow, too few to tell"
        value, low, high = (f"{100 * figure:.1f} %" for figure in self.gain)
        return f"{self.judged} days in the shadow: a pinball loss lower by {value} (95 % interval {low} to {high})"


def compare_days(challenger: np.ndarray, champion: np.ndarray, wanted: int) -> Comparison:
    """Return the comparison of two models' losses on the same days and sites.

    Judged after ``wanted`` days, twice, three times as many, and on all of them so far; not every day, for who looks every day meets
    chance sooner or later.

    Args:
        challenger: ``(T,)`` pinball loss of each day, summed over sites and steps; oldest first.
        champion: ``(T,)`` the same days' loss.
        wanted: How many days a verdict takes.
    """
    days = len(challenger)
    judged = days - days % wanted
    if not judged:
        return Comparison(days, 0, None, better=False)
    found = gain(challenger[:judged], champion[:judged])
    return Comparison(days, judged, found, better=bool(found.low > 0))
