"""Challenger, champion and baselines judged on the same days, none of which any of them learned from."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd

from pipeline.adapters.mlflow import registry
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.evaluation.backtest import forecast_days
from pipeline.core.evaluation.gate import CHALLENGER, CHAMPION, FROZEN, NAIVES, is_retraining
from pipeline.core.evaluation.scoring import score, without_nan
from pipeline.core.evaluation.spans import Spans, split_days
from pipeline.core.evaluation.whole_days import whole_days
from pipeline.core.learning.rolling import Told, learnt_on, start_of
from pipeline.core.learning.state import LEARNT_BEFORE, State
from pipeline.core.models.contract import FitOptions, Forecast, Forecaster
from pipeline.core.models.rows import to_attention_rows, to_rows
from pipeline.core.series.grid import Grid
from pipeline.core.series.groups import group_of
from pipeline.errors import ModelError, NoChampionError

log = logging.getLogger(__name__)

BASELINES = (*NAIVES, "lightgbm")
PLANNED, PLANNED_SITES = (CHALLENGER, CHAMPION, *NAIVES), 200  # whose peaks and volumes are judged, at so many sites at most


def evaluate(run: Run, settings: Settings) -> dict[str, Any]:
    """Backtest what ``train`` left against the champion, the seasonal naives and LightGBM over the test days.

    Raises:
        StoreError: ``features`` or ``train`` has not run.
        ServiceError: The tracking server does not answer, so that it is not known whether there is a champion.
    """
    store = Store(settings.store_url)
    grid: Grid = store.get(store.read_result(run, "features")["grid"], Grid.load)
    trained = store.read_result(run, "train")
    spans = split_days(grid.shape[1] - 1, settings.test_days, settings.validation_days)
    _, unknown = grid.targets_at(settings.cutoff_of(run.target_day))
    challenger_model = store.get(trained["model"], _unzip)
    before = store.get(trained["learnt"], State.load) if trained.get("learnt") else None
    told = _told(challenger_model, grid, spans.test, unknown, before)
    forecasts = {CHALLENGER: told.forecast} | _baselines(grid, spans, settings, unknown)
    if told.state is not None:
        forecasts[FROZEN] = told.frozen
    champion = _champion(settings, run.group, grid, spans, unknown)
    if champion.forecast:
        forecasts[CHAMPION] = champion.forecast
    first, last = grid.day_at(spans.test.start), grid.day_at(spans.test.stop - 1)
    about = {
        "sites": grid.shape[0],
        "step_minutes": grid.step_minutes,
        "test_days": len(spans.test),
        "first": str(first),
        "last": str(last),
    }
    judged = score(grid, forecasts, spans.test).to_json()
    planned = {name: [made] for name, made in forecasts.items() if name in PLANNED}
    for name, figures in whole_days(grid, planned, {}, spans.test, unknown, PLANNED_SITES).items():
        judged[name] |= without_nan({quantity: figures[quantity] for quantity in ("peak", "volume")})
    evaluation: dict[str, Any] = {
        "data": about,
        "models": judged,
        "retraining": champion.group == run.group and is_retraining(challenger_model, champion.forecaster),
        "shares": told.shares,
        "covariates": [name for kind in ("covariates", "planned") for name in getattr(challenger_model, kind, [])],
    }
    log.info("evaluated test_days=%s..%s wape=%s", first, last, {k: round(v["wape"], 4) for k, v in evaluation["models"].items()})
    challenger = forecasts[CHALLENGER]
    newest = challenger.subset(challenger.origins.day == spans.test.stop - 1)
    return store.write_result(
        run,
        "evaluate",
        {
            "evaluation": store.put(run, "evaluation", ".json", lambda path: _write_json(path, evaluation)),
            "forecasts": store.put_frame(run, "backtest", _with_actuals(grid, challenger)),
            "attention": store.put_frame(run, "backtest-attention", to_attention_rows(grid, newest)),
            "learnt": told.state and store.put(run, "learnt", ".safetensors", replace(told.state, through=str(last)).save),
            "champion_version": champion.version,
            "champion_unfit": champion.unfit,
            "test_days": f"{len(spans.test)} days, {first} to {last}",
            "wape": {name: entry["wape"] for name, entry in evaluation["models"].items()},
        },
    )


def _unzip(path: Path) -> Forecaster:
    with TemporaryDirectory(prefix="dayahead-model-") as folder:
        with ZipFile(path) as archive:
            archive.extractall(folder)
        return models.load(Path(folder))


@dataclass(frozen=True)
class _Champion:
    """The champion on the test days: its version, its forecast, or why it could not forecast them."""

    version: str | None = None
    forecaster: Forecaster | None = None
    forecast: Forecast | None = None
    unfit: str | None = None

    @property
    def group(self) -> str:
        """Of the version; one of the fleet's may stand for a group that has no champion of its own yet."""
        return group_of(self.version or "")


def _told(forecaster: Forecaster, grid: Grid, days: range, unknown: np.ndarray, before: State | None, first: int | None = None) -> Told:
    """Return what a forecaster says of the test days, and what it has learnt then; who begins with nothing learnt learns nothing."""
    if before is None:
        made = forecast_days(forecaster, grid, days, unknown)
        return Told(made, made)
    return learnt_on(forecaster, grid, days, unknown, before, first)


def _champion(settings: Settings, group: str, grid: Grid, spans: Spans, unknown: np.ndarray) -> _Champion:
    """Return the champion that answers for these sites, learning on from what it knew before the days of its own evaluation."""
    try:
        forecaster, version = _standing(settings, group)
    except ModelError as error:
        log.info("no champion to compare with reason=%s", error)
        return _Champion()
    try:
        before = registry.load_learnt(settings, version, LEARNT_BEFORE)
        first = grid.index_of(date.fromisoformat(before.through)) + 1 if before else spans.test.start
        before = before if first <= spans.test.start else None  # what it learnt from the test days themselves may not speak
        told = _told(forecaster, grid, spans.test, unknown, before, max(first, 1))
        return _Champion(version, forecaster, told.forecast)
    except ModelError as error:  # another interval than it was trained on
        log.warning("champion cannot forecast version=%s reason=%s", version, error)
        return _Champion(version, forecaster, unfit=str(error))


def _standing(settings: Settings, group: str) -> tuple[Forecaster, str]:
    try:
        return registry.load_champion(settings, group)
    except NoChampionError:
        if not group:
            raise
        return registry.load_champion(settings)


def _baselines(grid: Grid, spans: Spans, settings: Settings, unknown: np.ndarray) -> dict[str, Forecast]:
    """Return what the baselines say of the test days; all but the rules learn every day, too."""
    forecasts: dict[str, Forecast] = {}
    for name in BASELINES:
        forecaster = models.create(name)
        forecaster.fit(grid, spans.split, FitOptions(seed=settings.seed, device=settings.device, unknown_steps=unknown))
        start = start_of(forecaster, grid, spans.split, unknown)
        forecasts[name] = _told(forecaster, grid, spans.test, unknown, start.state).forecast
    return forecasts


def _with_actuals(grid: Grid, forecast: Forecast) -> pd.DataFrame:
    """Rows of the forecast with the ``actual`` of their instant; NaN where there was none."""
    actual = np.where(grid.observed, grid.throughput, np.nan)[forecast.origins.site, forecast.origins.day]
    beside = np.repeat(actual[..., None], forecast.quantiles.shape[2], axis=2)
    rows = to_rows(grid, forecast)
    return rows.assign(actual=to_rows(grid, Forecast(forecast.origins, beside))["q50"], model=CHALLENGER)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value))
