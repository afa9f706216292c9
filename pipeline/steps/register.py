"""Log the training to MLflow and make the challenger a version of the registered model."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd

from pipeline.adapters.mlflow import packaging, registry, tracking
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.mlflow.model_card import WORST_SITES, render_card, stack_pictures, with_pictures
from pipeline.adapters.store import model_files
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.evaluation import review
from pipeline.core.evaluation.curves import losses_by_epoch
from pipeline.core.evaluation.gate import CHALLENGER
from pipeline.core.learning.state import LEARNT, LEARNT_BEFORE
from pipeline.core.models.contract import WORTH
from pipeline.core.models.summary import summary_of
from pipeline.core.series.grid import Grid

log = logging.getLogger(__name__)

EXAMPLE_DAYS = 2
ATTENTION_SITES = 20  # the worst ones, with a table of their own
LISTED = 10  # names in a line of the card
SHOWN = ("backtest_worst_site", "attention")  # on the version's page; the others are a click away
READ_STEPS = ("extract", "validate", "features", "train", "evaluate")


def register(run: Run, settings: Settings) -> dict[str, Any]:
    """Register what ``train`` left as a version with alias ``challenger``.

    The same run with the same files gives the version that it already has.

    Raises:
        StoreError: A step before has not run.
        ServiceError: The tracking server does not answer.
        ModelError: The forecaster's folder holds a file that may run code.
    """
    store = Store(settings.store_url)
    results = {step: store.read_result(run, step) for step in READ_STEPS}
    with TemporaryDirectory(prefix="dayahead-register-") as scratch:
        folder = Path(scratch, "forecaster")
        store.get(results["train"]["model"], lambda path: _unzip(path, folder))
        for step, file in (("train", LEARNT_BEFORE), ("evaluate", LEARNT)):
            if url := results[step].get("learnt"):
                store.get(url, partial(shutil.copy, dst=folder / file))
        content = model_files.content_hash(folder)
        version = registry.find_version(settings, run, content)
        if version is None:
            version = _register(run, settings, store, results, Path(scratch))
        else:
            log.info("already registered version=%s cutoff=%s", version, run.cutoff.isoformat())
    return store.write_result(
        run,
        "register",
        {
            "version": version,
            "content": content,
            "mlflow_run": registry.run_of(settings, version),
            "url": version_url(settings, version),
        },
    )


def _register(run: Run, settings: Settings, store: Store, results: dict[str, dict[str, Any]], scratch: Path) -> str:
    grid: Grid = store.get(results["features"]["grid"], Grid.load)
    evaluation = store.get(results["evaluate"]["evaluation"], lambda path: json.loads(path.read_text()))
    facts = _facts(run, results, grid) | {"peaks": _peaks(store, results["evaluate"], evaluation), "unit": settings.unit}
    card = render_card(evaluation, facts)
    weights = review.attention_table(store.get_frame(results["evaluate"]["attention"]), review.sites_by_error(evaluation)[:ATTENTION_SITES])
    record = tracking.TrainingRecord(
        params=_params(settings, results, facts),
        curves=results["train"]["curves"],
        system=results["train"].get("system", []),
        metrics=_metrics(results["train"]["figures"], evaluation),
        dataset=_dataset(results["extract"], grid),
        series=_series(evaluation),
        figures=_pictures(store, results, evaluation, weights, grid, scratch, settings.unit),
        tables={"wape_by_site.json": _by_site(evaluation)} | ({"attention.json": weights} if len(weights) else {}),
        texts={
            "model_card.md": card,
            "model_summary.txt": summary_of(models.load(scratch / "forecaster")),
            "evaluation.json": json.dumps(evaluation),
        },
        tags={
            "run": run.folder,
            "content": model_files.content_hash(scratch / "forecaster"),
            "mlflow.note.content": card,
            "mlflow.source.name": "train_model",
            "mlflow.source.type": "JOB",
            "mlflow.source.git.commit": facts["commit"],
        },
    )
    run_id = tracking.log_training(settings, run, record)
    page = registry.pictures_url(settings, run_id)
    candidate = packaging.Candidate(
        folder=scratch / "forecaster",
        architecture=results["train"]["architecture"],
        sites=grid.sites,
        step_minutes=grid.step_minutes,
        covariates=tuple(grid.covariates),
        example=example_of(grid),
        card=with_pictures(card, run_id, page),
        tags={
            "cutoff": run.cutoff.isoformat(),
            "snapshot": record.dataset.digest,
            "settings": json.dumps(results["train"].get("chosen", {})),
        },
        metrics={name: value for name, value in record.metrics.items() if "/" not in name},
        dataset=record.dataset,
    )
    return registry.register_version(settings, run, run_id, candidate)


def example_of(grid: Grid) -> pd.DataFrame:
    """Return the last days of the best observed site as readings."""
    days = range(max(grid.shape[1] - EXAMPLE_DAYS, 0), grid.shape[1])
    site = int(grid.observed[:, days].sum(axis=(1, 2)).argmax())
    frames = []
    for day in days:
        instants, steps = grid.instants(site, day)
        series = {"throughput": grid.throughput} | grid.covariates
        frame = pd.DataFrame({name: values[site, day, steps].astype(np.float64) for name, values in series.items()})
        frame.insert(0, "ts", instants)
        frame.insert(0, "site", grid.sites[site].name)
        frames.append(frame[grid.observed[site, day, steps]])
    return pd.concat(frames, ignore_index=True)


def _facts(run: Run, results: dict[str, dict[str, Any]], grid: Grid) -> dict[str, Any]:
    n, d, _ = grid.shape
    quarantined = results["validate"].get("quarantined", {})
    return {
        "architecture": results["train"]["architecture"],
        "chosen": ", ".join(f"{name}={value}" for name, value in results["train"].get("chosen", {}).items()),
        "cutoff": run.cutoff.isoformat(),
        "sites": n,
        "group": run.group,
        "days": d,
        "step_minutes": grid.step_minutes,
        "rows": results["extract"]["rows"],
        "test_days": results["evaluate"]["test_days"],
        "dataset": results["extract"]["readings"],
        "champion": results["evaluate"].get("champion_version"),
        "quarantined": _listed([f"{count} rows ({reason})" for reason, count in quarantined.items()]) or "nothing",
        "ladder": _listed(list(results["validate"].get("ladder", {}))) or "none",
        "commit": git_commit(),
        "worth": {name.removeprefix(WORTH): value for name, value in results["train"]["figures"].items() if name.startswith(WORTH)},
    }


def _listed(names: list[str]) -> str:
    """Names in a line, the first ones where there are many: a description holds 5000 characters."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def git_commit() -> str:
    """Return the commit of the code that runs, ``unknown`` outside a checkout."""
    root = Path(__file__).parents[2]
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _params(settings: Settings, results: dict[str, dict[str, Any]], facts: dict[str, Any]) -> dict[str, Any]:
    kept = ("timezone", "context_days", "validation_days", "test_days", "seed", "device")
    own = {f"model.{key}": value for key, value in results["train"]["settings"].items()}
    return {key: getattr(settings, key) for key in kept} | {k: facts[k] for k in ("architecture", "cutoff", "sites", "days")} | own


