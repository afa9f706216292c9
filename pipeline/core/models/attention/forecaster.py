"""Windows in, forecasts out, for any network of past days: fit, forecast, save and load stand here once for all mechanisms."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.core.models.attention.days import DayNetwork
from pipeline.core.models.contract import ATTENTION_BANDS, QUANTILES, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.models.gru_attention.ensemble import predict
from pipeline.core.models.gru_attention.normalisation import normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.models.peers.telling import telling_covariates
from pipeline.core.models.settings import Within, checked
from pipeline.core.series.grid import Grid
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training.calibration import weighted_quantile_loss
from pipeline.core.training.loop import Schedule, device_of, train
from pipeline.core.training.losses import pinball_loss
from pipeline.core.training.origins import Sampler, origins_of, training_origins
from pipeline.errors import ModelError

ARCHITECTURE = 1  # raised whenever older weights would mean something else
EVERY_SITE = ""  # name of the one network that all sites share


@dataclass(frozen=True)
class MechanismSettings:
    """Plain JSON settings, the same for every mechanism.

    Args:
        context_days: Past days the model looks at, ``L``.
        hidden: Width of the network.
        layers: Recurrent layers.
        heads: Attention heads, where the mechanism has several.
        dropout: Share of hidden units dropped in training.
        batch: Windows per optimiser step.
        epochs: Passes over the training windows; 0 lets the amount of data decide.
        learning_rate: Peak learning rate.
        per_site: One network per site instead of one for all; a site without training days then gets no forecast.
        covariates: Names of the covariates to use, of the past or known ahead; None lets the validation days decide.
    """

    context_days: Annotated[int, Within(1, 366)] = 28
    hidden: Annotated[int, Within(2, 8192)] = 64
    layers: Annotated[int, Within(1, 32)] = 1
    heads: Annotated[int, Within(1, 256)] = 4
    dropout: Annotated[float, Within(0, 0.9)] = 0.1
    batch: Annotated[int, Within(1, 65_536)] = 64
    epochs: Annotated[int, Within(0, 10_000)] = 0
    learning_rate: Annotated[float, Within(1e-7, 1)] = 3e-3
    per_site: bool = False
    covariates: list[str] | None = None

    def iterations(self, windows: int) -> int:
        """Return the optimiser steps for so many training windows."""
        if self.epochs:
            return max(1, -(-self.epochs * windows // self.batch))
        return int(np.clip(6 * windows**0.5, 100, 900))


class WindowForecaster:
    """A ``DayNetwork`` under the ``Forecaster`` contract; a subclass gives its name, its defaults and its network."""

    name: ClassVar[str]
    defaults: ClassVar[MechanismSettings]
    presets: ClassVar[dict[str, dict[str, Any]]] = {}  # settings by name
    features: ClassVar[tuple[str, ...]] = ()  # that the network reads beside the readings whatever validation says

    def __init__(self, **settings: Any) -> None:
        """Check the settings.

        Raises:
            ModelError: A setting is unknown or makes no sense.
        """
        chosen = self._settings = checked(self.name, self.defaults, settings)
        if chosen.hidden % 2 or chosen.hidden % chosen.heads:
            raise ModelError(f"hidden={chosen.hidden} with heads={chosen.heads}: expected an even width that the heads divide")
        self.settings: dict[str, Any] = asdict(chosen)
        self.context_days = chosen.context_days
        self.covariates, self.planned = chosen.covariates or [], list[str]()
        self.networks: dict[str, DayNetwork] = {}
        self._device = "cpu"

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Learn from the target days of ``split`` and return figures of the fit.

        Raises:
            DataError: The training span holds no day with readings and a reading before it.
        """
        started = time.perf_counter()
        self._device = device_of(options)
        unknown = options.unknown_at(grid.shape[0])
        training, validation = training_origins(grid, split.train, unknown), origins_of(grid, split.validation, unknown)
        told = telling_covariates(self._settings.covariates, grid, split, options, self.context_days)
        self.covariates, self.planned = told.covariates, told.planned
        windows = self._windows(grid)
        self.networks, scores = {}, []
        for group, name in self._groups(grid):
            mine = _of_sites(training, group)
            if len(mine):
                self.networks[name], curve = self._fit_group(windows, mine, _of_sites(validation, group), split, options, name)
                scores += [line.validation for line in curve if line.validation is not None]
        figures = {
            "train_seconds": time.perf_counter() - started,
            "train_windows": float(len(training)),
            "weights": float(sum(p.numel() for network in self.networks.values() for p in network.parameters())),
        }
        return figures | told.figures | ({"validation_wql": float(min(scores))} if scores else {})

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin from the context before it; NaN for a site without a reading there or without a network.

        Raises:
            ModelError: The model is not fitted, or was fitted on another step length.
        """
        if not self.networks:
            raise ModelError(f"{self.name} is not fitted: fit it or load a saved model first")
        steps = next(iter(self.networks.values())).size.steps
        if grid.shape[2] != steps:
            raise ModelError(f"the grid has {grid.shape[2]} steps a day; this model was fitted on {steps}: train it again")
        windows = self._windows(grid)
        quantiles = np.full((len(origins), steps, len(QUANTILES)), np.nan, np.float32)
        attention = np.full((len(origins), ATTENTION_BANDS, self.context_days), 1 / self.context_days, np.float32)
        for group, name in self._groups(grid):
            rows = np.flatnonzero(np.isin(origins.site, group))
            if name in self.networks and rows.size:
                mine = Origins(origins.site[rows], origins.day[rows], origins.unknown_steps[rows])
                quantiles[rows], attention[rows], *_ = predict([self.networks[name]], windows, mine)
        return Forecast(origins, quantiles, attention)

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and ``weights.safetensors``."""
        steps = next((network.size.steps for network in self.networks.values()), 0)
        config = {"name": self.name, "architecture": ARCHITECTURE, "settings": self.settings, "quantiles": list(QUANTILES)}
        config |= {"steps": steps, "networks": list(self.networks), "covariates": self.covariates, "planned": self.planned}
        weights = {f"{i}.{key}": v.cpu() for i, net in enumerate(self.networks.values()) for key, v in net.state_dict().items()}
        save_file(weights, folder / "weights.safetensors")
        (folder / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote, on the CPU.

        Raises:
            ModelError: A file is missing, corrupted, or written by another architecture version.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            if config["architecture"] != ARCHITECTURE:
                found = f"{folder} was written by architecture version {config['architecture']}"
                raise ModelError(f"{found}; this code reads {ARCHITECTURE}: train the model again")
            model = cls(**config["settings"])
            model.covariates, model.planned = list(config.get("covariates", [])), list(config.get("planned", []))
            weights = load_file(folder / "weights.safetensors")
            for i, name in enumerate(config["networks"]):
                network = model._network(config["steps"])
                network.load_state_dict({key.removeprefix(f"{i}."): value for key, value in weights.items() if key.startswith(f"{i}.")})
                model.networks[name] = network.eval()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            found = f"cannot load {cls.name} from {folder}: {error}"
            raise ModelError(f"{found}; the files are not what save wrote: restore or train again") from error
        return model

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the mechanism's network, unfitted."""
        raise NotImplementedError

    def _network(self, steps: int) -> DayNetwork:
        s = self._settings
        return self.build(
            NetworkSize(s.context_days, steps, 0, s.hidden, s.heads, s.dropout, len(self.covariates), len(self.planned)), s.layers
        )

    def _windows(self, grid: Grid) -> WindowGrid:
        return WindowGrid(grid, self.context_days, self._device, features=[*self.features, *self.covariates], planned=self.planned)

    def _groups(self, grid: Grid) -> list[tuple[np.ndarray, str]]:
        """Return the rows of the grid's sites that share a network, and its name."""
        if not self._settings.per_site:
            return [(np.arange(len(grid.sites)), EVERY_SITE)]
        return [(np.array([row]), site.name) for row, site in enumerate(grid.sites)]

    def _fit_group(
        self, windows: WindowGrid, training: Origins, validation: Origins, split: Split, options: FitOptions, name: str
    ) -> tuple[DayNetwork, list[Progress]]:
        levels = torch.tensor(QUANTILES, device=self._device)
        sampler = Sampler(windows, training, split.train.stop - 1, self.context_days, self._settings.batch)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            network = self._network(windows.steps).to(self._device)

        def loss_of_batch(learner: torch.nn.Module, generator: torch.Generator) -> torch.Tensor:
            window = sampler.draw(generator)
            output = learner(window)
            return pinball_loss(output.quantiles, normalise_target(window.target, output.scale), window.target_observed, levels)

        def score(candidate: torch.nn.Module) -> float:
            return weighted_quantile_loss(predict([candidate], windows, validation).quantiles, windows, validation)

        schedule = Schedule(self._settings.iterations(len(training)), self._settings.learning_rate)
        path = options.checkpoint
        mine = path.with_name(f"{path.stem}.{training.site[0]}{path.suffix}") if path and name != EVERY_SITE else path
        curve = train(network, loss_of_batch, score if len(validation) else None, schedule, replace(options, checkpoint=mine))
        return network, curve


def _of_sites(origins: Origins, sites: np.ndarray) -> Origins:
    kept = np.isin(origins.site, sites)
    return Origins(origins.site[kept], origins.day[kept], origins.unknown_steps[kept])
