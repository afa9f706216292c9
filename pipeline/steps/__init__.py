"""The journey's steps: one file, one task, one command each; same name."""

from __future__ import annotations

import logging
import time
from importlib import import_module
from typing import Any

log = logging.getLogger(__name__)

STEPS = (
    *("extract", "validate", "features"),
    *("gather", "train", "evaluate", "register", "promote"),
    *("forecast", "fill", "publish", "shadow"),
    *("monitor", "compare", "retain"),
)


def run_step(name: str, run: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Run one step of a run, as a task and as a command alike, and return its result: URLs and counts, never frames.

    Args:
        name: One of ``STEPS``.
        run: What ``Run.to_json`` wrote.
        options: Keyword arguments of the step's function; those that are None or an empty list are left at its defaults.
    """
    from pipeline.adapters.store.snapshots import Run, Store
    from pipeline.config import read_settings
    from pipeline.errors import NothingToForecastError

    began = time.perf_counter()
    step = getattr(import_module(f"pipeline.steps.{name}"), name)
    part, settings = Run.from_json(run), read_settings()
    try:
        result: dict[str, Any] = step(part, settings, **{key: value for key, value in options.items() if value not in (None, [])})
    except NothingToForecastError as error:
        if part.shard is not None:  # so that publish can tell a shard without sites from one that is missing
            Store(settings.store_url).write_result(part, "forecast", {"rows": 0, "reason": str(error)})
        raise
    log.info("step=%s run=%s seconds=%.2f", name, part.folder, time.perf_counter() - began)
    return result
