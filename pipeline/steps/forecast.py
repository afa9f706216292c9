"""Quantiles of the target day for every live site, from the highest rung of the ladder that stands."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres.whole_days import MIXTURE
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.learning.effects import Effects, raised
from pipeline.core.learning.rolling import joined
from pipeline.core.models.contract import Forecast, Forecaster, Origins
from pipeline.core.models.rows import to_attention_rows, to_rows
from pipeline.core.scenarios.billing import Month
from pipeline.core.scenarios.day_ahead import outlook
from pipeline.core.scenarios.memory import Advice, Memory
from pipeline.core.series.frames import labels_in
from pipeline.core.series.grid import Grid
from pipeline.core.series.groups import FLEET, group_of, group_of_site
from pipeline.errors import ModelError, NothingToForecastError
from pipeline.steps.ladder import CHAMPION_RUNG, LAST_RUNG, Ladders, ladders_of
from pipeline.steps.learned import Answers, DailyLearner, Spoken, frozen_rows, mixture_rows

log = logging.getLogger(__name__)

ROLE = "champion"
Standing = tuple[str, str, Answers]  # a rung as it answers on this day


def forecast(run: Run, settings: Settings, *, last_rung_only: bool = False) -> dict[str, Any]:
    """Forecast the target day of every live site and keep the rows in the store, in the columns of table ``forecasts``.

    The ladder is champion → previous champion → seasonal naive; a site that ``validate`` left to it starts at its last rung, and a site
    for which a rung has no answer falls to the next. Each row names the rung in ``degradation``. Sites of a group that has a champion of
    its own ask that one and the one before it first, then the fleet's.

    Args:
        run: The run, or one shard of it.
        settings: Lead to the store and the registry.
        last_rung_only: Ask no model at all.

    Raises:
        NothingToForecastError: No site is live.
        StoreError: ``features`` has not run.
    """
    made = answer(run, settings, ROLE, ladders_of(settings, last_rung_only))
    if set(made["rungs"]) != {CHAMPION_RUNG} or made["without_forecast"]:
        log.warning(
            "degraded forecast target_day=%s rungs=%s sites_without_forecast=%s", run.target_day, made["rungs"], made["without_forecast"]
        )
    return Store(settings.store_url).write_result(run, "forecast", made)


def answer(
    run: Run, settings: Settings, role: str, ladders: Ladders, *, only: Collection[str] | None = None, capacity: float | None = None
) -> dict[str, Any]:
    """Ask the rungs from the highest down, keep their rows in the store and return where they lie; errors as in ``forecast``.

    Args:
        run: The run, or one shard of it.
        settings: Lead to the store.
        role: As the rows name it.
        ladders: Whom to ask.
        only: Names of the sites asked for; None for all.
        capacity: Of the sites asked for, instead of their own.
    """
    store = Store(settings.store_url)
    features = store.read_result(run, "features")
    grid: Grid = store.get(features["grid"], Grid.load)
    origins = live_origins(grid, run, settings, features.get("spared", ()))
    if only is not None:
        origins = origins.subset(np.isin([grid.sites[i].name for i in origins.site], list(only)))
    if not len(origins):
        raise NothingToForecastError(
            f"no site has a reading in the {settings.dead_after_days} days before the cutoff {run.cutoff.isoformat()}; load newer ones"
        )
    broken = np.isin([grid.sites[i].name for i in origins.site], list(features["ladder"]))
    labels = _labels(store, run, grid)
    groups = np.array([group_of_site(own, settings.groups) for own in labels])
    groups[~np.isin(groups, list(ladders))] = FLEET
    standing = _standing(run, settings, grid, groups, ladders)
    answers, pending = [], np.ones(len(origins), bool)
    for group in np.unique(groups[origins.site]):
        here = np.flatnonzero(groups[origins.site] == group)
        told, pending[here] = _climb_down(grid, origins.subset(here), broken[here], standing[group])
        answers += told
    if not answers:
        raise NothingToForecastError(f"no rung answers for any of the {len(origins)} live sites of {run.folder}; see the warnings above")
    spoken = _spoken([one for each in standing.values() for one in each])
    frozen = _frozen(spoken, answers)
    if "effects" in features:
        effects: Effects = store.get(features["effects"], Effects.load)
        answers = [(rung, version, raised(made, effects.subset(made.origins.site))) for rung, version, made in answers]
        frozen = [raised(made, effects.subset(made.origins.site)) for made in frozen]
    keys = {"role": role, "cutoff": pd.Timestamp(run.cutoff), "snapshot": features["grid"].rsplit("/", 1)[-1], "run_id": run.folder}
    rows = [to_rows(grid, made).assign(degradation=rung, model_version=version) for rung, version, made in answers]
    forecasts = pd.concat(rows).assign(**keys).sort_values(["target_day", "site", "ts"], ignore_index=True)
    attention = pd.concat([to_attention_rows(grid, made) for *_, made in answers]).assign(role=role)
    made = joined([made for *_, made in answers])
    zone = settings.billing_timezone
    month = Month.of(run.target_day, zone, run.cutoff, grid.step_minutes) if zone else None
    if capacity is not None:  # learning is over: what it keeps is named by the sites as they are
        grid = replace(grid, sites=tuple(replace(site, capacity=capacity) for site in grid.sites))
    planned = outlook(grid, made, labels, _advice(spoken, answers), month)
    rungs: Counter[str] = Counter()
    for rung, _, each in answers:
        rungs[rung] += len(each.origins)
    log.info("forecast target_day=%s role=%s sites=%d rows=%d rungs=%s", run.target_day, role, rungs.total(), len(forecasts), dict(rungs))
    return {
        "forecasts": store.put_frame(run, "forecasts", forecasts),
        "attention": store.put_frame(run, "attention", attention),
        "mixture": store.put_frame(run, "mixture", _mixture(grid, role, spoken, answers)),
        **({"frozen": store.put_frame(run, "frozen", frozen_rows(grid, joined(frozen), role))} if frozen else {}),
        **{name: store.put_frame(run, name, frame.assign(role=role)) for name, frame in planned.sites.items()},
        "totals": store.put(run, "totals", ".safetensors", planned.totals.save),
        **({"billed": store.put(run, "billed", ".safetensors", planned.billed.save)} if planned.billed else {}),
        "strains": {version: each.strain for version, each in spoken.items()},
        "rows": len(forecasts),
        "rungs": dict(rungs),
        "without_forecast": [grid.sites[i].name for i in origins.site[pending]],
        "fleet": features.get("fleet", {}),
    } | ({"unseen": features["unseen"]} if features.get("unseen") else {})


def live_origins(grid: Grid, run: Run, settings: Settings, spared: Sequence[str] = ()) -> Origins:
    """Return one origin per live site: its target day, and how many steps before that day are not known at the cutoff.

    Args:
        grid: Of the run.
        run: Gives the cutoff.
        settings: Say after how many silent days a site is dead.
        spared: Names of sites of which readings of late are ignored: their silence says nothing.
    """
    every = every_origin(grid, run)
    first = np.maximum(every.day - settings.dead_after_days, 0)
    silent = {site.name for site in grid.sites} - set(spared)
    alive = [grid.sites[i].name not in silent or grid.observed[i, first[i] : every.day[i]].any() for i in every.site]
    return every.subset(np.array(alive))


def every_origin(grid: Grid, run: Run) -> Origins:
    """Return an origin for each site of a grid, live or not."""
    return Origins(np.arange(grid.shape[0]), *grid.targets_at(run.cutoff))


def _labels(store: Store, run: Run, grid: Grid) -> list[dict[str, str]]:
    """Return the labels of each site of the grid."""
    known = labels_in(store.get_frame(store.read_result(run, "extract")["sites"]))
    return [known.get(site.name, {}) for site in grid.sites]


def _standing(run: Run, settings: Settings, grid: Grid, groups: np.ndarray, ladders: Ladders) -> dict[str, list[Standing]]:
    """Return the ladders as they answer on this day; a version learns from all sites of its model, whoever is asked for."""
    every = every_origin(grid, run)
    learning: dict[str, Answers] = {}
    for _, version, forecaster in (rung for ladder in ladders.values() for rung in ladder):
        group = group_of(version)
        if version not in learning:
            learning[version] = _learning(run, settings, version, forecaster, every.subset(groups == group) if group else every)
    return {group: [(rung, version, learning[version]) for rung, version, _ in ladder] for group, ladder in ladders.items()}


def _learning(run: Run, settings: Settings, version: str, forecaster: Forecaster, every: Origins) -> Answers:
    """Return a version as one that learns every day, where it says what its own evaluation taught."""
    try:
        prior = registry.load_learnt(settings, version)
    except ModelError as error:
        log.warning("version learns nothing version=%s reason=%s", version, error)
        prior = None
    if prior is None:
        return forecaster
    return DailyLearner(run, settings, version, forecaster, prior, every)


def _spoken(ladder: list[Standing]) -> dict[str, Spoken]:
    """Return what each version that learns every day has said, by version."""
    return {version: one.spoken for _, version, one in ladder if isinstance(one, DailyLearner) and one.spoken is not None}


def _mixture(grid: Grid, role: str, spoken: dict[str, Spoken], answers: list[tuple[str, str, Forecast]]) -> pd.DataFrame:
    """Return what the answers of versions that learn were mixed from, in the columns of table ``mixture``."""
    parts = [mixture_rows(grid, spoken[version], said.origins.site, role) for _, version, said in answers if version in spoken]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(MIXTURE))


def _frozen(spoken: dict[str, Spoken], answers: list[tuple[str, str, Forecast]]) -> list[Forecast]:
    """Return what the weights of those that learn would have answered alone."""
    asked = [(spoken[version], said.origins) for _, version, said in answers if version in spoken]
    return [replace(each.frozen.subset(each.rows(origins.site)), origins=origins) for each, origins in asked]


def _advice(spoken: dict[str, Spoken], answers: list[tuple[str, str, Forecast]]) -> Advice:
    """Return what past days teach about the answers' peaks and volumes, in their order; nothing of a rung that does not learn."""
    parts = []
    for _, version, said in answers:
        learnt = spoken.get(version)
        parts.append(learnt.advice.subset(learnt.rows(said.origins.site)) if learnt else Memory.empty(len(said.origins)).advice())
    return Advice.joined(parts)


def _climb_down(
    grid: Grid, origins: Origins, broken: np.ndarray, ladder: list[Standing]
) -> tuple[list[tuple[str, str, Forecast]], np.ndarray]:
    """Answers by rung (rung, model version, forecast), highest first, and which origins ``(B,)`` none of the rungs answered."""
    answers = []
    pending = np.ones(len(origins), bool)
    for rung, version, forecaster in ladder:
        asked = np.flatnonzero(pending if rung == LAST_RUNG else pending & ~broken)
        if not asked.size:
            continue
        try:
            made = forecaster.forecast(grid, origins.subset(asked))
        except Exception as error:  # noqa: BLE001  # a model may fail in its library's own words, such as a GPU without memory
            log.warning("rung does not answer rung=%s version=%s reason=%s: %s", rung, version, type(error).__name__, error)
            continue
        answered = np.isfinite(made.quantiles).all(axis=(1, 2))
        pending[asked[answered]] = False
        if answered.any():
            answers.append((rung, version, made.subset(answered)))
    return answers, pending
