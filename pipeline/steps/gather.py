"""The shards of a training into one, so that the steps after it see the fleet as if it had never been divided."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import Any

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.grid import Grid, join
from pipeline.errors import NothingToForecastError, StoreError
from pipeline.steps.extract import join_fleets

log = logging.getLogger(__name__)

STEPS = ("extract", "validate", "features")


def gather(run: Run, settings: Settings) -> dict[str, Any]:
    """Leave the results of ``extract``, ``validate`` and ``features`` of the whole run; an undivided one has them already.

    Readings stay where the shards left them: a list of their files, itself named by content, names the rows of the training.

    Raises:
        StoreError: A shard is missing.
        NothingToForecastError: No shard has a live site.
        DataError: The shards have steps of different lengths.
    """
    store = Store(settings.store_url)
    if run.parts() == (run,):
        return store.read_result(run, "features")
    parts = [found for part in run.parts() if (found := _results(store, part))]
    if not parts:
        raise NothingToForecastError(f"none of the {run.shards} shards of {run.folder} has a live site: check that readings arrive")
    extracted, validated, made = ([part[step] for part in parts] for step in STEPS)
    grid = join([store.get(part["grid"], Grid.load) for part in made])
    judged: dict[str, Any] = {"ladder": {site: reason for part in validated for site, reason in part["ladder"].items()}}
    judged["dead"] = sorted(site for part in validated for site in part["dead"])
    log.info("gathered target_day=%s shards=%d sites=%d days=%d steps=%d", run.target_day, len(parts), *grid.shape)
    store.write_result(run, "extract", _listed(store, run, "readings", extracted) | {"step_minutes": grid.step_minutes})
    quarantined = dict(sum((Counter(part["quarantined"]) for part in validated), Counter()))
    store.write_result(run, "validate", _listed(store, run, "clean", validated) | {"quarantined": quarantined} | judged)
    shape = {"shape": list(grid.shape), "step_minutes": grid.step_minutes, "first_day": grid.first_day.isoformat()}
    shape |= {"fleet": join_fleets(extracted)}
    if spared := sorted({site for part in made for site in part.get("spared", [])}):
        shape["spared"] = spared
    return store.write_result(run, "features", {"grid": store.put(run, "grid", ".safetensors", grid.save)} | shape | judged)


def _results(store: Store, part: Run) -> dict[str, Any] | None:
    """Results of a shard by step; None for one that has no live site."""
    try:
        return {step: store.read_result(part, step) for step in STEPS}
    except StoreError:
        if store.left_out(part):
            return None
        raise


def _listed(store: Store, run: Run, stem: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    files = [part["readings"] for part in parts]
    return {
        "readings": store.put(run, stem, ".json", lambda path: path.write_text(json.dumps(files, indent=1))),
        "rows": sum(part["rows"] for part in parts),
    }
