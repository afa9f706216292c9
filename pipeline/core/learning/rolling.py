"""Day after day: what the experts say, what is published, what is learnt when the day is over. Every caller forecasts through here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from pipeline.core.learning.experts import Experts, experts_of
from pipeline.core.learning.learner import Learnt, learn, mix, names_of, plain
from pipeline.core.learning.state import State
from pipeline.core.models.contract import Forecast, Forecaster, Origins, Split
from pipeline.core.scenarios.dependence import lesson_on
from pipeline.core.scenarios.memory import Lesson, Memory
from pipeline.core.series.grid import Grid

Speak = Callable[[int], Experts]  # what the experts say of a day, by its index


@dataclass(frozen=True)
class Day:
    """A day that was forecast.

    Args:
        index: Day of the grid.
        said: What the experts said.
        made: What was published.
        before: What was known when it was made, of whole days only.
        known: What it was made from; None of a day that was read from the store.
    """

    index: int
    said: Experts
    made: Learnt
    before: State | None
    known: State | None = None


def roll(grid: Grid, days: range, speak: Speak, state: State | None, last: Day | None = None) -> Iterator[Day]:
    """Yield each day's forecast, learning from the days before it as far as each origin's cutoff knows them.

    Args:
        grid: Readings; those after a day's cutoff are not looked at.
        days: Target days, one after the other.
        speak: Called once a day.
        state: What was learnt of whole days up to ``last``, or up to the first day where there is no ``last``; None for nothing.
        last: The day before the first, whose tail may still be unknown.
    """
    for index in days:
        said = speak(index)
        known = state
        if last is not None:
            tail = tail_of(grid, said.origins)
            earlier, state = state, taught(grid, state, last)
            known = taught(grid, earlier, last, tail) if tail.any() else state
        known = known or State.empty(names_of(said))
        made = mix(known, said, names_in(grid))
        last = Day(index, said, made, state, known)
        yield last


def save_day(day: Day, path: Path) -> None:
    """Write what was said and published of a day as one safetensors file."""
    said, made = day.said, day.made
    arrays = {
        "said": said.quantiles,
        "lowest": said.lowest,
        "highest": said.highest,
        "factors": said.factors,
        "day": said.origins.day,
        "unknown_steps": said.origins.unknown_steps,
        "published": made.forecast.quantiles,
        "mixed": made.mixed,
        "shares": made.shares,
        "level": made.level,
    } | ({"attention": said.attention} if said.attention is not None else {})
    header = {"index": day.index, "names": said.names, "main": said.main, "experts": made.experts}
    save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, path, metadata={"day": json.dumps(header)})


def load_day(path: Path, index: int) -> Day:
    """Read what ``save_day`` wrote, of every site of a grid in which the day has this index now."""
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["day"])
    kept = load_file(path)
    origins = Origins(np.arange(len(kept["day"])), kept["day"] + index - header["index"], kept["unknown_steps"])
    bounds = kept["lowest"], kept["highest"], kept["factors"]
    said = Experts(origins, tuple(header["names"]), header["main"], kept["said"], *bounds, kept.get("attention"))
    forecast = Forecast(origins, kept["published"], said.attention)
    return Day(index, said, Learnt(forecast, kept["mixed"], tuple(header["experts"]), kept["shares"], kept["level"]), None)


def taught(grid: Grid, state: State | None, day: Day, unknown_steps: np.ndarray | None = None) -> State:
    """Return what is known after a day, of which the last ``unknown_steps`` ``(N,)`` of each site are not known yet; None for none."""
    origins = day.said.origins
    inside = (origins.day >= 0) & (origins.day < grid.shape[1])
    at = origins.site, np.where(inside, origins.day, 0)
    actual, observed = grid.throughput[at], grid.observed[at] & inside[:, None]
    whole = np.ones(len(origins), bool)
    if unknown_steps is not None:
        steps = grid.shape[2]
        observed = observed & (np.arange(steps) < steps - unknown_steps[origins.site][:, None])
        whole = unknown_steps[origins.site] == 0
    before = (state or State.empty(names_of(day.said))).of_sites(names_in(grid))
    after = learn(before, day.said, day.made, names_in(grid), actual.astype(float), observed)
    return replace(after, own=after.own | _planned(grid, before, day.made.forecast, actual, observed & whole[:, None]).arrays())


def _planned(grid: Grid, before: State, made: Forecast, actual: np.ndarray, observed: np.ndarray) -> Memory:
    """Return what is known of peaks and volumes after a day; of a site whose day is not over it teaches nothing."""
    memory, sites = Memory.of(before.own), made.origins.site
    over = np.flatnonzero(observed.any(axis=1))
    if not over.size:
        return memory.after(Lesson.none(len(before.sites)))
    lesson = lesson_on(grid, made.subset(over), memory.advice().subset(sites[over]), actual[over], observed[over])
    return memory.after(lesson.on_rows(sites[over], len(before.sites)))


def tail_of(grid: Grid, origins: Origins) -> np.ndarray:
    """Return how many last steps ``(N,)`` of the day before each site's target are unknown; of a site without an origin all are."""
    unknown = np.full(grid.shape[0], grid.shape[2])
    unknown[origins.site] = np.minimum(origins.unknown_steps, grid.shape[2])
    return unknown


