"""``gru_attention``, the default forecaster: an ensemble of GRU seq2seq networks whose attention copies past days."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.core.models.attention_network import AttentionNetwork, NetworkSize, banded
from pipeline.core.models.attention_prior import fitted_prior
from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.models.normalisation import denormalise, normalise_target
from pipeline.core.series.grid import Grid
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training.loop import Schedule, train
from pipeline.core.training.losses import pinball_loss
from pipeline.core.training.origins import Sampler, origins_of
from pipeline.errors import DataError, ModelError

ARCHITECTURE = 1  # raised whenever older weights would mean something else
MOST_READINGS_AT_ONCE = 2_000_000  # of past readings in one forecasting batch: bounds memory at any step length


@dataclass(frozen=True)
class GruAttentionSettings:
    """Plain JSON settings.

    Args:
        context_days: Past days the model looks at.
        members: Networks in the ensemble; their quantiles are averaged.
        hidden: Width of the networks, even.
        heads: Attention heads, a divisor of ``hidden``.
        dropout: Share of hidden units dropped in training.
        batch: Windows per optimiser step.
        iterations: Optimiser steps per member; 0 lets ``epochs`` or the amount of data decide.
        epochs: Passes over the training windows per member; 0 lets the amount of data decide.
        learning_rate: Peak learning rate.
    """

    context_days: int = 14
    members: int = 1
    hidden: int = 64
    heads: int = 4
    dropout: float = 0.1
    batch: int = 64
    iterations: int = 0
    epochs: int = 0
    learning_rate: float = 3e-3


class GruAttention:
    """Ensemble of attention networks under the ``Forecaster`` contract."""

    name = "gru_attention"

    def __init__(self, **settings: Any) -> None:
        """Check the settings.

        Raises:
            ModelError: A setting is unknown or makes no sense.
        """
        try:
            self._settings = GruAttentionSettings(**settings)
        except TypeError as error:
            known = ", ".join(asdict(GruAttentionSettings()))
            raise ModelError(f"gru_attention does not know these settings: {error}; expected some of {known}") from error
        chosen = self._settings
        if chosen.hidden % 2 or chosen.hidden % chosen.heads:
            raise ModelError(f"hidden={chosen.hidden} with heads={chosen.heads}: expected an even width that the heads divide")
        if min(chosen.context_days, chosen.members, chosen.batch) < 1:
            raise ModelError("context_days, members and batch: expected at least 1 each")
        self.settings: dict[str, Any] = asdict(chosen)
        self.context_days = chosen.context_days
        self._members: list[AttentionNetwork] = []
        self._known_sites: dict[str, int] = {}
        self._device = "cpu"

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Learn from the target days of ``split`` and return figures of the fit.

        Raises:
            DataError: The training span holds no day with readings and a reading before it.
        """
        started = time.perf_counter()
        self._device = _device(options.device)
        training = origins_of(grid, split.train)
        if not len(training):
            days = f"day indexes {split.train.start} to {split.train.stop - 1}"
            raise DataError(f"no training day with readings in {days}; load more history or check the sites")
        self._known_sites = {site.name: row for row, site in enumerate(grid.sites, start=1)}
        windows = WindowGrid(grid, self.context_days, self._device, self._known_sites)
        validation = origins_of(grid, split.validation)
        size = self._size(grid.shape[2])
        self._members, scores = [], []
        for member in range(self._settings.members):
            network, curve = self._fit_member(size, windows, training, validation, split, _options_of(options, member))
            self._members.append(network)
            scores += [line.validation for line in curve if line.validation is not None]
        for member in range(self._settings.members):
            if (path := _options_of(options, member).checkpoint) is not None:
                path.unlink(missing_ok=True)
        seconds = time.perf_counter() - started
        figures = {
            "train_seconds": seconds,
            "train_windows": float(len(training)),
            "weights": float(sum(p.numel() for p in self._members[0].parameters())),
        }
        return figures | ({"validation_wql": float(min(scores))} if scores else {})

    def _size(self, steps: int) -> NetworkSize:
        s = self._settings
        return NetworkSize(s.context_days, steps, len(self._known_sites), s.hidden, s.heads, s.dropout)

    def _iterations(self, windows: int) -> int:
        s = self._settings
        if s.iterations or s.epochs:
            return s.iterations or max(1, round(s.epochs * windows / s.batch))
        return int(np.clip(3 * windows / s.batch, 100, 900))

    def _fit_member(
        self, size: NetworkSize, windows: WindowGrid, training: Origins, validation: Origins, split: Split, options: FitOptions
    ) -> tuple[AttentionNetwork, list[Progress]]:
        levels = torch.tensor(QUANTILES, device=self._device)
        sampler = Sampler(windows, training.site, training.day, split.train.stop - 1, size.context_days, self._settings.batch)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            network = AttentionNetwork(size).to(self._device)
        generator = torch.Generator().manual_seed(options.seed)
        network.start_from(fitted_prior(lambda: sampler.draw(generator), size, len(np.unique(training.day))))

        def loss_of_batch(generator: torch.Generator) -> torch.Tensor:
            window = sampler.draw(generator)
            output = network(window)
            return pinball_loss(output.quantiles, normalise_target(window.target, output.scale), window.target_observed, levels)

        def score(candidate: torch.nn.Module) -> float:
            quantiles, _ = _predict([candidate], windows, validation)
            return weighted_quantile_loss(quantiles, windows, validation)

        schedule = Schedule(self._iterations(len(training)), self._settings.learning_rate)
        curve = train(network, loss_of_batch, score if len(validation) else None, schedule, options)
        return network, curve

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin from the context before it; NaN for a site without a single reading there.

        Raises:
            ModelError: The model is not fitted, or was fitted on another step length.
        """
        if not self._members:
            raise ModelError("gru_attention is not fitted: fit it or load a saved model first")
        if grid.shape[2] != self._members[0].size.steps:
            raise ModelError(
                f"the grid has {grid.shape[2]} steps a day; this model was fitted on {self._members[0].size.steps}: train it again"
            )
        windows = WindowGrid(grid, self.context_days, self._device, self._known_sites)
        quantiles, attention = _predict(self._members, windows, origins)
        return Forecast(origins, quantiles, attention)

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and ``weights.safetensors``."""
        config = {
            "name": self.name,
            "architecture": ARCHITECTURE,
            "settings": self.settings,
            "quantiles": list(QUANTILES),
            "sites": list(self._known_sites),
            "steps": self._members[0].size.steps if self._members else 0,
        }
        weights = {f"{i}.{key}": value.cpu() for i, member in enumerate(self._members) for key, value in member.state_dict().items()}
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
            found = config["architecture"]
            if found != ARCHITECTURE:
                raise ModelError(
                    f"{folder} was written by architecture version {found}; this code reads {ARCHITECTURE}: train the model again"
                )
            model = cls(**config["settings"])
            model._known_sites = {name: row for row, name in enumerate(config["sites"], start=1)}
            weights = load_file(folder / "weights.safetensors")
            for i in range(model._settings.members):
                network = AttentionNetwork(model._size(config["steps"]))
                network.load_state_dict({key.removeprefix(f"{i}."): value for key, value in weights.items() if key.startswith(f"{i}.")})
                model._members.append(network.eval())
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"cannot load gru_attention from {folder}: {error}; the files are not what save wrote: restore or train again"
            ) from error
        return model


