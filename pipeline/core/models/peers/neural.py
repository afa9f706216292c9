"""Published neural forecasters to compare with, from the optional group ``peers`` (neuralforecast): backtests only, never promoted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.models.past import past_of
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError

LOCAL_START = pd.Timestamp("2000-01-01")  # steps are counted on the wall clock, every day with all its steps


class BacktestOnly:
    """A forecaster that is never saved; ``why_unsaved`` is the reason, with ``{folder}`` where the folder is named."""

    name: ClassVar[str]
    why_unsaved: ClassVar[str]

    def save(self, folder: Path) -> None:
        """Refuse.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{self.name} is for backtests: {self.why_unsaved.format(folder=folder)}")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Refuse, as ``save`` does.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{folder} cannot hold a {cls.name}: it is for backtests and is never saved")


class _Peer(BacktestOnly):
    """A network of neuralforecast with its own defaults, pinball loss on our quantiles and a window of ``context_days``."""

    network: ClassVar[str]
    why_unsaved = "its library can only store pickles, which {folder} may not hold"

    def __init__(self, context_days: int = 14, max_steps: int = 500) -> None:
        self.context_days, self._max_steps = context_days, max_steps
        self.settings: dict[str, Any] = {"context_days": context_days, "max_steps": max_steps}
        self._fitted: Any = None

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:
        """Train on the days up to the end of validation; holes are masked.

        Raises:
            ModelError: The group ``peers`` is not installed.
        """
        library = _library()
        start, s = time.perf_counter(), grid.shape[2]
        network = getattr(library.models, self.network)(
            h=s,
            input_size=self.context_days * s,
            loss=library.losses.pytorch.MQLoss(quantiles=list(QUANTILES)),
            max_steps=self._max_steps,
            scaler_type="robust",
            random_seed=options.seed,
            early_stop_patience_steps=5,
            val_check_steps=50,
            accelerator="cpu" if options.device == "cpu" else "auto",
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            logger=False,
        )
        self._fitted = library.NeuralForecast(models=[network], freq=frequency(grid))
        self._fitted.fit(history_of(grid, split.validation.stop), val_size=len(split.validation) * s)
        options.report(Progress(self._max_steps, self._max_steps, float("nan")))
        return {"train_seconds": time.perf_counter() - start}

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin; what is not known yet is filled with the weekly naive, as such networks need a whole window.

        Raises:
            ModelError: Nothing was fitted.
        """
        if self._fitted is None:
            raise ModelError(f"this {self.name} forecaster is not fitted; peers cannot be saved and loaded: fit it first")
        steps = grid.shape[2]
        quantiles = np.full((len(origins), steps, len(QUANTILES)), np.nan, np.float32)
        for day in np.unique(origins.day):
            rows = np.flatnonzero(origins.day == day)
            some = Origins(origins.site[rows], origins.day[rows], origins.unknown_steps[rows])
            window, known = filled_past(grid, some, self.context_days)
            found = self._fitted.predict(df=windows_as_rows(window, frequency(grid)))
            laid = found.drop(columns=["unique_id", "ds"]).to_numpy(np.float32).reshape(len(rows), steps, -1)
            quantiles[rows[known]] = np.sort(laid, axis=-1)[known]
        return Forecast(origins, quantiles if (grid.throughput < 0).any() else np.maximum(quantiles, 0))


class Nhits(_Peer):
    """N-HiTS (Challu et al. 2023)."""

    name, network = "nhits", "NHITS"


class PatchTst(_Peer):
    """PatchTST (Nie et al. 2023)."""

    name, network = "patchtst", "PatchTST"


class Tft(_Peer):
    """Temporal Fusion Transformer (Lim et al. 2021)."""

    name, network = "tft", "TFT"


def history_of(grid: Grid, stop: int) -> pd.DataFrame:
    """Return the days before ``stop`` as rows of the library: ``unique_id``, ``ds``, ``y`` and ``available_mask``, whole sites only.

    Holes are 0 with mask 0; a site without a reading is left out.
    """
    alive = np.flatnonzero(grid.observed[:, :stop].any(axis=(1, 2)))
    steps = stop * grid.shape[2]
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"{site:06d}" for site in alive], steps),
            "ds": np.tile(pd.date_range(LOCAL_START, periods=steps, freq=frequency(grid)), len(alive)),
            "y": grid.throughput[alive, :stop].astype(np.float64).ravel(),
            "available_mask": grid.observed[alive, :stop].astype(np.float64).ravel(),
        }
    )


def filled_past(grid: Grid, origins: Origins, context_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the past ``(B, L, S)`` without holes, and which origins have a reading at all ``(B,)``.

    A hole takes the same step a week before, else the newest earlier day, else the next later one, else the window's mean.
    """
    past, observed = past_of(grid, origins, context_days)
    filled = np.where(observed, past, np.nan)
    for back in (7, 1, -1):
        days = range(back, context_days) if back > 0 else range(context_days - 2, -1, -1)
        for day in days:
            filled[:, day] = np.where(np.isnan(filled[:, day]), filled[:, day - back], filled[:, day])
    count = observed.sum(axis=(1, 2))
    mean = past.sum(axis=(1, 2)) / np.maximum(count, 1)
    return np.where(np.isnan(filled), mean[:, None, None], filled), count > 0


def windows_as_rows(windows: np.ndarray, frequency: str) -> pd.DataFrame:
    """Return windows ``(B, L, S)`` as rows of the library, one series per window."""
    b, steps = len(windows), windows[0].size
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"{row:06d}" for row in range(b)], steps),
            "ds": np.tile(pd.date_range(LOCAL_START, periods=steps, freq=frequency), b),
            "y": windows.astype(np.float64).ravel(),
            "available_mask": np.ones(b * steps),
        }
    )


def frequency(grid: Grid) -> str:
    """Return the step as the libraries name it."""
    return f"{grid.step_minutes}min"


def _library() -> Any:
    try:
        import neuralforecast
        import neuralforecast.losses.pytorch
        import neuralforecast.models
    except ImportError as error:
        raise ModelError(f"no package neuralforecast ({error}); run it with .venv-peers/bin/python, which make peers makes") from error
    return neuralforecast
