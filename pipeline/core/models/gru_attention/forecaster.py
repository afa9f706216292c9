"""``gru_attention``, the default forecaster: an ensemble of GRU seq2seq networks whose attention copies past days.

After the networks grows a LightGBM companion; validation days decide its share of the mixture and how wide the intervals must be.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.core.learning.experts import Experts
from pipeline.core.learning.rolling import Rehearsal
from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Forecaster, Origins, Split
from pipeline.core.models.gru_attention.ensemble import Lesson, Prediction, drop_checkpoints, fit_members, predict
from pipeline.core.models.gru_attention.network import AttentionNetwork
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.models.gru_attention.settings import GruAttentionSettings
from pipeline.core.models.peers.telling import telling_covariates
from pipeline.core.series.calendar import kinds_to_learn
from pipeline.core.series.grid import Grid
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training.calibration import companion_share, interval_factors, weighted_quantile_loss, widen
from pipeline.core.training.loop import device_of
from pipeline.core.training.origins import is_refit_worth, origins_of, training_origins
from pipeline.errors import ModelError

ARCHITECTURE = 4  # raised whenever older weights would mean something else
FEWEST_COMPANION_DAYS = 7  # of context, for lags of a week
COMPANION_TREES = 300  # at most; validation stops earlier
COMPANION_RATE = 0.08
COMPANION_ROWS = 120_000
SMALLEST_SHARE = 0.05  # of the companion; below it is left out


class GruAttention:
    """Ensemble of attention networks under the ``Forecaster`` contract."""

    name = "gru_attention"

    def __init__(self, **settings: Any) -> None:
        """Check the settings.

        Raises:
            ModelError: A setting is unknown or makes no sense.
        """
        self._settings = GruAttentionSettings.of(settings)
        self.settings: dict[str, Any] = asdict(self._settings)
        self.context_days = self._settings.context_days
        self._members: list[AttentionNetwork] = []
        self._companion: Forecaster | None = None
        self._companion_trees = 0
        self._share = 0.0
        self._factors = np.ones(len(QUANTILES))
        self._known_sites: dict[str, int] = {}
        self.covariates, self.planned = self._settings.covariates or [], list[str]()
        self.kinds: tuple[str, ...] = ()
        self._device = "cpu"
        self.rehearsal: Rehearsal | None = None

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Learn from the target days of ``split`` and return figures of the fit.

        Raises:
            DataError: The training span holds no day with readings and a reading before it.
        """
        started = time.perf_counter()
        self._device = device_of(options)
        self._known_sites = {site.name: row for row, site in enumerate(grid.sites, start=1)}
        told = telling_covariates(self._settings.covariates, grid, split, options, self.context_days)
        self.covariates, self.planned = told.covariates, told.planned
        self.kinds = kinds_to_learn(grid, range(split.train.stop))
        windows = self._windows(grid)
        unknown = options.unknown_at(grid.shape[0])
        training, validation = training_origins(grid, split.train, unknown), origins_of(grid, split.validation, unknown)
        self._companion, self.rehearsal = None, None
        wanted = self._settings.companion and self.context_days >= FEWEST_COMPANION_DAYS and len(validation) > 0
        again = self._settings.refit and is_refit_worth(grid, split)
        self._learn(grid, windows, split, _told(options, 1, 1 + again), COMPANION_TREES if wanted else 0)
        figures = self._calibrate(grid, windows, validation)
        if again:
            self._rehearse(grid, split, options)
            self._refit(grid, split, _told(options, 2, 2), windows)
        for each in (options, _again(options)):
            drop_checkpoints(self._settings.members, each)
        weights = sum(p.numel() for p in self._members[0].parameters())
        seconds = time.perf_counter() - started
        return {"train_seconds": seconds, "train_windows": float(len(training)), "weights": float(weights)} | figures | told.figures

    def _windows(self, grid: Grid) -> WindowGrid:
        return WindowGrid(grid, self.context_days, self._device, self._known_sites, self.covariates, self.planned, self.kinds)

    def _sizes(self, steps: int) -> list[NetworkSize]:
        s = self._settings
        told = (len(self.covariates), len(self.planned), 1 + len(self.kinds))
        fixed = (steps, len(self._known_sites), s.hidden, s.heads, s.dropout, *told)
        return [NetworkSize(days, *fixed) for days in s.context_of_members]

    def _learn(self, grid: Grid, windows: WindowGrid, split: Split, options: FitOptions, companion_trees: int) -> None:
        """Fit the members, and then a companion of at most ``companion_trees`` trees where there are any."""
        unknown = options.unknown_at(grid.shape[0])
        training, validation = origins_of(grid, split.train, unknown), origins_of(grid, split.validation, unknown)
        lesson = Lesson(windows, training, split.train.stop - 1, validation, *self._settings.pace(len(training)))
        self._members = fit_members(self._sizes(windows.steps), lesson, options)
        if companion_trees:
            self._fit_companion(grid, split, options, companion_trees)

    def _calibrate(self, grid: Grid, windows: WindowGrid, validation: Origins) -> dict[str, float]:
        """Let validation decide the companion's share and the widths of the intervals; return what it found."""
        self._share, self._factors = 0.0, np.ones(len(QUANTILES))
        if not len(validation):
            return {}
        target, observed = windows.targets(validation.site, validation.day)
        own = predict(self._members, windows, validation)
        figures = {"validation_wql_network": weighted_quantile_loss(own.quantiles, windows, validation)}
        other = self._companion_quantiles(grid, validation, own) if self._companion is not None else None
        if other is not None:
            figures["validation_wql_companion"] = weighted_quantile_loss(other, windows, validation)
            share = companion_share(own.quantiles, other, target, observed)
            self._share = share if share >= SMALLEST_SHARE else 0.0
        mixed = self._mixture(own, other if self._share else None)
        self._factors = interval_factors(mixed, target, observed, validation.day, own.lowest)
        figures["validation_wql"] = weighted_quantile_loss(widen(mixed, self._factors, own.lowest), windows, validation)
        return figures | {"companion_share": self._share, "width_80": float(self._factors[[1, -2]].mean())}

    def _fit_companion(self, grid: Grid, split: Split, options: FitOptions, trees: int) -> None:
        from pipeline.core.models.peers.lightgbm import LightGbm

        self._companion = LightGbm(
            context_days=self.context_days,
            trees=trees,
            rate=COMPANION_RATE,
            most_rows=COMPANION_ROWS,
            threads=len(QUANTILES),
            covariates=self.covariates + self.planned,
        )
        figures = self._companion.fit(grid, split, replace(options, checkpoint=None, report=lambda _: None))
        self._companion_trees = int(figures["trees"])

    def _rehearse(self, grid: Grid, split: Split, options: FitOptions) -> None:
        """Keep what the weights that have not seen the validation days say of them; no width is known yet that was not made there."""
        factors, self._factors = self._factors, np.ones(len(QUANTILES))
        self.rehearsal = Rehearsal.of(self, grid, split.validation, options.unknown_at(grid.shape[0]))
        self._factors = factors

    def _refit(self, grid: Grid, split: Split, options: FitOptions, windows: WindowGrid) -> None:
        """Learn once more, now from the validation days too; the share stays, and nothing checks the new widths, so none is narrowed."""
        self._factors = np.maximum(self._factors, 1.0)
        whole = Split(range(split.train.start, split.validation.stop), range(0))
        self._learn(grid, windows, whole, _again(options), self._companion_trees if self._share else 0)

    def _heard(self, grid: Grid, origins: Origins, own: Prediction) -> np.ndarray | None:
        """Return what the companion says, within the bounds of the networks; None where it has no share."""
        return self._companion_quantiles(grid, origins, own) if self._share else None

    def _companion_quantiles(self, grid: Grid, origins: Origins, own: Prediction) -> np.ndarray:
        assert self._companion is not None
        return np.clip(self._companion.forecast(grid, origins).quantiles, own.lowest, own.highest)

    def _mixture(self, own: Prediction, other: np.ndarray | None) -> np.ndarray:
        """Return the mixture; where the network says the very bound (nothing, of a dead hour), nothing is mixed in."""
        if other is None:
            return own.quantiles
        mixture = (1 - self._share) * own.quantiles + self._share * other
        return np.where(own.quantiles <= own.lowest, own.quantiles, mixture)

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin from the context before it; NaN for a site without a single reading there.

        Raises:
            ModelError: The model is not fitted, or was fitted on another step length.
        """
        own = self._own(grid, origins)
        quantiles = widen(self._mixture(own, self._heard(grid, origins, own)), self._factors, own.lowest)
        return Forecast(origins, np.clip(quantiles, own.lowest, own.highest).astype(np.float32), own.attention)

    def experts(self, grid: Grid, origins: Origins) -> Experts:
        """Return what the networks, the companion and their mixture say, before any width; the networks alone where there is no companion.

        Raises:
            ModelError: As ``forecast``.
        """
        own = self._own(grid, origins)
        other = self._heard(grid, origins, own)
        said = {"networks": own.quantiles}
        if other is not None:
            said |= {"companion": other.astype(np.float32), "mixture": self._mixture(own, other).astype(np.float32)}
        bounds = own.lowest[:, 0, 0], own.highest[:, 0, 0]
        return Experts(origins, tuple(said), list(said)[-1], np.stack(list(said.values())), *bounds, self._factors, own.attention)

    def _own(self, grid: Grid, origins: Origins) -> Prediction:
        """Return what the networks say.

        Raises:
            ModelError: The model is not fitted, or was fitted on another step length.
        """
        if not self._members:
            raise ModelError("gru_attention is not fitted: fit it or load a saved model first")
        fitted = self._members[0].size.steps
        if grid.shape[2] != fitted:
            raise ModelError(f"the grid has {grid.shape[2]} steps a day; this model was fitted on {fitted}: train it again")
        cores = (os.cpu_count() or 1) if self._device == "cpu" else 1
        return predict(self._members, self._windows(grid), origins, at_once=cores)

    @property
    def networks(self) -> dict[str, AttentionNetwork]:
        """The fitted members by number."""
        return {str(i): member for i, member in enumerate(self._members)}

    @property
    def parts(self) -> dict[str, Forecaster]:
        """The companion, where it has a share."""
        return {"companion": self._companion} if self._share and self._companion is not None else {}

    def save(self, folder: Path) -> None:
        """Write ``config.json``, ``weights.safetensors`` and the companion's folder."""
        config = {
            "name": self.name,
            "architecture": ARCHITECTURE,
            "settings": self.settings,
            "quantiles": list(QUANTILES),
            "sites": list(self._known_sites),
            "covariates": self.covariates,
            "planned": self.planned,
            "kinds_of_day": list(self.kinds),
            "steps": self._members[0].size.steps if self._members else 0,
            "companion_share": self._share,
            "interval_factors": self._factors.tolist(),
        }
        weights = {f"{i}.{key}": value.cpu() for i, member in enumerate(self._members) for key, value in member.state_dict().items()}
        save_file(weights, folder / "weights.safetensors")
        if self._share and self._companion is not None:
            (folder / "companion").mkdir(exist_ok=True)
            self._companion.save(folder / "companion")
        (folder / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote, on the CPU.

        Raises:
            ModelError: A file is missing, corrupted, or written by another architecture version.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            found = config["architecture"]
            if found != ARCHITECTURE:
                raise ModelError(f"{folder} holds architecture version {found}; this code reads {ARCHITECTURE}: train the model again")
            model = cls(**config["settings"])
            model._restore(config, load_file(folder / "weights.safetensors"))
            if model._share:
                from pipeline.core.models.peers.lightgbm import LightGbm

                model._companion = LightGbm.load(folder / "companion")
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            message = f"cannot load gru_attention from {folder}: {error}; the files are not what save wrote: restore or train again"
            raise ModelError(message) from error
        return model

    def _restore(self, config: dict[str, Any], weights: dict[str, torch.Tensor]) -> None:
        self._known_sites = {name: row for row, name in enumerate(config["sites"], start=1)}
        self.covariates, self.planned = list(config["covariates"]), list(config.get("planned", []))
        self.kinds = tuple(config.get("kinds_of_day", ()))
        self._share, self._factors = float(config["companion_share"]), np.array(config["interval_factors"], float)
        for i, size in enumerate(self._sizes(config["steps"])):
            network = AttentionNetwork(size)
            network.load_state_dict({key.removeprefix(f"{i}."): value for key, value in weights.items() if key.startswith(f"{i}.")})
            self._members.append(network.eval())


def _told(options: FitOptions, lap: int, laps: int) -> FitOptions:
    """Options under which each report says which of the two learnings it is of."""
    return replace(options, report=lambda line: options.report(replace(line, lap=lap, laps=laps)))


def _again(options: FitOptions) -> FitOptions:
    """Options of the second learning, with checkpoints of its own beside those of the first."""
    path = options.checkpoint
    return replace(options, checkpoint=path and path.with_stem(f"{path.stem}-again"))
