"""What an expected event does to traffic: learnt by category from earlier ones, by hour, drawn to nothing where they are few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.core.learning.occurrences import AFTER, BEFORE, BINS, HOURS, around, mean_known
from pipeline.core.models.contract import MEDIAN, Forecast
from pipeline.core.series.event_spans import Spans, spans_on
from pipeline.core.series.events import EXPECTED, pairs_of, sites_meant
from pipeline.core.series.grid import Grid

DOUBT = 1.4  # occurrences without any effect that are added to what was seen
UNSEEN = 0.4  # deviation of the log effect of a category without an occurrence and without a factor
Z_SCORES = np.array([-1.6449, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.6449], np.float32)  # of QUANTILES
HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Expected:
    """Expected events on the clocks of a grid's sites.

    Args:
        category: ``(E,)`` names.
        log_factor: ``(E,)`` log of the factor that a person expects; NaN where nobody said one.
        known_from: ``(E,)`` ``datetime64[us]`` in UTC.
        ends_at: ``(E,)`` likewise.
        spans: ``P`` pairs of an event and a site.
    """

    category: np.ndarray
    log_factor: np.ndarray
    known_from: np.ndarray
    ends_at: np.ndarray
    spans: Spans


class Effects(NamedTuple):
    """What is expected of ``B`` days of sites.

    Args:
        log: ``(B, S)`` log of the factor; 0 where nothing is expected.
        deviation: ``(B, S)`` how far that log may be off.
        unseen: Categories of which no occurrence was seen and of which nobody said a factor.
    """

    log: np.ndarray
    deviation: np.ndarray
    unseen: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write the rows as one safetensors file."""
        from safetensors.numpy import save_file

        save_file({"log": self.log.astype(np.float32), "deviation": self.deviation.astype(np.float32)}, path)

    @classmethod
    def load(cls, path: Path) -> Effects:
        """Read what ``save`` wrote."""
        from safetensors.numpy import load_file

        found = load_file(path)
        return cls(found["log"], found["deviation"])

    def subset(self, rows: np.ndarray) -> Effects:
        """Return the rows that ``rows`` names, a mask ``(B,)`` or an index."""
        return self._replace(log=self.log[rows], deviation=self.deviation[rows])