def _metrics(fit: dict[str, float], evaluation: dict[str, Any]) -> dict[str, float]:
    metrics = {f"fit/{key}": float(value) for key, value in fit.items() if isinstance(value, int | float)}
    for name, figures in evaluation["models"].items():
        prefix = "" if name == CHALLENGER else f"{name}/"
        metrics |= {f"{prefix}{key}": float(value) for key, value in figures.items() if isinstance(value, int | float)}
    return metrics


def _dataset(extract: dict[str, Any], grid: Grid) -> tracking.DatasetUsed:
    url = extract["readings"]
    digest = re.search(r"-([0-9a-f]{16})\.", url)
    return tracking.DatasetUsed(url=url, rows=extract["rows"], sites=grid.shape[0], digest=digest[1] if digest else "unknown")


def _series(evaluation: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    by_step = evaluation["models"][CHALLENGER].get("wape_by_step", [])
    return {"wape_by_step_of_day": [(i, float(value)) for i, value in enumerate(by_step) if value is not None]}


def _by_site(evaluation: dict[str, Any]) -> pd.DataFrame:
    by_site = evaluation["models"][CHALLENGER].get("wape_by_site", {})
    return pd.DataFrame({"site": list(by_site), "wape": np.array(list(by_site.values()), float)})


def _peaks(store: Store, evaluate: dict[str, Any], evaluation: dict[str, Any]) -> dict[str, dict[str, float]]:
    worst = review.sites_by_error(evaluation)[:WORST_SITES] or [""]
    return review.highest_readings(store.get(evaluate["forecasts"], lambda path: pd.read_parquet(path, filters=[("site", "in", worst)])))


def _pictures(
    store: Store,
    results: dict[str, dict[str, Any]],
    evaluation: dict[str, Any],
    weights: pd.DataFrame,
    grid: Grid,
    folder: Path,
    unit: str,
) -> list[Path]:
    evaluate = results["evaluate"]
    shown = list(review.typical_and_worst(evaluation).values())
    rows = store.get(evaluate["forecasts"], lambda path: pd.read_parquet(path, filters=[("site", "in", shown or [""])]))
    zones = {site.name: site.timezone for site in grid.sites}
    drawn = review.draw(folder, evaluation, rows, weights, zones, unit) + _losses(results["train"], evaluation, folder)
    pictures = {picture.stem: picture for picture in drawn}
    on_page = [pictures[name] for name in SHOWN if name in pictures]
    return [*drawn, stack_pictures(on_page or drawn, folder / "card.png")]


def _losses(train: dict[str, Any], evaluation: dict[str, Any], folder: Path) -> list[Path]:
    """Return the picture of the losses; none of a training that has none on the way."""
    from pipeline.core.evaluation import plots

    own, sites = train["settings"], max(sum(line["iteration"] == line["iterations"] for line in train["curves"]), 1)
    windows = train["figures"].get("train_windows", 1.0) / (sites if own.get("per_site") else 1)
    losses = losses_by_epoch(train["curves"], windows, own.get("batch", 1))
    test = evaluation["models"][CHALLENGER].get("wql")
    return [plots.plot_losses(folder / "losses.png", losses, title=train["architecture"], test=test)] if len(losses) else []


def _unzip(path: Path, folder: Path) -> None:
    with ZipFile(path) as archive:
        archive.extractall(folder)
