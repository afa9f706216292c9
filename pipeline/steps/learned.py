"""The forecast of a version that learns every day: what it learnt is kept in the store, or made again, and the rows are the same."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd

from pipeline.adapters.postgres.whole_days import FROZEN, MIXTURE
from pipeline.adapters.store.model_files import folder_name
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.learning.experts import Experts
from pipeline.core.learning.keys import Chain, first_day
from pipeline.core.learning.learner import Learnt, plain, strain
from pipeline.core.learning.rolling import Day, load_day, names_in, roll, save_day, speaker
from pipeline.core.learning.state import State
from pipeline.core.models.contract import Forecast, Forecaster, Origins
from pipeline.core.models.rows import to_rows
from pipeline.core.scenarios.memory import Advice, Memory
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError, StoreError

log = logging.getLogger(__name__)

MOST_DAYS = 56  # that a version learns from after its own evaluation, before it begins anew
STEP = "learnt"
SMALLEST_SHARE = 0.0005  # that is worth a row


class Answers(Protocol):
    """Whoever forecasts origins: a forecaster, or a version that learns every day."""

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Return the forecast of each origin."""
        ...


@dataclass(frozen=True)
class Spoken:
    """What a version that learns every day says of the target day of each of its sites.

    Args:
        sites: ``(N,)`` indices of the sites into the run's grid, ascending; a row of all else is a site.
        made: The forecast, and what it was mixed from.
        advice: What past days teach about its peaks and volumes.
        frozen: What the weights alone say.
        strain: How much learning carries of what a training should.
    """

    sites: np.ndarray
    made: Learnt
    advice: Advice
    frozen: Forecast
    strain: float

    def rows(self, sites: np.ndarray) -> np.ndarray:
        """Return the rows of some sites."""
        return np.searchsorted(self.sites, sites)


class DailyLearner:
    """A version whose forecast is learnt from the days since its own evaluation.

    What was learnt through the newest whole day, and what was said of the target day, stay in the store under names made of all that they
    were made from: late readings change the name, and what has no file of its name is made again.
    """

    def __init__(self, run: Run, settings: Settings, version: str, forecaster: Forecaster, prior: State, every: Origins) -> None:
        """Make nothing yet.

        Args:
            run: The run, or one shard of it.
            settings: Lead to the store.
            version: Whose forecast it is.
            forecaster: The version's.
            prior: What the days of the version's own evaluation taught.
            every: An origin for each site of the run's grid that the version is for, in the grid's order.
        """
        self._run, self._store, self._version = run, Store(settings.store_url), version
        self._forecaster, self._prior, self._every = forecaster, prior, every
        self.spoken: Spoken | None = None

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast the day's origins; all its sites are asked together whoever is asked for, so that each has the same bits in any run."""
        target = int(self._every.day.min())
        through = grid.index_of(date.fromisoformat(self._prior.through))
        if target <= through:  # a backfill of a day that the version has seen: what it learnt since may not speak
            return self._forecaster.forecast(grid, origins)
        if self.spoken is None:  # several groups may ask one version
            self.spoken = self._learnt(grid.of_sites(self._every.site), target, through)
        return replace(self.spoken.made.forecast.subset(self.spoken.rows(origins.site)), origins=origins)

    def _learnt(self, grid: Grid, target: int, through: int) -> Spoken:
        ahead, unknown = self._every.day - target, np.minimum(self._every.unknown_steps, grid.shape[2])
        first = first_day(through, target, grid.day_at(target).toordinal(), MOST_DAYS)
        chain = Chain(grid, first, self._forecaster.context_days, self._version, self._prior, unknown, ahead)
        records = _Records(self._store, self._run, self._version, target)
        state, last = records.newest(chain, first)
        ask = speaker(self._forecaster, grid, unknown, ahead)

        def speak(index: int) -> Experts:
            kept = records.day(index, chain.of(index))
            return kept.said if kept else ask(index)

        days = range(last.index + 1 if last else first, target + 1)
        log.info(
            "learning version=%s target_day=%s days=%d made_again=%d", self._version, self._run.target_day, target - first, len(days) - 1
        )
        newest_whole = target - 1 - int(unknown.any())
        for day in roll(grid, days, speak, state or self._prior.of_sites(names_in(grid)), last):
            if day.index == newest_whole + 1 and day.before is not None:
                records.keep_state(day, chain.through(newest_whole))
            if day.index >= target - 1:
                records.keep_day(day, chain.of(day.index))
        assert day.known is not None
        advice = Memory.of(day.known.own).advice()
        return Spoken(self._every.site, day.made, advice, plain(day.said), strain(day.before or self._prior, day.said))


