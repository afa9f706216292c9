"""LightGBM given what the default is given: three seeds, a refit where the default refits, conformal widths."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from pipeline.core.learning.experts import Experts
from pipeline.core.learning.rolling import Rehearsal
from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.models.peers.lightgbm import LightGbm
from pipeline.core.models.peers.telling import telling_covariates
from pipeline.core.series.grid import Grid
from pipeline.core.training.calibration import interval_factors, widen
from pipeline.core.training.origins import is_refit_worth, origins_of
from pipeline.errors import ModelError

SEEDS = 3


class LightGbmBag:
    """Mean of the quantiles of several LightGBM models that differ in their seed."""

    name = "lightgbm_bag"

    def __init__(self, **settings: Any) -> None:
        self._members = [LightGbm(**settings) for _ in range(SEEDS)]
        self.settings: dict[str, Any] = self._members[0].settings
        self.context_days = self._members[0].context_days
        self.covariates, self.planned = self._members[0].covariates, self._members[0].planned
        self._factors = np.ones(len(QUANTILES))
        self.rehearsal: Rehearsal | None = None

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Grow every member, let validation decide the widths, and grow them again from all days where validation holds many of them.

        Raises:
            DataError: No target day of the training span has a reading and a past.
        """
        started = time.perf_counter()
        unknown = options.unknown_at(grid.shape[0])
        self._factors, self.rehearsal = np.ones(len(QUANTILES)), None
        told = telling_covariates(self.settings["covariates"], grid, split, options, self.context_days)
        self.covariates, self.planned = told.covariates, told.planned
        trees = self._grow(grid, split, options, None)
        validation = origins_of(grid, split.validation, unknown)
        if len(validation):
            refit = is_refit_worth(grid, split)
            rehearsal = Rehearsal.of(self, grid, split.validation, unknown) if refit else None  # before any width is known
            found = self.forecast(grid, validation).quantiles
            actual, observed = (values[validation.site, validation.day] for values in (grid.throughput, grid.observed))
            self._factors = interval_factors(found, actual, observed, validation.day, _lowest(found))
            if refit:
                self.rehearsal = rehearsal
                self._factors = np.maximum(self._factors, 1.0)
                self._grow(grid, Split(range(split.train.start, split.validation.stop), range(0)), options, trees)
        return {"train_seconds": time.perf_counter() - started, "trees": float(np.mean(trees))} | told.figures

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin; NaN only where a site has no reading at all in its context."""
        said = self._mean(grid, origins)
        lowest = _lowest(said)
        return Forecast(origins, np.maximum(widen(said, self._factors, lowest), lowest).astype(np.float32))

    def experts(self, grid: Grid, origins: Origins) -> Experts:
        """Return the mean of the members before any width."""
        said = self._mean(grid, origins)
        bounds = _lowest(said)[:, 0, 0], np.full(len(origins), np.inf)
        return Experts(origins, (self.name,), self.name, said[None], *bounds, self._factors)

    @property
    def parts(self) -> dict[str, LightGbm]:
        """The members by number."""
        return {str(i): member for i, member in enumerate(self._members)}

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and a folder for each member."""
        for i, member in enumerate(self._members):
            (folder / f"member{i}").mkdir(exist_ok=True)
            member.save(folder / f"member{i}")
        config = {"name": self.name, "settings": self.settings, "interval_factors": self._factors.tolist()}
        (folder / "config.json").write_text(json.dumps(config))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote.

        Raises:
            ModelError: A file is missing, corrupted, or of other settings or quantiles than this version knows.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            bag = cls(**config["settings"])
            bag._factors = np.array(config["interval_factors"], float)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no readable lightgbm_bag forecaster: {error}; train it again") from error
        bag._members = [LightGbm.load(folder / f"member{i}") for i in range(SEEDS)]
        bag.covariates, bag.planned = bag._members[0].covariates, bag._members[0].planned
        return bag

    def _grow(self, grid: Grid, split: Split, options: FitOptions, trees: list[int] | None) -> list[int]:
        """Fit every member and return how many trees its median has; a second time of as many."""
        grown = []
        for i in range(SEEDS):
            found = {} if trees is None else {"trees": trees[i]}
            self._members[i] = LightGbm(**self.settings | {"covariates": self.covariates + self.planned} | found)

            def report(line: Progress, before: int = i) -> None:
                options.report(replace(line, iteration=before * line.iterations + line.iteration, iterations=SEEDS * line.iterations))

            figures = self._members[i].fit(grid, split, replace(options, seed=options.seed * SEEDS + i, checkpoint=None, report=report))
            grown.append(int(figures["trees"]))
        return grown

    def _mean(self, grid: Grid, origins: Origins) -> np.ndarray:
        return np.mean([member.forecast(grid, origins).quantiles for member in self._members], axis=0).astype(np.float32)


def _lowest(quantiles: np.ndarray) -> np.ndarray:
    """Bound ``(B, 1, 1)`` of each forecast: 0 where none of it lies below, as LightGBM itself has it."""
    return np.where(np.nan_to_num(quantiles).min(axis=(1, 2), keepdims=True) < 0, -np.inf, 0.0)
