"""What attention looks at in real traffic: the mean weight of each past day, for the networks that weigh whole days.

    python -m benchmarks.attention_weights DATA_FOLDER OUT.json [--sets esnet nasa] [--models gru_attention daily_gru_dot]

Each model is fitted once on what lies before the test days of ``benchmarks.quality`` and forecasts them, learning nothing. Weights are
means over sites, bands of the day and test days; beside them stands the frozen WAPE of the network that has them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import SETS, TEST_DAYS, VALIDATION_DAYS, request_of
from pipeline.commands.backtest_run import read_grid
from pipeline.core.evaluation.backtest import forecast_days, spans_of
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, FitOptions
from pipeline.core.series.grid import Grid

SHOWN = 14  # past days, in print
MODELS = ("gru_attention", "daily_gru_multihead", "daily_gru_dot")


def weights_of(name: str, grid: Grid, **settings: Any) -> dict[str, Any]:
    """Return the weight of each past day, yesterday first, and the WAPE of the test days; ``settings`` are the model's."""
    spans = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS)
    forecaster = create(name, **settings)
    forecaster.fit(grid, spans.split, FitOptions(device="cpu"))
    made = forecast_days(forecaster, grid, spans.test)
    assert made.attention is not None
    weights = np.nanmean(made.attention, axis=(0, 1))[::-1]
    at = made.origins
    actual, observed = grid.throughput[at.site, at.day], grid.observed[at.site, at.day]
    off = np.abs(made.quantiles[..., MEDIAN] - actual)
    return {"weights": weights.tolist(), "wape": float(off[observed].sum() / actual[observed].sum())}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    asked = parser.parse_args(arguments)
    found: dict[str, dict[str, Any]] = {}
    for name in asked.sets:
        request = request_of(name, asked.data, asked.models, 1, 0.0)
        if request is None:
            continue
        grid = read_grid(request)
        found[name] = {}
        for model in asked.models:
            found[name][model] = told = weights_of(model, grid)
            shown = " ".join(f"{weight:.2f}" for weight in told["weights"][:SHOWN])
            print(f"{name:<11} {model:<20} WAPE {told['wape']:.3f}  yesterday first: {shown}", flush=True)
            asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
