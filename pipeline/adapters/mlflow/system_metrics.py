"""What a piece of work asks of the machine, sampled while it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

MOST_SAMPLES = 600  # beyond it every second one is dropped and the pace halved
FIRST_SECONDS = 0.2  # a short fit leaves a sample too


@contextmanager
def sampled(every_seconds: float = 2.0) -> Iterator[list[dict[str, float]]]:
    """Yield a list that fills with samples until the block ends: seconds since its start and the figures of that moment.

    The figures carry MLflow's names, so that its pages show them as system metrics: use of all cores, memory of this process and,
    where CUDA is in use, memory on the device.
    """
    samples: list[dict[str, float]] = []
    ended = Event()
    watch = Thread(target=_fill, args=(samples, ended, every_seconds), daemon=True, name="system-metrics")
    watch.start()
    try:
        yield samples
    finally:
        ended.set()
        watch.join()


def _fill(samples: list[dict[str, float]], ended: Event, every_seconds: float) -> None:
    import psutil

    process, start = psutil.Process(), monotonic()
    psutil.cpu_percent()  # the first call only starts the measurement
    pause = min(FIRST_SECONDS, every_seconds)
    while not ended.wait(pause):
        pause = every_seconds
        sample = {
            "seconds": round(monotonic() - start, 1),
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": round(process.memory_info().rss / 1e6, 1),
        }
        samples.append(sample | _device())
        if len(samples) > MOST_SAMPLES:
            del samples[::2]
            every_seconds *= 2


def _device() -> dict[str, float]:
    torch = sys.modules.get("torch")  # loading it just to look would take seconds
    if torch is None or not torch.cuda.is_initialized():
        return {}
    free, total = torch.cuda.mem_get_info()
    return {"gpu_0_memory_usage_megabytes": round((total - free) / 1e6, 1)}
