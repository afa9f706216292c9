"""The forecast that learns every day: experts mixed by their shares, at the recent level, as wide as the last days ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.learning import aggregation, levels, widths
from pipeline.core.learning.experts import COPIES, NAIVES, Experts, by_part, copies_of
from pipeline.core.learning.state import FAST, FIRST, FIRST_PART, SLOW, State
from pipeline.core.models.contract import MEDIAN, QUANTILES, Forecast
from pipeline.core.training.calibration import widen

MAIN_PRIOR, NAIVE_PRIOR = 0.6, 0.01  # shares of the main expert and of each naive rule before any evidence; the others have equal parts
FAST_DECAY, SLOW_DECAY, PART_DECAY, FLEET_DECAY = 0.5, 0.93, 0.75, 0.5
DECAYS = np.array([FAST_DECAY, SLOW_DECAY, FAST_DECAY, *[PART_DECAY] * levels.PARTS])
NAIVE_NAMES = tuple(rule.name for rule in NAIVES)
MOST_STRAIN = 0.25  # beyond it the world has changed more than learning should carry: a training is asked for
FEWEST_STEPS = 0.125  # of a day, to be evidence
SITES_AT_ONCE = 256  # bounds memory: all experts and copies of so many sites at a time


@dataclass(frozen=True)
class Learnt:
    """A day's forecast and what it was made of.

    Args:
        forecast: What is published.
        mixed: ``(B, S, Q)`` before the widths.
        experts: Names of the experts, copies last.
        shares: ``(B, E)`` share of each in the forecast, mean over quantiles.
        level: ``(B, E)`` factor by which the expert's copy was moved; 1 for what is no copy.
    """

    forecast: Forecast
    mixed: np.ndarray
    experts: tuple[str, ...]
    shares: np.ndarray
    level: np.ndarray


def names_of(said: Experts) -> tuple[str, ...]:
    """Return the names of all experts of a state: those that spoke, and their copies."""
    return (*said.names, *copies_of(said.names, said.main))


def mix(state: State, said: Experts, sites: tuple[str, ...]) -> Learnt:
    """Return the forecast of a day from what was learnt before it.

    Args:
        state: What was learnt, for any sites.
        said: What the experts say of the day.
        sites: Names of the grid's sites, which ``said.origins.site`` counts.
    """
    rows = state.of_sites(tuple(sites[i] for i in said.origins.site))
    B, S, Q = said.quantiles.shape[1:]
    published, mixed = np.empty((B, S, Q), np.float32), np.empty((B, S, Q), np.float32)
    share, level = np.empty((B, len(rows.experts))), np.empty((B, len(rows.experts)))
    for part in _parts(B):
        every, level[part] = _all_experts(rows, said, part)
        weight = _shares(rows, said, part)
        whole = np.sort((weight[:, :, None, :] * every).sum(axis=1), axis=-1)
        lowest, highest = said.lowest[part], said.highest[part]
        wide = widen(whole, _factors(rows, said, part)[:, None], lowest[:, None, None])
        mixed[part], share[part] = whole, weight.mean(axis=-1)
        published[part] = np.clip(wide, lowest[:, None, None], highest[:, None, None])
    forecast = Forecast(said.origins, published, said.attention)
    return Learnt(forecast, mixed, rows.experts, share, level)


def plain(said: Experts) -> Forecast:
    """Return what the forecaster says who learns nothing: its main expert, as wide as validation decided."""
    lowest, highest = said.lowest[:, None, None], said.highest[:, None, None]
    wide = widen(said.quantiles[said.names.index(said.main)], said.factors, lowest)
    return Forecast(said.origins, np.clip(wide, lowest, highest).astype(np.float32), said.attention)


def learn(state: State, said: Experts, made: Learnt, sites: tuple[str, ...], actual: np.ndarray, observed: np.ndarray) -> State:
    """Return what is known after a day: what ``mix`` made of it, held against what came.

    Args:
        state: What ``made`` was made from.
        said: What the experts said.
        made: What ``mix`` returned.
        sites: Names of the grid's sites; the state returned has a row for each.
        actual: ``(B, S)`` throughput of the origins' day.
        observed: ``(B, S)`` where it is known.
    """
    whole = state.of_sites(sites)
    at = said.origins.site
    rows = replace(whole, own={key: value[at] for key, value in whole.own.items()})
    seen = observed.mean(axis=-1)
    seen = np.where(seen >= FEWEST_STEPS, seen, 0.0)
    observed = observed & (seen > 0)[:, None] & np.isfinite(made.mixed).all(axis=(1, 2))[:, None]
    seen = np.where(observed.any(axis=-1), seen, 0.0)
    regret = np.zeros((len(at), len(rows.experts), len(QUANTILES)))
    usual = np.zeros(len(at))
    for part in _parts(len(at)):
        regret[part], usual[part] = _regrets(rows, said, made, part, actual[part], observed[part])
    after = _scaled(rows, usual, seen)
    scale = after["scale"][:, 0] / np.maximum(after["scale"][:, 1], 1e-9)
    regret = np.where(seen[:, None, None] > 0, regret / np.maximum(scale, 1e-12)[:, None, None], 0.0)
    weight = seen[:, None, None]
    after["regret"], after["square"] = aggregation.faded(rows.own["regret"], rows.own["square"], regret, weight)
    after["days"] = aggregation.FORGETTING * rows.own["days"] + seen
    spread = widths.ratios(made.mixed.astype(float), said.lowest, actual, observed)
    told = np.where(spread.sum(axis=-1).all(axis=-1), seen, 0.0)
    after["width"] = widths.FORGETTING * rows.own["width"] + told[:, None, None] * spread
    after["width_days"] = widths.FORGETTING * rows.own["width_days"] + told
    missed = widths.outside(made.forecast.quantiles.astype(float), actual, observed)
    after["tracker"] = widths.moved(rows.own["tracker"], missed, seen[:, None])
    ratios = _log_ratios(said, actual, observed)
    after["levels"] = levels.added(rows.own["levels"], ratios, DECAYS)
    own = {key: value.copy() for key, value in whole.own.items()}
    for key, value in after.items():
        own[key][at] = value
    return replace(whole, own=own, fleet=_fleet(whole, regret, seen, spread, told, ratios[:, FAST]))


def strain(state: State, said: Experts) -> float:
    """Return by which share the main expert has lost more than the forecast lately, mean over sites, quantiles and days that fade away.

    0 while the weights hold; where it is large, the learning carries what a training should.
    """
    days = state.own["days"]
    lost = -state.own["regret"][:, said.names.index(said.main)].mean(axis=-1)
    return float(lost.sum() / days.sum()) if days.sum() > 1 else 0.0


def _fleet(
    state: State, regret: np.ndarray, seen: np.ndarray, spread: np.ndarray, told: np.ndarray, ratio: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what the fleet as a whole has learnt: means over the sites that were seen, each as much as it was seen."""
    fleet = dict(state.fleet)
    if seen.any():
        bounded = np.clip(regret, -aggregation.LARGEST_REGRET, aggregation.LARGEST_REGRET)
        mean = (bounded * seen[:, None, None]).sum(axis=0) / seen.sum()
        fleet["regret"], fleet["square"] = aggregation.faded(fleet["regret"], fleet["square"], mean, float(seen.max()))
    if told.any():
        mean_spread = (spread * told[:, None, None]).sum(axis=0) / told.sum()
        fleet["width"] = widths.FORGETTING * fleet["width"] + told.max() * mean_spread
        fleet["width_days"] = widths.FORGETTING * fleet["width_days"] + told.max()
    known = ratio[np.isfinite(ratio)]
    fleet["levels"] = levels.added(fleet["levels"], np.array(np.median(known) if known.size else np.nan), FLEET_DECAY)
    return fleet