def names_in(grid: Grid) -> tuple[str, ...]:
    """Return the names of a grid's sites."""
    return tuple(site.name for site in grid.sites)


def speaker(forecaster: Forecaster, grid: Grid, unknown_steps: np.ndarray, ahead: np.ndarray | int = 0) -> Speak:
    """Return what asks a fitted forecaster for every site, each ``unknown_steps`` ``(N,)`` before its day.

    A day is always asked for by itself: the sums of a network depend on what else is in its batch, in the last bit.

    Args:
        forecaster: Fitted.
        grid: Readings.
        unknown_steps: ``(N,)``.
        ahead: Days that a site's target lies after the day asked for, ``(N,)``: a zone's own first day may be the next.
    """
    every = np.arange(grid.shape[0])
    return lambda day: experts_of(forecaster, grid, Origins(every, day + np.zeros_like(every) + ahead, unknown_steps))


def learns(forecaster: Forecaster) -> bool:
    """Return whether a forecaster learns from days that are over: all but rules, which is what has no chance in it unless it says so."""
    return not getattr(forecaster, "rule", getattr(forecaster, "deterministic", False))


@dataclass(frozen=True)
class Start:
    """What a forecaster begins with.

    Args:
        state: What was learnt; None for nothing.
        forecast: What the same learning said of the validation days; None where it said nothing.
    """

    state: State | None = None
    forecast: Forecast | None = None


def start_of(forecaster: Forecaster, grid: Grid, split: Split, unknown_steps: np.ndarray) -> Start:
    """Return what the validation days teach about a forecaster that was just fitted, where they are out of its sample.

    Each site's day is forecast with its last ``unknown_steps`` ``(N,)`` unknown. Where the weights were fitted once more, on the validation
    days too, what the first ones said of them counts half, and their level not.
    """
    if not learns(forecaster):
        return Start()  # a rule is what others are held against
    rehearsal: Rehearsal | None = getattr(forecaster, "rehearsal", None)
    speak = rehearsal.speak if rehearsal is not None else speaker(forecaster, grid, unknown_steps)
    last, made = None, []
    for last in roll(grid, split.validation, speak, None):
        made.append(last.made.forecast)
    if last is None:
        return Start()
    state = taught(grid, last.before, last)
    return Start(state.after_refit(len(last.said.names)) if rehearsal is not None else state, joined(made))


@dataclass(frozen=True)
class Told:
    """What was said of days while learning from each when it was over.

    Args:
        forecast: What was published.
        frozen: What the weights alone would have said; the same where nothing learns.
        shares: Mean share of each expert, by its name.
        state: What is known when the days are over; None where nothing learns.
    """

    forecast: Forecast
    frozen: Forecast
    shares: dict[str, float] = field(default_factory=dict)
    state: State | None = None


def learnt_on(
    forecaster: Forecaster, grid: Grid, days: range, unknown_steps: np.ndarray, state: State | None, first: int | None = None
) -> Told:
    """Return what is said of every site on each day, and what is known when they are over.

    Args:
        forecaster: Fitted.
        grid: Readings.
        days: Target days.
        unknown_steps: ``(N,)``.
        state: What was learnt before ``first``.
        first: Day to learn from, before ``days`` where the state is older than they are; None for their first.
    """
    made, frozen, shares, last = [], [], [], None
    for last in roll(grid, range(days.start if first is None else first, days.stop), speaker(forecaster, grid, unknown_steps), state):
        if last.index in days:
            made.append(last.made.forecast)
            frozen.append(plain(last.said))
            shares.append(last.made.shares)
    assert last is not None
    mean = dict(zip(last.made.experts, np.concatenate(shares).mean(axis=0).tolist(), strict=True))
    return Told(joined(made), joined(frozen), mean, taught(grid, last.before, last))


@dataclass(frozen=True)
class Rehearsal:
    """What the first weights of a fit said of validation days that the last ones learnt from."""

    said: dict[int, Experts]

    @classmethod
    def of(cls, forecaster: Forecaster, grid: Grid, days: range, unknown_steps: np.ndarray) -> Rehearsal:
        """Return what a forecaster says of each day, every site's last ``unknown_steps`` ``(N,)`` before it unknown."""
        speak = speaker(forecaster, grid, unknown_steps)
        return cls({day: speak(day) for day in days})

    def speak(self, day: int) -> Experts:
        """Return what they said of a day."""
        return self.said[day]


def joined(parts: list[Forecast]) -> Forecast:
    """Return the forecasts of several days as one."""
    origins = [part.origins for part in parts]
    attention = [part.attention for part in parts if part.attention is not None]
    return Forecast(
        Origins(*(np.concatenate([getattr(o, key) for o in origins]) for key in ("site", "day", "unknown_steps"))),
        np.concatenate([part.quantiles for part in parts]),
        np.concatenate(attention) if len(attention) == len(parts) else None,
    )
