"""The MLflow server: how to reach it, and what a training leaves there."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pandas as pd

from pipeline.adapters.mlflow.addresses import public_url
from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, ServiceError

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0  # a server that is up says so at once
CLIENT_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "600",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
BATCH = 1000  # metrics that one request may carry
EXPERIMENT_NOTE = Path(__file__).parents[3] / "mlflow" / "experiment.md"
CLASSIC = {"mlflow.experimentKind": "custom_model_development"}  # else the page opens with what language models need


@dataclass(frozen=True)
class DatasetUsed:
    """The exact rows that a model saw.

    Args:
        url: Where the snapshot lies.
        rows: How many readings.
        sites: How many sites.
        digest: Hash of the content, as in the file's name.
    """

    url: str
    rows: int
    sites: int
    digest: str

    @property
    def name(self) -> str:
        """Return what MLflow calls it."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def short_digest(self) -> str:
        """Return as much of the hash as MLflow keeps."""
        return self.digest[:36]


@dataclass(frozen=True)
class TrainingRecord:
    """What a run shows.

    Args:
        params: Settings that decided the outcome.
        curves: One dictionary per report of the fit: ``iteration``, ``loss`` and, where measured, ``validation``.
        system: Samples of ``system_metrics.sampled``, taken during the fit.
        metrics: Final figures.
        series: Figures that run over an index, by metric name: (index, value), for instance an error by step of day.
        dataset: The rows trained on.
        figures: Pictures, kept in the run's folder ``figures``.
        tables: Frames, by path inside the run.
        texts: Texts, by path inside the run.
        tags: ``run`` and ``content`` (hash of the model's files) name the training; others to search by.
    """

    params: dict[str, Any]
    curves: list[dict[str, Any]]
    metrics: dict[str, float]
    dataset: DatasetUsed
    system: list[dict[str, float]] = field(default_factory=list)
    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    figures: list[Path] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@contextmanager
def connected(settings: Settings) -> Iterator[MlflowClient]:
    """Yield a client of the tracking server; the login stands in the environment only as long.

    Raises:
        ConfigurationError: No server is set, or it refuses the login.
        ServiceError: The server does not answer, or breaks off.
    """
    check_answers(settings)
    with _environment(CLIENT_ENVIRONMENT | _login(settings)):
        import mlflow
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException

        mlflow.set_tracking_uri(settings.tracking_url)
        try:
            yield mlflow.MlflowClient(settings.tracking_url)
        except (MlflowException, RequestException) as error:
            raise _in_words(error, settings) from error


def check_answers(settings: Settings) -> None:
    """Raise unless the tracking server answers within seconds.

    Raises:
        ConfigurationError: No server is set.
        ServiceError: It does not answer.
    """
    if not settings.tracking_url.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"DAYAHEAD_TRACKING_URL is {settings.tracking_url!r}; expected the address of an MLflow server such as http://127.0.0.1:5010 "
            "(make up starts one and sets it)"
        )
    try:
        with urlopen(f"{settings.tracking_url.rstrip('/')}/health", timeout=ANSWER_SECONDS):  # noqa: S310  # http(s) checked above
            return
    except HTTPError as error:
        if error.code in (401, 403):  # behind a login; the client brings it
            return
        reason: object = f"HTTP {error.code}"
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
    raise ServiceError(
        f"the MLflow server at {public_url(settings)} does not answer ({reason}); start it with make up, or correct DAYAHEAD_TRACKING_URL"
    )


