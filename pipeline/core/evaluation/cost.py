"""What a piece of work costs: seconds and the most memory the process held meanwhile."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/statm")
LOOK_SECONDS = 0.02


@dataclass
class Cost:
    """Filled in when the work is done.

    Args:
        seconds: Wall clock.
        core_seconds: Of the processor, all threads of this process; hardly longer where the machine does other work, too.
        peak_mb: Most resident memory of the whole process, in MB; on systems without ``/proc`` since the process began.
    """

    seconds: float = 0.0
    core_seconds: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the work inside the ``with`` block."""
    cost, done = Cost(peak_mb=_resident_mb()), threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            cost.peak_mb = max(cost.peak_mb, _resident_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start, worked = time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost.seconds, cost.core_seconds = time.perf_counter() - start, time.process_time() - worked
        done.set()
        watcher.join()
        cost.peak_mb = max(cost.peak_mb, _resident_mb())


def _resident_mb() -> float:
    if STATUS.exists():
        return int(STATUS.read_text().split()[1]) * resource.getpagesize() / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
