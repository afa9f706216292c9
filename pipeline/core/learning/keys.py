"""Names of what was learnt, made of all that it was made from: two equal names mean equal bits."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from pipeline.core.learning.state import FORMAT, State
from pipeline.core.series.grid import Grid


class Chain:
    """Names along the days of a grid: of what was learnt through a day, and of what was said of one."""

    def __init__(
        self, grid: Grid, first: int, context_days: int, version: str, prior: State, unknown_steps: np.ndarray, ahead: np.ndarray
    ) -> None:
        """Name what comes before the first day: the readings of its context, the sites, the version and what it began with.

        Args:
            grid: Readings.
            first: First day learnt from.
            context_days: Past days that the forecaster looks at.
            version: Of the model.
            prior: What was learnt before.
            unknown_steps: ``(N,)`` steps before each target that are not known.
            ahead: ``(N,)`` days that each site's target lies after the day.
        """
        self._grid, self._first, self._unknown, self._ahead = grid, first, unknown_steps, ahead
        start = sha256(repr((FORMAT, version, prior.experts, prior.through, grid.sites, grid.step_minutes, grid.day_at(first))).encode())
        start.update(repr(grid.calendars).encode() if grid.calendars else b"")
        for name in ("regret", "levels", "width", "plan_peak"):
            start.update(np.ascontiguousarray(prior.own[name]).tobytes())
        start.update(np.concatenate([unknown_steps, ahead, grid.phase_minutes]).astype(np.int64).tobytes())
        for day in range(max(first - context_days, 0), first):
            start.update(self._slab(day, None))
        self._names = [start.digest()]

    def through(self, day: int) -> str:
        """Return the name of what was learnt of all days up to this one, the first less one being the earliest."""
        while len(self._names) < day - self._first + 2:
            newest = self._first + len(self._names) - 1
            self._names.append(sha256(self._names[-1] + self._slab(newest, None)).digest())
        return self._names[day - self._first + 1].hex()[:32]

    def of(self, day: int) -> str:
        """Return the name of what was said of a day: of the days before it, the last one without its unknown tail."""
        before = self.through(max(day - 2, self._first - 1))
        tail = self._slab(day - 1, self._unknown) if day > self._first else b""
        tail += self._planned(day)
        return sha256(f"said of {self._grid.day_at(day)} after {before}".encode() + tail).hexdigest()[:32]

    def _slab(self, day: int, unknown_steps: np.ndarray | None) -> bytes:
        """Digest of a day's readings, of each site's own day; without the unknown last steps where told."""
        n, days, steps = self._grid.shape
        at = np.arange(n), np.clip(day + self._ahead, 0, days - 1)
        known = self._grid.observed[at] & ((day + self._ahead >= 0) & (day + self._ahead < days))[:, None]
        if unknown_steps is not None:
            known &= np.arange(steps) < steps - unknown_steps[:, None]
        found = sha256(np.packbits(known).tobytes())
        for values in (self._grid.throughput, *(self._grid.covariates[name] for name in sorted(self._grid.covariates))):
            found.update(np.where(known, values[at], 0).astype(np.float32).tobytes())
        return found.digest() + self._planned(day)

    def _planned(self, day: int) -> bytes:
        """Digest of what was planned for a day, of each site's own day; nothing where nothing is planned."""
        plans = [values for _, values in sorted(self._grid.planned.items())]
        n, days, _ = self._grid.shape
        own = day + self._ahead
        inside = (own >= 0) & (own < days)
        laid = (np.where(inside[:, None], values[np.arange(n), np.clip(own, 0, days - 1)], np.nan) for values in plans)
        return b"".join(sha256(values.astype(np.float32).tobytes()).digest() for values in laid)


def first_day(through: int, target: int, ordinal: int, longest: int) -> int:
    """Return the first day to learn from: the one after ``through``, but not more than about ``longest`` days before the target.

    An old version begins anew at days that lie ``longest / 2`` apart, so that one and the same beginning serves many target days.

    Args:
        through: Index of the last day that the version's own state has learnt from.
        target: Index of the target day.
        ordinal: Number of the target day in the calendar, from any fixed day.
        longest: Most days.

    Example:
        >>> first_day(through=95, target=100, ordinal=7000, longest=56)
        96
        >>> [first_day(through=0, target=100 + i, ordinal=7000 + i, longest=56) for i in (0, 1, 27, 28)]
        [72, 72, 72, 100]
    """
    block = longest // 2
    if target - through - 1 <= longest:
        return max(through + 1, 1)
    return max(target - block - ordinal % block, 1)