def weighted_quantile_loss(quantiles: np.ndarray, windows: WindowGrid, origins: Origins) -> float:
    """Return twice the summed pinball loss over the summed actuals, mean over the levels, in throughput."""
    target, observed = windows.targets(origins.site, origins.day)
    error = np.where(observed, target - np.nan_to_num(quantiles).transpose(2, 0, 1), 0.0)
    levels = np.array(QUANTILES)[:, None, None]
    pinball = np.maximum(levels * error, (levels - 1) * error).sum((1, 2)).mean()
    return float(2 * pinball / max(np.abs(target[observed]).sum(), 1e-9))


def _options_of(options: FitOptions, member: int) -> FitOptions:
    """Give each member a seed and a checkpoint of its own."""
    path = options.checkpoint and options.checkpoint.with_name(f"{options.checkpoint.stem}.{member}{options.checkpoint.suffix}")
    return replace(options, seed=options.seed * 1000 + member, checkpoint=path)


def _device(wanted: str) -> str:
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


@torch.no_grad()
def _predict(members: list[Any], windows: WindowGrid, origins: Origins) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean quantiles ``(B, S, Q)`` and attention ``(B, bands, L)`` of the members."""
    length = windows.context_days
    quantiles = np.empty((len(origins), windows.steps, len(QUANTILES)), np.float32)
    attention = np.zeros((len(origins), 4, length), np.float32)
    at_once = max(1, MOST_READINGS_AT_ONCE // (length * windows.steps))
    for first in range(0, len(origins), at_once):
        rows = slice(first, first + at_once)
        total: Any = 0.0
        for member in members:
            L = member.size.context_days
            window = windows.gather(origins.site[rows], origins.day[rows], origins.unknown_steps[rows], L)
            output = member(window)
            total = total + denormalise(output.quantiles, output.scale)
            attention[rows, :, length - L :] += banded(output.attention).cpu().numpy() / len(members)
            known = output.scale.known
        quantiles[rows] = torch.where(known.unsqueeze(-1), total / len(members), torch.nan).cpu().numpy()
    return quantiles, attention
