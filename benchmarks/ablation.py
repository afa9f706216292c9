"""Does attention earn its place? The default network with its attention, with fixed lag weights, and without copies, on development days.

python -m benchmarks.ablation DATA_FOLDER OUT.json [--sets cortez] [--seeds 3]

One network without companion per fit. ``dynamic`` is as it is, ``static`` keeps of the attention the bias per head and past day alone, and
``none`` takes the copies away but leaves the decoder the same lags to read. The test days of each set are cut off before anything is read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

from benchmarks.quality import SETS, TEST_DAYS, VALIDATION_DAYS, request_of
from pipeline.commands.backtest_run import read_grid
from pipeline.core.evaluation.backtest import backtest, spans_of
from pipeline.core.models.contract import FitOptions
from pipeline.core.models.gru_attention.network import MASKED, AttentionNetwork
from pipeline.core.models.gru_attention.segments import Segments
from pipeline.core.series.grid import Grid

JUDGED_DAYS = {"muenster": 28, "esnet": 28, "cortez": 14, "nasa": 10}
RESIDUAL = AttentionNetwork._residual
ONE_NETWORK = {"gru_attention": {"members": 1, "companion": False}}


def fixed_weights(self: AttentionNetwork, decoded: Tensor, past: Tensor, segments: Segments) -> Tensor:  # noqa: ARG001
    """Return the weights that the bias alone gives, ``(B, H, J, L)``."""
    absent = (segments.coverage == 0).transpose(1, 2).unsqueeze(1)
    return torch.softmax(self.bias[:, None].expand(len(decoded), -1, decoded.shape[1], -1).masked_fill(absent, MASKED), -1)


def without_copies(self: AttentionNetwork, decoded: Tensor, copies: Tensor, spread: Tensor, segments: Segments, clock: Tensor) -> Tensor:
    """Return what the head says where nothing is copied."""
    return RESIDUAL(self, decoded, torch.zeros_like(copies), torch.ones_like(spread), segments, clock)


VARIANTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "dynamic": nullcontext,
    "static": lambda: patch.object(AttentionNetwork, "_attend", fixed_weights),
    "none": lambda: patch.object(AttentionNetwork, "_residual", without_copies),
}


def before_the_test(grid: Grid) -> Grid:
    """Return the grid without its test days."""
    kept = slice(0, grid.shape[1] - TEST_DAYS)
    return replace(grid, throughput=grid.throughput[:, kept], observed=grid.observed[:, kept], covariates={})


def compare(grid: Grid, judged_days: int, seeds: int) -> dict[str, dict[str, Any]]:
    """Return WAPE and WQL of each variant: the mean over seeds, and each seed's."""
    spans = spans_of(grid.shape[1], judged_days, VALIDATION_DAYS)
    found = {}
    for name, variant in VARIANTS.items():
        with variant():
            result = backtest(grid, ONE_NETWORK, spans, seeds=range(seeds), options=FitOptions(device="cpu"))
        entry = result.scores.to_json()["gru_attention"]
        each = {figure: [seed[figure] for seed in entry["seeds"]] for figure in ("wape", "wql")}
        found[name] = {figure: float(np.mean(values)) for figure, values in each.items()} | {"seeds": each}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    results = {}
    for name in asked.sets:
        request = request_of(name, asked.data, ["gru_attention"], asked.seeds, 0.0)
        if request is None:
            continue
        results[name] = compare(before_the_test(read_grid(request)), JUDGED_DAYS[name], asked.seeds)
        for variant, entry in results[name].items():
            spread = "–".join(f"{value:.4f}" for value in (min(entry["seeds"]["wape"]), max(entry["seeds"]["wape"])))
            print(f"{name:<9} {variant:<8} WAPE {entry['wape']:.4f} ({spread})  WQL {entry['wql']:.4f}", flush=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