class _Records:
    """What is kept of each day of a version: in the store, as the result of a run of its own."""

    def __init__(self, store: Store, run: Run, version: str, target: int) -> None:
        self._store, self._run, self._version, self._target = store, run, version, target

    def newest(self, chain: Chain, first: int) -> tuple[State | None, Day | None]:
        """Return the newest day of which both is kept, what was learnt before it and what was said of it."""
        for index in range(self._target - 1, first, -1):
            state = self._read(index, "state", chain.through(index - 1), State.load)
            day = self.day(index, chain.of(index)) if state is not None else None
            if day is not None:
                return state, replace(day, before=state)
        return None, None

    def day(self, index: int, name: str) -> Day | None:
        """Return what was said of a day where it is kept under this name."""
        return self._read(index, "day", name, partial(load_day, index=index))

    def keep_state(self, day: Day, name: str) -> None:
        """Keep what was learnt before a day."""
        assert day.before is not None
        self._write(day.index, "state", name, day.before.save)

    def keep_day(self, day: Day, name: str) -> None:
        """Keep what was said of a day."""
        self._write(day.index, "day", name, partial(save_day, day))

    def _of(self, index: int) -> Run:
        earlier, purpose = timedelta(days=self._target - index), f"learnt-{folder_name(self._version)}"
        return replace(self._run, purpose=purpose, target_day=self._run.target_day - earlier, cutoff=self._run.cutoff - earlier)

    def _noted(self, index: int) -> dict[str, Any]:
        try:
            return self._store.read_result(self._of(index), STEP)
        except StoreError:
            return {}

    def _read(self, index: int, kind: str, name: str, load: Any) -> Any:
        noted = self._noted(index).get(kind)
        if not noted or noted["name"] != name:
            return None
        try:
            return self._store.get(noted["url"], load)
        except (StoreError, ModelError) as error:
            log.warning("made again what is kept of a day kind=%s url=%s reason=%s", kind, noted["url"], error)
            return None

    def _write(self, index: int, kind: str, name: str, save: Any) -> None:
        noted = self._noted(index)
        if noted.get(kind, {}).get("name") == name:
            return
        run = self._of(index)
        try:
            url = self._store.put(run, kind, ".safetensors", save)
            self._store.write_result(run, STEP, noted | {kind: {"name": name, "url": url}})
        except StoreError as error:
            log.warning("nothing is kept of a day, the next run makes it again kind=%s reason=%s", kind, error)


def frozen_rows(grid: Grid, said: Forecast, role: str) -> pd.DataFrame:
    """Return the medians of a forecast that learnt nothing, by instant, in the columns of table ``frozen``."""
    medians = to_rows(grid, said).groupby(["target_day", "site"], sort=False)["q50"].agg(list).rename("medians")
    return medians.reset_index().assign(role=role)[list(FROZEN)]


def mixture_rows(grid: Grid, spoken: Spoken, sites: np.ndarray, role: str) -> pd.DataFrame:
    """Return the shares of a forecast, a row per target day, site and expert that has any, in the columns of table ``mixture``.

    Args:
        grid: Of the run.
        spoken: What the version said.
        sites: Indices into the grid of those that it was asked for.
        role: As the rows name it.
    """
    made, said = spoken.made, spoken.rows(sites)
    row, expert = np.nonzero(made.shares[said] >= SMALLEST_SHARE)
    site, row = sites[row], said[row]
    values = {
        "target_day": [grid.day_at(day) for day in made.forecast.origins.day[row]],
        "role": role,
        "site": [grid.sites[i].name for i in site],
        "expert": np.array(made.experts, object)[expert],
        "share": made.shares[row, expert],
        "level": made.level[row, expert],
    }
    return pd.DataFrame({name: values[name] for name in MIXTURE})
