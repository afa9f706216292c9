"""Classical statistical forecasters to compare with, from the optional group ``peers`` (statsforecast): backtests only, never promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Split
from pipeline.core.models.peers import filled_past, frequency, windows_as_rows
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError

INTERVALS = (90, 80, 50)  # per cent; their ends are our quantiles
ENDS = ("-lo-90", "-lo-80", "-lo-50", "", "-hi-50", "-hi-80", "-hi-90")  # of the library's columns, in the order of QUANTILES


class _Statistical:
    """A model of statsforecast that is fitted anew on the window of every origin; holes are filled."""

    name: ClassVar[str]
    column: ClassVar[str]
    deterministic = True

    def __init__(self, context_days: int = 28) -> None:
        self.context_days = context_days
        self.settings: dict[str, Any] = {"context_days": context_days}

    def fit(self, grid: Grid, split: Split, options: FitOptions) -> dict[str, float]:  # noqa: ARG002
        """Check that the library is there: everything is learnt from each window when it is forecast.

        Raises:
            ModelError: The group ``peers`` is not installed.
        """
        _library()
        return {"train_seconds": 0.0}

    def forecast(self, grid: Grid, origins: Origins) -> Forecast:
        """Forecast each origin from its own window; NaN for a site without a single reading there.

        Raises:
            ModelError: The group ``peers`` is not installed.
        """
        library, steps = _library(), grid.shape[2]
        window, known = filled_past(grid, origins, self.context_days)
        rows = windows_as_rows(window[known], frequency(grid)).drop(columns="available_mask")
        engine = library.StatsForecast(models=[self.model(library.models, steps)], freq=frequency(grid))
        found = engine.forecast(df=rows, h=steps, level=list(INTERVALS))
        laid = found[[self.column + end for end in ENDS]].to_numpy(np.float32).reshape(-1, steps, len(QUANTILES))
        quantiles = np.full((len(origins), steps, len(QUANTILES)), np.nan, np.float32)
        quantiles[known] = np.sort(laid, axis=-1)
        return Forecast(origins, quantiles if (grid.throughput < 0).any() else np.maximum(quantiles, 0))

    def model(self, models: Any, steps: int) -> Any:
        """Return the library's model for days of ``steps`` steps."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Refuse: there is nothing learnt to keep.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{self.name} is for backtests: it learns anew from every window, so {folder} would hold nothing")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Refuse, as ``save`` does.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{folder} cannot hold a {cls.name}: it is for backtests and is never saved")


class AutoEts(_Statistical):
    """Exponential smoothing whose form the AICc chooses (Hyndman & Khandakar 2008), with a season of a day."""

    name, column = "auto_ets", "AutoETS"

    def model(self, models: Any, steps: int) -> Any:
        """Return it."""
        return models.AutoETS(season_length=steps)


class Mstl(_Statistical):
    """Seasons of a day and a week by repeated loess, exponential smoothing of what is left (Bandara, Hyndman & Bergmeir 2021)."""

    name, column = "mstl", "MSTL"

    def model(self, models: Any, steps: int) -> Any:
        """Return it."""
        return models.MSTL(season_length=[steps, 7 * steps])


def _library() -> Any:
    try:
        import statsforecast
        import statsforecast.models
    except ImportError as error:
        raise ModelError(f"no package statsforecast ({error}); install the optional group: uv pip install --group peers") from error
    return statsforecast
