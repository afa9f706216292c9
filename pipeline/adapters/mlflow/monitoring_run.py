"""Monitoring in MLflow: what a version was trained on, and one run per registered model with every figure over time."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.tracking import BATCH, connected
from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)

EPOCH = date(1970, 1, 1)
TAG = "monitoring"


@dataclass(frozen=True)
class Training:
    """Where a version came from.

    Args:
        run: The training; its results lie in the store until retention drops them.
        snapshot: Digest of the readings.
        wape: WAPE on the days held back; None where the run does not say.
    """

    run: Run
    snapshot: str
    wape: float | None


def training_of(settings: Settings, version: str) -> Training:
    """Return where a version came from, as the registry tells it.

    Raises:
        ModelError: There is no such version, or it was not made by ``register``.
        ServiceError: The server does not answer.
    """
    tags, run_id = registry.tags_of(settings, version), registry.run_of(settings, version)
    if "run" not in tags or "cutoff" not in tags:
        raise ModelError(f"version {version} of {settings.registered_model} does not name its training; expected tags run and cutoff")
    with connected(settings) as client:
        wape = client.get_run(run_id).data.metrics.get("wape")
    cutoff = datetime.fromisoformat(tags["cutoff"]).astimezone(UTC)
    run = Run(tags["run"].rsplit("/", 1)[0], cutoff.date(), cutoff)
    return Training(run, tags.get("snapshot", "unknown"), wape)


def log_monitoring(settings: Settings, figures: list[tuple[date, str, float]]) -> int:
    """Add the figures that the monitoring run does not show yet, and return how many; a second call adds none.

    A metric's step is the target day in days since 1970. A figure that late readings changed is added again at its step, and being later it
    is the one that counts.

    Args:
        settings: Give the server; the experiment is named ``<registered model>-monitoring``.
        figures: Target day, name and value.

    Raises:
        ServiceError: The server does not answer.
    """
    if not figures:
        return 0
    by_name: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for day, name, value in figures:
        by_name[name].append(((day - EPOCH).days, value))
    with connected(settings) as client:
        from mlflow.entities import Metric

        run_id = _run(client, settings)
        points = []
        for name, wanted in by_name.items():
            shown: dict[int, list[Metric]] = defaultdict(list)
            for metric in client.get_metric_history(run_id, name):
                shown[metric.step].append(metric)
            for step, value in wanted:
                latest = max(shown[step], key=lambda metric: metric.timestamp, default=None)
                if latest is None or latest.value != value:
                    points.append(Metric(name, value, step * 86_400_000 + len(shown[step]), step))
        for start in range(0, len(points), BATCH):
            client.log_batch(run_id, metrics=points[start : start + BATCH])
        client.set_terminated(run_id)
    log.info("logged monitoring run_id=%s figures=%d", run_id, len(points))
    return len(points)


def _run(client: MlflowClient, settings: Settings) -> str:
    name = f"{settings.registered_model}-monitoring"
    experiment = client.get_experiment_by_name(name)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(name)
    found = client.search_runs([experiment_id], f"tags.{TAG} = 'daily'", order_by=["attributes.start_time ASC"], max_results=1)
    return str((found[0] if found else client.create_run(experiment_id, run_name=TAG, tags={TAG: "daily"})).info.run_id)