def expected_on(grid: Grid, events: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> Expected:
    """Return the expected ones of events on a grid's clocks.

    Args:
        grid: Gives sites, zones and days.
        events: Of any kind, in the columns of ``extract``.
        labels: Those of each site, by its name.
    """
    chosen = events[events["kind"] == EXPECTED].reset_index(drop=True)
    pairs = pairs_of(sites_meant(chosen, labels), [site.name for site in grid.sites])
    return Expected(
        category=chosen["category"].to_numpy(object),
        log_factor=np.log(chosen["expected_factor"].to_numpy(np.float64)),
        known_from=_instants(chosen["known_from"]),
        ends_at=_instants(chosen["ends_at"]),
        spans=spans_on(grid, *pairs, chosen["starts_at"], chosen["ends_at"]),
    )


def effects_of(grid: Grid, expected: Expected, ratios: np.ndarray, site: np.ndarray, day: np.ndarray, cutoff: np.ndarray) -> Effects:
    """Return what events do on days of sites, by all that was known and over at each cutoff.

    Args:
        grid: Gives the clocks.
        expected: The events.
        ratios: What ``measured`` returned of their spans.
        site: ``(B,)`` index into the grid's sites.
        day: ``(B,)`` day index.
        cutoff: ``(B,)`` ``datetime64[us]`` in UTC.
    """
    steps = grid.shape[2]
    log, deviation = np.zeros((2, len(site), steps))
    unseen: set[str] = set()
    spans = around(expected.spans, steps)
    weekend = (grid.first_day.weekday() + expected.spans.first // steps) % 7 >= 5
    for instant in np.unique(cutoff):
        rows = np.flatnonzero(cutoff == instant)
        place = np.full((grid.shape[0], 2), -1)  # row of each site, and its day
        place[site[rows]] = np.stack([rows, day[rows]], axis=1)
        known = expected.known_from < instant
        begins = place[spans.site, 1] * steps
        ahead = known[spans.event] & (place[spans.site, 0] >= 0) & (spans.first < begins + steps) & (spans.stop > begins)
        if not ahead.any():
            continue
        learnt = _Learnt(expected, ratios, (known & (expected.ends_at + HOUR <= instant))[expected.spans.event], weekend)
        for pair in np.flatnonzero(ahead):
            row, its_day = place[spans.site[pair]]
            at, bins = _bins(expected.spans.first[pair], expected.spans.stop[pair], its_day, steps)
            effect, doubt, is_unseen = learnt.of(int(pair))
            log[row, at] += effect[bins]
            deviation[row, at] = np.hypot(deviation[row, at], doubt[bins])
            if is_unseen:
                unseen.add(str(expected.category[expected.spans.event[pair]]))
    return Effects(log, deviation, tuple(sorted(unseen)))


def raised(made: Forecast, effects: Effects) -> Forecast:
    """Return a forecast with what is expected of its days; where nothing is, the very bits it had."""
    touched = (effects.log != 0) | (effects.deviation > 0)
    if not touched.any():
        return made
    moved = made.quantiles * np.exp(effects.log)[:, :, None]
    median = moved[..., MEDIAN, None]
    doubt = median * np.expm1(effects.deviation[:, :, None] * Z_SCORES)
    wide = median + np.sign(Z_SCORES) * np.hypot(moved - median, doubt)
    lowest = np.where(made.quantiles.min(axis=(1, 2), keepdims=True) < 0, -np.inf, 0.0)
    quantiles = np.where(touched[:, :, None], np.maximum(wide, lowest), made.quantiles).astype(np.float32)
    return Forecast(made.origins, quantiles, made.attention)


class _Category(NamedTuple):
    """Occurrences of a category.

    Args:
        whole: Mean log ratio of each event.
        shape: ``(BINS,)`` effect beside it.
        of_kind: What those of a weekend, and those of other days, differ by.
        own: What those at a site differ by.
    """

    whole: np.ndarray
    shape: np.ndarray
    of_kind: dict[bool, float]
    own: dict[int, float]


class _Learnt:
    """What the occurrences that were over at a cutoff teach."""

    def __init__(self, expected: Expected, ratios: np.ndarray, usable: np.ndarray, weekend: np.ndarray) -> None:
        self._expected, self._ratios, self._weekend = expected, ratios, weekend
        self._mean = mean_known(ratios[:, BEFORE + 1 : AFTER], axis=1)
        told = np.flatnonzero(usable & np.isfinite(self._mean))
        category = expected.category[expected.spans.event[told]]
        self._told = {name: told[category == name] for name in set(category)}
        self._found: dict[str, _Category] = {}

    def of(self, pair: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Return effect and deviation by bin ``(BINS,)`` of an event at a site, and whether nothing at all is known of it."""
        event, site = int(self._expected.spans.event[pair]), int(self._expected.spans.site[pair])
        category, prior = self._expected.category[event], self._expected.log_factor[event]
        start = float(np.nan_to_num(prior))
        inside = np.zeros(BINS)
        inside[BEFORE + 1 : AFTER] = 1.0
        if category not in self._told:
            doubt = UNSEEN if np.isnan(prior) else abs(start) / 2
            return start * inside, doubt * inside, bool(np.isnan(prior))
        if category not in self._found:
            self._found[category] = self._of_category(self._told[category])
        found = self._found[category]
        change, doubt = drawn(found.whole - start)
        differs = found.of_kind.get(bool(self._weekend[pair]), 0.0) + found.own.get(site, 0.0)
        return (start + change + differs) * inside + found.shape, doubt * inside, False

    def _of_category(self, pairs: np.ndarray) -> _Category:
        event, site = self._expected.spans.event[pairs], self._expected.spans.site[pairs]
        mean, by_hour = self._mean[pairs], self._ratios[pairs].copy()
        by_hour[:, BEFORE + 1 : AFTER] -= mean[:, None]  # before and after, the effect itself
        of_event = _grouped(event)
        whole = np.array([mean[rows].mean() for rows in of_event])
        hours = np.array([mean_known(by_hour[rows], axis=0) for rows in of_event])
        weekend = self._weekend[pairs]
        weekends = np.array([weekend[rows[0]] for rows in of_event])
        of_kind = {kind: drawn(whole[weekends == kind] - whole.mean())[0] for kind in (False, True)}
        rest = mean - whole.mean() - np.where(weekend, of_kind[True], of_kind[False])
        own = {int(site[rows[0]]): drawn(rest[rows])[0] for rows in _grouped(site)}
        return _Category(whole, np.array([drawn(column[np.isfinite(column)])[0] for column in hours.T]), of_kind, own)


def drawn(seen: np.ndarray) -> tuple[float, float]:
    """Return the mean of occurrences ``(n,)`` drawn to nothing, and how far off it may be.

    As ``levels.level_of``: m · m² / (m² + variance / n), where occurrences without any effect count as seen beside them, so that one
    occurrence alone is drawn more than half-way.

    Example:
        >>> [round(drawn(np.full(n, 0.588))[0] / 0.588, 2) for n in (1, 2, 3, 6)]
        [0.42, 0.74, 0.87, 0.96]
        >>> drawn(np.zeros(0))
        (0.0, 0.0)
    """
    n = len(seen)
    mean = float(seen.mean()) if n else 0.0
    if mean == 0.0:
        return 0.0, 0.0
    spread = float(((seen - mean) ** 2).sum())
    share = n**2 / (n**2 + DOUBT + spread / mean**2)
    return mean * share, float(np.hypot((1 - share) * mean, np.sqrt(spread / n)))


def _grouped(values: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each value."""
    order = np.argsort(values, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(values[order])) + 1)


def _bins(first: int, stop: int, day: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps of a day that a span and the hours around it touch, and the bin of each."""
    hour = max(1, steps // 24)
    at = np.arange(max(first - hour, day * steps), min(stop + hour, (day + 1) * steps))
    bins = np.minimum((at - first) // hour, HOURS) + 1
    bins = np.where(at < first, BEFORE, np.where(at >= stop, AFTER, bins))
    return at - day * steps, bins


def _instants(stamps: pd.Series) -> np.ndarray:
    return stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
