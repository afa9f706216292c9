"""A backtest of days with events: forecasts as they are published, with what was known of each day at its cutoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core.learning.effects import Expected, effects_of, expected_on, raised
from pipeline.core.learning.hiding import seen
from pipeline.core.models.contract import Forecast
from pipeline.core.series.clock import day_start
from pipeline.core.series.event_spans import ignored_on, without
from pipeline.core.series.frames import labels_of_country
from pipeline.core.series.grid import Grid

MINUTE = np.timedelta64(60_000_000, "us")


@dataclass(frozen=True)
class Eventful:
    """Readings and the events among them.

    Args:
        clean: What forecasters see, as ``seen`` makes it.
        judged: What they are held against: without what is ignored.
        expected: Events with an effect.
        ratios: What they did when they came.
    """

    clean: Grid
    judged: Grid
    expected: Expected
    ratios: np.ndarray

    @classmethod
    def of(cls, grid: Grid, events: pd.DataFrame, first_day: int) -> Eventful:
        """Return a grid with events, in the columns of ``extract``.

        One grid serves all days. So an event counts only where that looks ahead of nobody: it was known before it was over, or at the
        cutoff of ``first_day``, the first that is forecast.
        """
        labels = labels_of_country(grid.sites)
        first = pd.Timestamp(min(day_start(grid.day_at(first_day), zone) for zone in {site.timezone for site in grid.sites}))
        in_time = events[(events["known_from"] < events["ends_at"]) | (events["known_from"] < first)].reset_index(drop=True)
        judged = without(grid, ignored_on(grid, in_time, labels))
        expected = expected_on(grid, in_time, labels)
        clean, ratios = seen(judged, expected)
        return cls(clean, judged, expected, ratios)

    def raised(self, made: Forecast) -> Forecast:
        """Return a forecast with the effects of the events that were known at the cutoff of each of its days."""
        at = made.origins
        cutoff = self.clean.midnights(at.site, at.day) - at.unknown_steps * self.clean.step_minutes * MINUTE
        return raised(made, effects_of(self.clean, self.expected, self.ratios, at.site, at.day, cutoff))

    def raised_all(self, forecasts: Mapping[str, Sequence[Forecast]]) -> dict[str, list[Forecast]]:
        """Return forecasts by name and seed likewise."""
        return {name: [self.raised(each) for each in seeds] for name, seeds in forecasts.items()}