def log_training(settings: Settings, run: Run, record: TrainingRecord) -> str:
    """Write one MLflow run in the experiment named as the registered model, and return its id.

    The run begins when the fit began, ``fit/train_seconds`` ago, so that its duration and its system metrics tell of the training.
    Where a finished run carries the same tags ``run`` and ``content``, that one is returned and nothing is written.
    """
    with connected(settings) as client:
        experiment = client.get_experiment_by_name(settings.registered_model)
        experiment_id = experiment.experiment_id if experiment else _create_experiment(client, settings.registered_model)
        same = " and ".join(f"tags.{key} = '{record.tags[key]}'" for key in ("run", "content"))
        done = client.search_runs([experiment_id], f"{same} and attributes.status = 'FINISHED'", max_results=1)
        if done:
            return str(done[0].info.run_id)
        parts = (run.purpose, run.group, run.target_day.isoformat(), str(record.params.get("architecture", "")))
        name = " ".join(filter(None, parts))
        began = int(1000 * (time.time() - record.metrics.get("fit/train_seconds", 0.0)))
        tags = {"mlflow.user": settings.tracking_username or "dayahead"} | record.tags
        run_id = client.create_run(experiment_id, start_time=began, run_name=name, tags=tags).info.run_id
        try:
            _log_figures(client, run_id, record)
            _log_files(client, run_id, record)
        except Exception:
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id, "FINISHED")
    log.info("logged training run_id=%s cutoff=%s", run_id, run.cutoff.isoformat())
    return run_id


def _create_experiment(client: MlflowClient, name: str) -> str:
    return str(client.create_experiment(name, tags=CLASSIC | {"mlflow.note.content": EXPERIMENT_NOTE.read_text()}))


def _log_figures(client: MlflowClient, run_id: str, record: TrainingRecord) -> None:
    from mlflow.entities import Metric, Param

    began, now = client.get_run(run_id).info.start_time, int(1000 * time.time())
    points = [Metric(key, value, now, 0) for key, value in record.metrics.items() if value == value]  # NaN is no figure
    for line in record.curves:
        curve = {"loss": line.get("loss"), "validation": line.get("validation")}
        points += [Metric(f"fit/{key}", value, now, line["iteration"]) for key, value in curve.items() if value is not None]
    for i, sample in enumerate(record.system):
        then = began + int(1000 * sample["seconds"])
        points += [Metric(f"system/{key}", value, then, i) for key, value in sample.items() if key != "seconds"]
    points += [Metric(key, value, now, i) for key, values in record.series.items() for i, value in values if value == value]
    params = [Param(key, str(value)[:6000]) for key, value in record.params.items()]
    for start in range(0, max(len(points), 1), BATCH):
        client.log_batch(run_id, metrics=points[start : start + BATCH], params=params if start == 0 else ())
    client.log_inputs(run_id, [_dataset_input(record.dataset)])


def _dataset_input(dataset: DatasetUsed) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return DatasetInput(
        dataset=Dataset(
            name=dataset.name,
            digest=dataset.short_digest,
            source_type="local" if dataset.url.startswith("file:") else dataset.url.split(":", 1)[0],
            source=json.dumps({"uri": dataset.url}),
            profile=json.dumps({"num_rows": dataset.rows, "num_sites": dataset.sites}),
        ),
        tags=[InputTag("mlflow.data.context", "training")],
    )


def _log_files(client: MlflowClient, run_id: str, record: TrainingRecord) -> None:
    for picture in record.figures:
        client.log_artifact(run_id, str(picture), "figures")
    for name, frame in record.tables.items():
        client.log_table(run_id, frame, name)
    for name, text in record.texts.items():
        client.log_text(run_id, text, name)


def _login(settings: Settings) -> dict[str, str]:
    if not settings.tracking_username:
        return {}
    return {
        "MLFLOW_TRACKING_USERNAME": settings.tracking_username,
        "MLFLOW_TRACKING_PASSWORD": settings.tracking_password.get_secret_value(),
    }


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _in_words(error: Exception, settings: Settings) -> Exception:
    status = getattr(error, "get_http_status_code", lambda: 0)()
    where = f"the MLflow server at {public_url(settings)}"
    if status in (401, 403) or getattr(error, "error_code", "") in ("PERMISSION_DENIED", "UNAUTHENTICATED"):
        return ConfigurationError(f"{where} refuses the login; check DAYAHEAD_TRACKING_USERNAME and DAYAHEAD_TRACKING_PASSWORD")
    return ServiceError(f"{where} broke off: {str(error).splitlines()[0]}; see its log, then run the step again")
