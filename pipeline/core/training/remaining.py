"""How long a training will still take, told from how fast it went lately."""

from __future__ import annotations

from collections import deque

from pipeline.core.models.contract import Progress

RECENT_REPORTS = 20  # what was learnt before a restart is told again in an instant: only the last few say how fast it goes


class Remaining:
    """The share of a training that is done, and the seconds that the rest will take."""

    def __init__(self) -> None:
        self._done: dict[tuple[int, int], float] = {}
        self._seen: deque[tuple[float, float]] = deque(maxlen=RECENT_REPORTS)

    def after(self, line: Progress, now: float) -> float | None:
        """Return the seconds that are left after a report; None before a second one has come.

        Args:
            line: The report.
            now: Seconds on a clock that only goes forward.
        """
        own = line.iterations // line.members
        self._done[line.lap, line.member] = (line.iteration - (line.member - 1) * own) / own
        share = sum(self._done.values()) / (line.members * line.laps)
        self._seen.append((now, share))
        since, before = self._seen[0]
        return (1 - share) * (now - since) / (share - before) if share > before else None
