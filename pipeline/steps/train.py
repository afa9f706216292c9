"""Fit a challenger on the days before the test span; a killed attempt resumes from its checkpoint."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile, ZipInfo

from pipeline.adapters.mlflow.system_metrics import sampled
from pipeline.adapters.store.checkpoints import Checkpoints
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.evaluation.spans import split_days
from pipeline.core.learning.rolling import start_of
from pipeline.core.models.contract import FitOptions, Forecaster, Progress
from pipeline.core.series.grid import Grid
from pipeline.core.training.remaining import Remaining

log = logging.getLogger(__name__)


def train(
    run: Run,
    settings: Settings,
    *,
    architecture: str | None = None,
    epochs: int | None = None,
    model_settings: str | dict[str, Any] | None = None,
    show: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """Fit the forecaster ``architecture`` on the run's grid and keep its folder in the store.

    Under torchrun all processes learn together and the first keeps the result; the others return nothing.

    Args:
        run: The training's cutoff.
        settings: Give the default architecture, the spans, the seed and the device.
        architecture: A name of ``core.models.FORECASTERS``.
        epochs: Passes over the windows; None for the forecaster's own schedule.
        model_settings: Settings of the forecaster as JSON, or the name of a preset; None for those that ``settings`` name for their model.
        show: Called with every report of the fit; None to log it.

    Raises:
        ModelError: The architecture or one of its settings is unknown, or makes no sense.
        DataError: The history is too short for the three spans.
    """
    from pipeline.core.training.processes import joined

    store = Store(settings.store_url)
    source = store.read_result(run, "features")["grid"]
    grid: Grid = store.get(source, Grid.load)
    name = architecture or settings.model
    chosen = models.settings_of(name, _asked(settings, name, model_settings))
    usual = {} if settings.context_days is None else {"context_days": settings.context_days}
    forecaster = models.create(name, **usual | chosen | ({} if epochs is None else {"epochs": epochs}))
    spans = split_days(grid.shape[1] - 1, settings.test_days, settings.validation_days)
    curves: list[Progress] = []
    remaining = Remaining()

    def report(progress: Progress) -> None:
        curves.append(progress)
        (show or partial(_log_progress, name, remaining))(progress)

    checkpoints = Checkpoints(store, run, f"{name}-{Path(source).stem.rsplit('-', 1)[-1]}", settings.home / "checkpoints" / run.folder)
    checkpoints.fetch()
    _, unknown = grid.targets_at(settings.cutoff_of(run.target_day))
    options = FitOptions(
        seed=settings.seed,
        device=settings.device,
        checkpoint=checkpoints.folder / f"{checkpoints.stem}.safetensors",
        keep=checkpoints.keep,
        report=report,
        unknown_steps=unknown,
    )
    with joined(settings.device) as is_first, sampled() as system:
        figures = forecaster.fit(grid, spans.split, options)
    if not is_first:
        return {}
    url = store.put(run, "model", ".zip", lambda path: _zip(forecaster, path))
    learnt = start_of(forecaster, grid, spans.split, unknown).state
    through = str(grid.day_at(spans.test.start - 1))
    kept = learnt and store.put(run, "learnt-before", ".safetensors", replace(learnt, through=through).save)
    checkpoints.drop()
    log.info("trained architecture=%s sites=%d days=%d figures=%s", name, *grid.shape[:2], figures)
    return store.write_result(
        run,
        "train",
        {
            "model": url,
            "learnt": kept,
            "architecture": name,
            "settings": forecaster.settings,
            "chosen": chosen,
            "figures": figures,
            "curves": [_point(progress) for progress in curves],
            "system": system,
        },
    )


def _asked(settings: Settings, name: str, model_settings: str | dict[str, Any] | None) -> str | dict[str, Any]:
    if model_settings is not None:
        return model_settings
    return settings.model_settings if name == settings.model else ""


def _point(line: Progress) -> dict[str, Any]:
    """Return a report as JSON takes it: trees have no loss on the way, and Airflow refuses a NaN."""
    known = {key: getattr(line, key) for key in ("iteration", "iterations", "loss", "validation", "member", "members", "lap")}
    return {key: None if value != value else value for key, value in known.items()}


def _log_progress(name: str, remaining: Remaining, line: Progress) -> None:
    known, own = _point(line), line.iterations // line.members
    parts = {"lap": (line.lap, line.laps), "member": (line.member, line.members)}
    said = "".join(f" {part}={number}/{count}" for part, (number, count) in parts.items() if count > 1)
    said += f" iteration={line.iteration - (line.member - 1) * own}/{own}"
    figures = {"loss": known["loss"], "validation_wql": known["validation"]}
    said += "".join(f" {key}={value:.4f}" for key, value in figures.items() if value is not None)
    seconds = remaining.after(line, time.monotonic())
    left = "" if seconds is None else f" remaining={timedelta(seconds=round(seconds))}"
    log.info("training architecture=%s%s%s", name, said, left)


def _zip(forecaster: Forecaster, path: Path) -> None:
    with TemporaryDirectory(prefix="dayahead-model-") as folder, ZipFile(path, "w") as archive:
        forecaster.save(Path(folder))
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():  # a fixed date: equal weights make equal archives, so a rerun finds its own
                archive.writestr(ZipInfo(str(file.relative_to(folder))), file.read_bytes())