def _all_experts(rows: State, said: Experts, part: slice) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the experts and their copies ``(b, E, S, Q)`` within the bounds, and the factor of each copy ``(b, E)``."""
    own = said.quantiles[:, part].swapaxes(0, 1).astype(float)
    main = own[:, said.names.index(said.main)]
    level = levels.level_of(rows.own["levels"][part])
    steps = own.shape[2]
    of_parts = by_part(level[:, FIRST_PART:], steps)
    fleet = np.full(len(own), float(levels.level_of(rows.fleet["levels"])))
    moved = {"site": level[:, FAST], "slow": level[:, SLOW], "parts": of_parts, "fleet": fleet}
    logs = [moved[copy] for copy in COPIES]
    copied = [main] * len(COPIES)
    if len(rows.experts) > len(said.names) + len(COPIES):
        logs.append(level[:, FIRST])
        copied.append(own[:, 0])
    made = [quantiles * np.exp(log if log.ndim == 2 else log[:, None])[:, :, None] for quantiles, log in zip(copied, logs, strict=True)]
    every = np.concatenate([own, np.stack(made, axis=1)], axis=1)
    every = np.where(np.isfinite(every), every, main[:, None])  # who has nothing to say agrees with the main one
    mean = np.stack([np.exp(log if log.ndim == 1 else log.mean(axis=1)) for log in logs], axis=1)
    factor = np.concatenate([np.ones((len(own), len(said.names))), mean], axis=1)
    return np.clip(every, said.lowest[part][:, None, None, None], said.highest[part][:, None, None, None]), factor


def _shares(rows: State, said: Experts, part: slice) -> np.ndarray:
    rules = [i for i, name in enumerate(rows.experts) if name in NAIVE_NAMES]
    prior = np.full(len(rows.experts), (1 - MAIN_PRIOR - NAIVE_PRIOR * len(rules)) / (len(rows.experts) - 1 - len(rules)))
    prior[rules], prior[said.names.index(said.main)] = NAIVE_PRIOR, MAIN_PRIOR
    own, fleet = rows.own, rows.fleet
    return aggregation.shares(prior, own["regret"][part], own["square"][part], fleet["regret"], fleet["square"], own["days"][part])


def _factors(rows: State, said: Experts, part: slice) -> np.ndarray:
    own, fleet = rows.own, rows.fleet
    start = np.log(said.factors[:MEDIAN])
    days = float(fleet["width_days"])
    return widths.factors(own["width"][part], own["width_days"][part], fleet["width"], days, start, own["tracker"][part])


def _regrets(
    rows: State, said: Experts, made: Learnt, part: slice, actual: np.ndarray, observed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the mixture lost more than each expert, mean over observed steps ``(b, E, Q)``, and its own mean loss ``(b,)``."""
    count = np.maximum(observed.sum(axis=-1), 1)
    mixed = np.where(observed[:, :, None], pinball_loss(actual, made.mixed[part].astype(float)), 0.0).sum(axis=1) / count[:, None]
    every, _ = _all_experts(rows, said, part)
    lost = np.stack(
        [np.where(observed[:, :, None], pinball_loss(actual, every[:, e]), 0.0).sum(axis=1) for e in range(every.shape[1])], axis=1
    )
    return mixed[:, None] - lost / count[:, None, None], mixed.mean(axis=-1)


def _scaled(rows: State, usual: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
    """Return the site's usual loss a day later; a day without evidence leaves it as it was."""
    later = aggregation.FORGETTING * rows.own["scale"] + np.stack([usual * seen, seen], axis=1)
    return {"scale": np.where((seen > 0)[:, None], later, rows.own["scale"])}


def _log_ratios(said: Experts, actual: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Log ratios of a day in the order of a state's levels ``(B, LEVELS)``."""
    main = said.quantiles[said.names.index(said.main), ..., MEDIAN].astype(float)
    first = said.quantiles[0, ..., MEDIAN].astype(float)
    whole = levels.log_ratios(actual, observed, main)
    cut = (len(actual), levels.PARTS, -1)
    parts = levels.log_ratios(actual.reshape(cut), observed.reshape(cut), main.reshape(cut))
    return np.column_stack([whole, whole, levels.log_ratios(actual, observed, first), parts])


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, SITES_AT_ONCE):
        yield slice(start, min(start + SITES_AT_ONCE, count))
