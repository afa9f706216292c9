"""What a version of the model consists of: weights and JSON, the code that serves them, a signature and an example."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.adapters.mlflow.tracking import DatasetUsed
from pipeline.config import Settings
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.core.series.frames import READING_COLUMNS, Site

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

FORECASTER, FLEET = "forecaster", "fleet.json"
SERVING_PACKAGES = ("holidays", "mlflow", "numpy", "pandas", "safetensors", "torch")


@dataclass(frozen=True)
class Candidate:
    """A trained forecaster, ready to become a version.

    Args:
        folder: What the forecaster's ``save`` wrote.
        architecture: Its name in ``core.models.FORECASTERS``.
        sites: The fleet it was trained on; it travels with the version so that a request need only name a site.
        step_minutes: Reading interval.
        covariates: Columns that it may look at besides throughput.
        example: A few readings, shown as the version's input example.
        card: The model card, Markdown.
        tags: Anything to search by.
        metrics: How it was evaluated, by which MLflow ranks versions.
        dataset: What on.
    """

    folder: Path
    architecture: str
    sites: tuple[Site, ...]
    step_minutes: int
    covariates: tuple[str, ...]
    example: pd.DataFrame
    card: str
    tags: dict[str, str]
    metrics: dict[str, float]
    dataset: DatasetUsed


def log_model(client: MlflowClient, settings: Settings, run_id: str, candidate: Candidate) -> str:
    """Store a candidate as an MLflow model of the active run, with its metrics on its dataset, and return its address."""
    import mlflow
    from mlflow.entities import Metric

    with TemporaryDirectory(prefix="dayahead-version-") as folder:
        logged = mlflow.pyfunc.log_model(
            name=candidate.architecture,
            python_model=str(Path(__file__).with_name("served_model.py")),
            artifacts=_artifacts(settings, candidate, Path(folder)),
            code_paths=[str(_code_to_serve(Path(folder)))],
            signature=_signature(candidate.covariates),
            input_example=candidate.example.assign(ts=candidate.example["ts"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")),
            pip_requirements=_requirements(candidate.folder),
        )
    of = {
        "model_id": logged.model_id,
        "dataset_name": candidate.dataset.name,
        "dataset_digest": candidate.dataset.short_digest,
        "run_id": run_id,
    }
    now = int(1000 * time.time())
    client.log_batch(run_id, [Metric(key, value, now, 0, **of) for key, value in candidate.metrics.items() if value == value])
    return str(logged.model_uri)


def _artifacts(settings: Settings, candidate: Candidate, folder: Path) -> dict[str, str]:
    """Lay out what the served model reads; MLflow keeps the names of the files, not of the keys."""
    shutil.copytree(candidate.folder, folder / FORECASTER)
    fleet = {
        "sites": [asdict(site) for site in candidate.sites],
        "timezone": settings.timezone,
        "step_minutes": candidate.step_minutes,
        "covariates": candidate.covariates,
    }
    (folder / FLEET).write_text(json.dumps(fleet))
    return {"forecaster": str(folder / FORECASTER), "fleet": str(folder / FLEET)}


def _code_to_serve(folder: Path) -> Path:
    """Copy of the mathematics, which is all that a served version runs."""
    package = Path(__file__).parents[2]
    copied = folder / package.name
    shutil.copytree(package / "core", copied / "core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "errors.py"):
        shutil.copy(package / name, copied / name)
    return copied


def _signature(covariates: tuple[str, ...]) -> ModelSignature:
    """Rows in, rows out. The input types are open, for readers of CSV and JSON guess differently; the model checks each value itself."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    wanted = [ColSpec(AnyType(), name) for name in READING_COLUMNS]
    optional = [ColSpec(AnyType(), name, required=False) for name in covariates]
    given = [ColSpec("string", "site"), ColSpec("string", "ts"), *(ColSpec("double", name) for name in QUANTILE_COLUMNS)]
    params = ParamSchema([ParamSpec("timezone", "string", ""), ParamSpec("cutoff", "string", "")])
    return ModelSignature(inputs=Schema([*wanted, *optional]), outputs=Schema([*given]), params=params)


def _requirements(folder: Path) -> list[str]:
    """Pins of what serving needs, without the build that this machine happens to have (2.13.0+cpu)."""
    trees = any("lightgbm" in config.read_text() for config in folder.rglob("config.json"))  # also as a companion of a network
    names = [*SERVING_PACKAGES, *(["lightgbm"] if trees else [])]
    return [f"{name}=={installed_version(name).split('+')[0]}" for name in sorted(names)]
