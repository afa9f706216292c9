"""Classical statistical forecasters to compare with, from the optional group ``peers`` (statsforecast): backtests only, never promoted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pipeline.core.models.contract import QUANTILES, FitOptions, Forecast, Origins, Split
from pipeline.core.models.peers.neural import BacktestOnly, filled_past, frequency, windows_as_rows
from pipeline.core.series.grid import Grid
from pipeline.errors import ModelError

INTERVALS = (90, 80, 50)  # per cent; their ends are our quantiles
ENDS = ("-lo-90", "-lo-80", "-lo-50", "", "-hi-50", "-hi-80", "-hi-90")  # of the library's columns, in the order of QUANTILES


class _Statistical(BacktestOnly):
    """A model of statsforecast that is fitted anew on the window of every origin; holes are filled."""

    column: ClassVar[str]
    seasons: ClassVar[int | tuple[int, ...]]  # in days
    why_unsaved = "it is fitted again on every window, so {folder} would hold nothing"
    deterministic = True
    rule = False  # fitted, if without chance: it learns every day as the networks do

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
        quantiles = np.full((len(origins), steps, len(QUANTILES)), np.nan, np.float32)
        window, known = filled_past(grid, origins, self.context_days)
        if not known.any():
            return Forecast(origins, quantiles)
        rows = windows_as_rows(window[known], frequency(grid)).drop(columns="available_mask")
        seasons = self.seasons * steps if isinstance(self.seasons, int) else [days * steps for days in self.seasons]
        model = getattr(library.models, self.column)(season_length=seasons)
        engine = library.StatsForecast(models=[model], freq=frequency(grid))
        found = engine.forecast(df=rows, h=steps, level=list(INTERVALS))
        laid = found[[self.column + end for end in ENDS]].to_numpy(np.float32).reshape(-1, steps, len(QUANTILES))
        quantiles[known] = np.sort(laid, axis=-1)
        return Forecast(origins, quantiles if (grid.throughput < 0).any() else np.maximum(quantiles, 0))


class AutoEts(_Statistical):
    """Exponential smoothing whose form the AICc chooses (Hyndman & Khandakar 2008), with a season of a day."""

    name, column, seasons = "auto_ets", "AutoETS", 1


class Mstl(_Statistical):
    """Seasons of a day and a week by repeated loess, exponential smoothing of what is left (Bandara, Hyndman & Bergmeir 2021)."""

    name, column, seasons = "mstl", "MSTL", (1, 7)


def _library() -> Any:
    try:
        import statsforecast
        import statsforecast.models
    except ImportError as error:
        raise ModelError(f"no package statsforecast ({error}); run it with .venv-peers/bin/python, which make peers makes") from error
    return statsforecast
