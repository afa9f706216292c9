"""One MLflow run per task, in an experiment of the task's own: on the configured server, or in a file beside the results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.attention.outcome import Outcome
from pipeline.adapters.mlflow.tracking import connected
from pipeline.config import Settings
from pipeline.errors import ServiceError

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "attention_tasks"


@contextmanager
def tracked(settings: Settings, folder: Path) -> Iterator[tuple[MlflowClient, str]]:
    """Yield a client and the folder of its artifacts, empty where the server keeps them.

    A server that is set but does not answer is no reason to lose the results: they then go to ``folder/mlflow.db``, as without one.
    """
    if settings.tracking_url:
        try:
            with connected(settings) as client:
                yield client, ""
                return
        except ServiceError as error:
            print(f"{error}; the runs go to {folder / 'mlflow.db'} instead")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    yield MlflowClient(f"sqlite:///{folder.resolve() / 'mlflow.db'}"), (folder.resolve() / "mlflow").as_uri()


def log_outcome(client: MlflowClient, artifacts: str, outcome: Outcome, seconds: float, seed: int = 0) -> str:
    """Write one run with settings, figures, curve and pictures, and return its id."""
    from mlflow.entities import Metric, Param

    name = f"{EXPERIMENT}/{outcome.name}"
    known = client.get_experiment_by_name(name)
    place = f"{artifacts}/{outcome.name}" if artifacts else None
    experiment_id = known.experiment_id if known else client.create_experiment(name, artifact_location=place)
    run = client.create_run(
        experiment_id, run_name=f"{outcome.name}-{seed}", tags={"metric": outcome.metric, "reached": str(outcome.is_reached)}
    )
    now = run.info.start_time
    totals = {"reached": outcome.reached, "bar": outcome.bar, "seconds": seconds} | outcome.figures
    totals |= {} if outcome.published is None else {"published": outcome.published}
    metrics = [Metric(key, value, now, 0) for key, value in totals.items()]
    metrics += [Metric("fit/loss", line.loss, now, line.iteration) for line in outcome.curve]
    client.log_batch(run.info.run_id, metrics=metrics, params=[Param(key, str(value)) for key, value in outcome.settings.items()])
    client.log_dict(run.info.run_id, outcome.findings, "findings.json")
    for picture in outcome.pictures:
        client.log_artifact(run.info.run_id, str(picture))
    client.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)
