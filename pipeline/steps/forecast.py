"""Quantiles of the target day for every live site, from the highest rung of the ladder that stands."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adapters import registry
from pipeline.adapters.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecast, Forecaster, Origins
from pipeline.core.series.clock import target_day_at
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError, ServiceError

log = logging.getLogger(__name__)

ROLE = "champion"
LAST_RUNG = "seasonal_naive_mean"


def forecast(run: Run, settings: Settings) -> dict[str, Any]:
    """Forecast the target day of every live site and keep the rows in the store, in the columns of table ``forecasts``.

    The ladder is champion → previous champion → seasonal naive; a site that ``validate`` left to it starts at its last rung, and a site
    for which a rung has no answer falls to the next. Each row names the rung in ``degradation``.
    """
    store = Store(settings.store_url)
    features = store.read_result(run, "features")
    grid: Grid = store.get(features["grid"], Grid.load)
    origins = live_origins(grid, run, settings)
    broken = np.isin([grid.sites[i].name for i in origins.site], list(features["ladder"]))
    rows, attention, rungs = [], [], {}
    pending = np.ones(len(origins), bool)
    for degradation, version, forecaster in _ladder(settings):
        chosen = pending & ~broken if degradation != "seasonal_naive" else pending
        if not chosen.any():
            continue
        made = forecaster.forecast(grid, _subset(origins, chosen))
        answered = np.isfinite(made.quantiles).all(axis=(1, 2))
        pending[np.flatnonzero(chosen)[answered]] = False
        made = Forecast(
            _subset(made.origins, answered), made.quantiles[answered], made.attention[answered] if made.attention is not None else None
        )
        rungs[degradation] = int(answered.sum())
        rows.append(to_rows(grid, made).assign(degradation=degradation, model_version=version))
        attention.append(to_attention_rows(grid, made))
    keys = {"role": ROLE, "cutoff": pd.Timestamp(run.cutoff), "snapshot": features["grid"].rsplit("/", 1)[-1], "run_id": run.folder}
    forecasts = pd.concat(rows).assign(**keys).sort_values(["target_day", "site", "ts"], ignore_index=True)
    weights = pd.concat(attention).assign(role=ROLE)
    if rungs.get("seasonal_naive") or rungs.get("previous_champion") or pending.any():
        log.warning("degraded forecast target_day=%s rungs=%s sites_without_forecast=%d", run.target_day, rungs, int(pending.sum()))
    log.info("forecast target_day=%s sites=%d rows=%d rungs=%s", run.target_day, forecasts["site"].nunique(), len(forecasts), rungs)
    return store.write_result(
        run,
        "forecast",
        {
            "forecasts": store.put_frame(run, "forecasts", forecasts),
            "attention": store.put_frame(run, "attention", weights),
            "rows": len(forecasts),
            "rungs": rungs,
            "without_forecast": [grid.sites[i].name for i in origins.site[pending]],
        },
    )


def live_origins(grid: Grid, run: Run, settings: Settings) -> Origins:
    """Return one origin per live site: its target day, and how many steps before that day are not known at the cutoff."""
    n, _, s = grid.shape
    day = np.array([grid.index_of(target_day_at(run.cutoff, site.timezone)) for site in grid.sites])
    known = np.stack([grid.known_steps(i, day[i] - 1, run.cutoff) for i in range(n)])
    unknown = np.where(known.any(axis=1), known[:, ::-1].argmax(axis=1), s)
    first = np.maximum(day - settings.dead_after_days, 0)
    live = np.array([grid.observed[i, first[i] : day[i]].any() for i in range(n)])
    return Origins(np.flatnonzero(live), day[live], unknown[live])


def to_rows(grid: Grid, made: Forecast) -> pd.DataFrame:
    """Return a forecast as rows of (target_day, site, ts, q05 … q95): every instant of each local day once."""
    frames = []
    for b, (site, day) in enumerate(zip(made.origins.site, made.origins.day, strict=True)):
        instants, steps = grid.instants(int(site), int(day))
        frame = pd.DataFrame(made.quantiles[b, steps].astype(np.float64), columns=list(QUANTILE_COLUMNS))
        frame.insert(0, "ts", instants)
        frame.insert(0, "site", grid.sites[site].name)
        frame.insert(0, "target_day", grid.day_at(day))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["target_day", "site", "ts", *QUANTILE_COLUMNS])


def to_attention_rows(grid: Grid, made: Forecast) -> pd.DataFrame:
    """Return attention as rows of (target_day, site, band, past_day, weight); empty where the forecaster pays none."""
    columns = ["target_day", "site", "band", "past_day", "weight"]
    if made.attention is None or not len(made.origins):
        return pd.DataFrame(columns=columns)
    b, bands, past = made.attention.shape
    origin, band, lag = (index.ravel() for index in np.indices((b, bands, past)))
    day = made.origins.day[origin]
    names = np.array([site.name for site in grid.sites], object)
    return pd.DataFrame(
        {
            "target_day": [grid.day_at(i) for i in day],
            "site": names[made.origins.site[origin]],
            "band": band,
            "past_day": [grid.day_at(i) for i in day - past + lag],
            "weight": made.attention.ravel().astype(np.float64),
        }
    )


def _ladder(settings: Settings) -> list[tuple[str, str, Forecaster]]:
    """Rungs that stand, highest first: name, model version, forecaster."""
    rungs = []
    for degradation, load in (("none", registry.load_champion), ("previous_champion", registry.load_previous_champion)):
        try:
            forecaster, version = load(settings)
        except (ModelError, ServiceError) as error:
            log.warning("rung does not stand rung=%s reason=%s", degradation, error)
            continue
        rungs.append((degradation, str(version), forecaster))
    rungs.append(("seasonal_naive", LAST_RUNG, models.create(LAST_RUNG)))
    return rungs


def _subset(origins: Origins, chosen: np.ndarray) -> Origins:
    return Origins(origins.site[chosen], origins.day[chosen], origins.unknown_steps[chosen])
