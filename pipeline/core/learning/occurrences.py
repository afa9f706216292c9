"""What expected events did when they came: actual over what would have been, by hour of the event."""

from __future__ import annotations

import numpy as np

from pipeline.core.learning.levels import log_ratios
from pipeline.core.series.event_spans import Spans
from pipeline.core.series.grid import Grid

HOURS = 6  # of an event that have an effect of their own; later ones share one
BEFORE, AFTER = 0, HOURS + 2  # bins of the hour before and of the hour after
BINS = HOURS + 3
WEEKS_AGO = range(7, 35, 7)  # days ago whose readings say what would have been
DAYS_AGO = range(1, 7)  # where there is none of those
PAIRS_AT_ONCE = 2048  # bounds memory
Growth = dict[int, np.ndarray]  # log of the level of the day before each span over that of some days earlier, (P,) by these days


def around(spans: Spans, steps: int) -> Spans:
    """Return the spans with the hour before and the hour after, in which an event has an effect as well; ``steps`` make a day."""
    hour = max(1, steps // 24)
    return spans._replace(first=spans.first - hour, stop=spans.stop + hour)


def measured(grid: Grid, clean: Grid, spans: Spans) -> np.ndarray:
    """Return the log of actual over what would have been by hour of each span ``(P, BINS)``; NaN where it cannot be told.

    What would have been is the mean of the same weekday of four weeks before, else of the days before, at the level of the day before the
    span. Nothing after the hour that follows the span is looked at.

    Args:
        grid: Readings.
        clean: The same without what lies in any event.
        spans: Of events.
    """
    n, _, steps = grid.shape
    hour = max(1, steps // 24)
    actual, known = (np.where(one.observed, one.throughput, np.nan).reshape(n, -1) for one in (grid, clean))
    order = np.argsort(spans.stop - spans.first, kind="stable")  # of one length together: little is padded
    ratios = np.full((len(order), BINS), np.nan)
    for begin in range(0, len(order), PAIRS_AT_ONCE):
        chosen = order[begin : begin + PAIRS_AT_ONCE]
        part = spans.subset(chosen)
        hours = -(-int((part.stop - part.first).max()) // hour)
        day_before = part.first[:, None] - hour - np.arange(1, steps + 1)
        grown = _grown(known, part.site, day_before, steps)

        def by_hour(first: np.ndarray, stop: np.ndarray, hours: int, part: Spans = part, grown: Growth = grown) -> np.ndarray:
            at = first[:, None] + np.arange(hours * hour)
            came = np.where(at < stop[:, None], _at(actual, part.site, at), np.nan).reshape(len(at), hours, hour)
            base = _base(known, part.site, at, steps, grown).reshape(came.shape)
            return _log_ratios(came, base)

        within = by_hour(part.first, part.stop, max(hours, HOURS + 1))
        ratios[chosen, BEFORE] = by_hour(part.first - hour, part.first, 1)[:, 0]
        ratios[chosen, BEFORE + 1 : AFTER - 1] = within[:, :HOURS]
        ratios[chosen, AFTER - 1] = mean_known(within[:, HOURS:], axis=1)
        ratios[chosen, AFTER] = by_hour(part.stop, part.stop + hour, 1)[:, 0]
    return ratios


def _grown(known: np.ndarray, site: np.ndarray, day_before: np.ndarray, steps: int) -> Growth:
    now = _at(known, site, day_before)
    return {ago: np.nan_to_num(_log_ratios(now, _at(known, site, day_before - steps * ago))) for ago in (*WEEKS_AGO, *DAYS_AGO)}


def _base(known: np.ndarray, site: np.ndarray, at: np.ndarray, steps: int, grown: Growth) -> np.ndarray:
    """Return what the weeks before say of steps, each at the level of now, else the days before; NaN where neither says anything."""

    def mean(several: range) -> np.ndarray:
        return mean_known(np.stack([_at(known, site, at - steps * ago) * np.exp(grown[ago])[:, None] for ago in several]), axis=0)

    weeks = mean(WEEKS_AGO)
    return np.where(np.isfinite(weeks), weeks, mean(DAYS_AGO))


def _at(values: np.ndarray, site: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return values of sites at steps counted from the start of day 0; NaN outside the grid."""
    inside = (at >= 0) & (at < values.shape[1])
    return np.where(inside, values[site[:, None], np.clip(at, 0, values.shape[1] - 1)], np.nan)


def _log_ratios(actual: np.ndarray, base: np.ndarray) -> np.ndarray:
    there = np.isfinite(actual)
    return log_ratios(np.where(there, actual, 0.0), there, base)


def mean_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of ``(…, n, …)`` over what is finite along an axis; NaN where nothing is."""
    there = np.isfinite(values)
    total = np.where(there, values, 0.0).sum(axis=axis)
    count = there.sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
