"""A strong peer that trains in seconds: one gradient-boosted tree model per quantile over the lags of all sites."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import lightgbm
import numpy as np

from pipeline.core.models.contract import MEDIAN, QUANTILES, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.models.past import in_parts
from pipeline.core.models.peers.lag_features import SHORTEST_CONTEXT_DAYS, LagFeatures, holes_stay_nan
from pipeline.core.models.peers.lag_rows import rows_of
from pipeline.core.models.peers.telling import BINNING, QUIET, telling_covariates
from pipeline.core.models.settings import Within, checked
from pipeline.core.series.calendar import kinds_to_learn
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError, ModelError


@dataclass(frozen=True)
class LightGbmSettings:
    """How the trees grow.

    Args:
        context_days: Days of the past a row looks at.
        trees: Most trees per quantile; the validation span may stop earlier.
        rate: Learning rate.
        leaves: Leaves per tree.
        most_rows: Rows to learn from; more are thinned at random, so that a large fleet also trains in seconds.
        early_cutoffs: Share of training origins with a random cutoff up to a day before the target day; the others have their site's own.
        threads: How many quantiles' models grow at a time, each on one thread: shared loops would wait for each other on a busy machine.
        covariates: Names of the covariates to use, of the past or known ahead; None lets the validation days decide.
    """

    context_days: Annotated[int, Within(1, 366)] = 28
    trees: Annotated[int, Within(1, 100_000)] = 400
    rate: Annotated[float, Within(1e-4, 1)] = 0.05
    leaves: Annotated[int, Within(2, 4096)] = 31
    most_rows: Annotated[int, Within(1, 1_000_000_000)] = 200_000
    early_cutoffs: Annotated[float, Within(0, 1)] = 0.25
    threads: Annotated[int, Within(1, 1024)] = 2
    covariates: list[str] | None = None


class LightGbm:
    """Quantiles of a target day's steps from the site's own lags, divided by the mean of its window.

    The median minimises the absolute error and the other quantiles the pinball loss of the divided values, so sites of all sizes share
    the trees and an unknown site is an ordinary input.
    """

    name = "lightgbm"

    def __init__(self, **settings: Any) -> None:
        self._settings = checked(self.name, LightGbmSettings(), settings)
        if self._settings.context_days < SHORTEST_CONTEXT_DAYS:
            raise ModelError(f"lightgbm with context_days={self._settings.context_days}; expected {SHORTEST_CONTEXT_DAYS} or more")
        self.settings: dict[str, Any] = asdict(self._settings)
        self.context_days = self._settings.context_days
        self._boosters: list[lightgbm.Booster] = []
        self.covariates, self.planned = self._settings.covariates or [], list[str]()
        self.kinds: tuple[str, ...] = ()

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Grow one model per quantile and return ``train_seconds``, ``rows`` and ``trees`` of the median.

        Raises:
            DataError: No target day of the training span has a reading and a past.
        """
        start = time.perf_counter()
        rng = np.random.default_rng(options.seed)
        told = telling_covariates(self._settings.covariates, grid, split, options, self.context_days)
        self.covariates, self.planned = told.covariates, told.planned
        unknown, most = options.unknown_at(grid.shape[0]), self._settings.most_rows
        self.kinds = kinds_to_learn(grid, range(split.train.stop))
        maker = LagFeatures(grid, self.context_days, self.covariates, self.planned, self.kinds)
        learnt = rows_of(maker, grid, split.train, unknown, most, self._settings.early_cutoffs, rng)
        if not len(learnt.target):
            raise DataError(f"lightgbm found no reading on target days {split.train} that has a past; expected a longer history")
        learned = lightgbm.Dataset(learnt.features, learnt.target, params=BINNING).construct()
        watched = rows_of(maker, grid, split.validation, unknown, most // 4, self._settings.early_cutoffs, rng)
        seen = len(watched.target) > 0
        checked = lightgbm.Dataset(watched.features, watched.target, reference=learned, params=BINNING).construct() if seen else None
        self._boosters = []
        for booster in self._each(lambda level: self._grow(learned, checked, level, options.seed), QUANTILES):
            self._boosters.append(booster)
            options.report(Progress(len(self._boosters), len(QUANTILES), float("nan")))
        seconds = time.perf_counter() - start
        figures = {"train_seconds": seconds, "rows": float(len(learnt.target)), "trees": float(self._boosters[MEDIAN].num_trees())}
        return figures | told.figures

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin; NaN only where a site has no reading at all in its context.

        Raises:
            ModelError: Nothing was fitted or loaded.
        """
        if not self._boosters:
            raise ModelError("this lightgbm forecaster has no trees; fit it or load a saved one first")
        steps = grid.shape[2]
        rows = LagFeatures(grid, self.context_days, self.covariates, self.planned, self.kinds)
        quantiles = np.full((len(origins), steps, len(QUANTILES)), np.nan, np.float32)

        def answer(part: slice, some: Origins) -> None:
            features, level, negative = rows.of(some)
            flat = features.reshape(len(some) * steps, -1)
            found = np.stack([_predicted(booster, flat) for booster in self._boosters], axis=-1)
            ordered = np.sort(found.reshape(len(some), steps, -1), axis=-1)  # trees of different quantiles may cross
            floor = np.where(negative, -np.inf, 0)  # what was never negative is never forecast so
            quantiles[part] = np.maximum(ordered * level[:, None, None], floor[:, None, None])

        with holes_stay_nan(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(answer, *zip(*in_parts(origins, self.context_days * steps * 4), strict=True)))
        return Forecast(origins, quantiles)

    @property
    def trees(self) -> dict[str, int]:
        """How many trees grew, by quantile."""
        return {_file(Path(), level).stem: booster.num_trees() for level, booster in zip(QUANTILES, self._boosters, strict=False)}

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and one LightGBM text model per quantile."""
        config = {"name": self.name, "settings": self.settings, "quantiles": QUANTILES}
        config |= {"covariates": self.covariates, "planned": self.planned, "kinds_of_day": list(self.kinds)}
        (folder / "config.json").write_text(json.dumps(config))
        for level, booster in zip(QUANTILES, self._boosters, strict=True):
            booster.save_model(_file(folder, level))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote.

        Raises:
            ModelError: A file is missing, corrupted, or of other settings or quantiles than this version knows.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            forecaster = cls(**config["settings"])
            if tuple(config["quantiles"]) != QUANTILES:
                raise ModelError(f"{folder} holds quantiles {config['quantiles']}; expected {list(QUANTILES)}: train it again")
            forecaster.covariates, forecaster.planned = list(config["covariates"]), list(config.get("planned", []))
            forecaster.kinds = tuple(config.get("kinds_of_day", ()))
            forecaster._boosters = [lightgbm.Booster(model_str=_file(folder, level).read_text()) for level in QUANTILES]
        except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise ModelError(f"{folder} holds no readable lightgbm forecaster: {error}; train it again") from error
        return forecaster

    def _grow(self, learned: lightgbm.Dataset, checked: lightgbm.Dataset | None, level: float, seed: int) -> lightgbm.Booster:
        loss = {"objective": "regression_l1", "metric": "l1"} if level == QUANTILES[MEDIAN] else {"objective": "quantile", "alpha": level}
        chosen = self._settings
        params = {
            **loss,
            "learning_rate": chosen.rate,
            "num_leaves": chosen.leaves,
            "min_data_in_leaf": min(50, max(5, learned.num_data() // 200)),
            "feature_fraction": 0.6,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "seed": seed,
            "deterministic": True,
            **QUIET,
        }
        stop: list[Callable[..., Any]] = [lightgbm.early_stopping(40, verbose=False)] if checked else []
        return lightgbm.train(params, learned, chosen.trees, valid_sets=[checked] if checked else None, callbacks=stop)

    def _each(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Apply a function to each item, ``threads`` at a time, and yield the answers in order."""
        with ThreadPoolExecutor(self._settings.threads) as pool:
            yield from pool.map(function, items)


def _predicted(booster: lightgbm.Booster, rows: np.ndarray) -> np.ndarray:
    return np.asarray(booster.predict(rows, num_threads=1))


def _file(folder: Path, level: float) -> Path:
    return folder / f"q{round(level * 100):02d}.txt"
