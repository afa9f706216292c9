"""Last week's same day, grown or shrunk as the fleet's site did from the week before to the last one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import numpy as np

from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Split
from pipeline.core.models.past import past_of
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError

WEEK = 7


class DriftNaive:
    """Median: the reading a week ago times the site's growth over a week; quantiles: the ratios by which training days missed it."""

    name = "drift_naive"
    deterministic = True  # a second seed would give the same: the backtest fits it once
    context_days = 2 * WEEK

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.factors = np.ones(len(QUANTILES))

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:  # noqa: ARG002  # nothing here is drawn by chance
        """Learn by which factor actuals lay above the rule, at each quantile level."""
        origins = Origins.every(grid.shape[0], split.train)
        expected = self._expected(grid, origins)
        counted = grid.observed[origins.site, origins.day] & (expected > 0)
        ratios = grid.throughput[origins.site, origins.day][counted] / expected[counted]
        self.factors = np.quantile(ratios, QUANTILES) if ratios.size else self.factors
        return {"learned_steps": float(ratios.size)}

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin; NaN at steps that its two weeks never saw."""
        quantiles = self._expected(grid, origins)[..., None] * self.factors  # (B, S, Q), ascending because the factors are
        return Forecast(origins, quantiles.astype(np.float32))

    def save(self, folder: Path) -> None:
        """Write ``config.json``; weights, where there are some, go beside it as safetensors."""
        config = {"name": self.name, "settings": self.settings, "factors": self.factors.tolist()}
        (folder / "config.json").write_text(json.dumps(config))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Restore what ``save`` wrote.

        Raises:
            ModelError: ``config.json`` is not readable or not of this forecaster.
        """
        try:
            config = json.loads((folder / "config.json").read_text())
            restored = cls(**config["settings"])
            restored.factors = np.array(config["factors"], float)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no {cls.name} forecaster: {error}; expected the folder that save wrote") from error
        return restored

    def _expected(self, grid: Grid, origins: Origins) -> np.ndarray:
        past, observed = past_of(grid, origins, self.context_days)  # (B, L, S): never the target day, never an unknown step
        both = observed[:, :WEEK] & observed[:, WEEK:]
        old, new = (np.where(both, part, 0).sum(axis=(1, 2)) for part in (past[:, :WEEK], past[:, WEEK:]))
        growth = np.divide(new, old, out=np.ones_like(new), where=old > 0)
        seen = observed.sum(axis=1)
        usual = np.divide(past.sum(axis=1), seen, out=np.full(seen.shape, np.nan), where=seen > 0)
        return np.where(observed[:, WEEK], past[:, WEEK], usual) * growth[:, None]  # day WEEK of the context: a week before the target
