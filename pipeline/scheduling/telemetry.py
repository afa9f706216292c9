"""Spans and gauges of the steps for a collector of OpenTelemetry, sent where Airflow sends its own; nowhere as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from airflow.sdk.observability import stats
from opentelemetry import metrics, trace

TRACER = trace.get_tracer("dayahead")
COUNTS = ("rows", "sites", "degraded")  # of a step's result
FLUSH_MILLISECONDS = 5_000  # a collector that does not answer holds a task up no longer

Tell = Callable[[dict[str, Any]], None]


@contextmanager
def observed(name: str, run: dict[str, Any]) -> Iterator[Tell]:
    """Give what takes a step's result, within the span of the step; its seconds are a gauge however it ends.

    Args:
        name: Of the step.
        run: What ``plan`` decided.
    """
    tags = {"step": name} | ({} if run.get("shard") is None else {"shard": str(run["shard"])})
    start = perf_counter()
    with TRACER.start_as_current_span(
        f"dayahead.{name}", attributes={"target_day": run["target_day"], "cutoff": run["cutoff"]} | tags
    ) as span:

        def tell(result: dict[str, Any]) -> None:
            facts = {key: result[key] for key in COUNTS if key in result}
            span.set_attributes(facts | {key: result[key] for key in ("versions", "version", "decision") if result.get(key)})
            for key, value in facts.items():
                stats.gauge(f"dayahead.{key}", value, tags=tags)
            for day in result.get("scored", ()):  # of ``monitor``: oldest first, so that the newest stays
                if day["wape"] is not None:
                    stats.gauge("dayahead.wape", day["wape"], tags={"role": day["role"]})

        try:
            yield tell
        finally:
            stats.gauge("dayahead.seconds", perf_counter() - start, tags=tags)
            flush = getattr(metrics.get_meter_provider(), "force_flush", None)  # a task's process ends without its exit handlers
            if flush is not None:
                flush(FLUSH_MILLISECONDS)
