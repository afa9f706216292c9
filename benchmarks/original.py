"""The system this project grew from against the default model: one site, its last 60 days, the same CPU, one run.

python -m benchmarks.original DATA_FOLDER OUT.json [--set muenster] [--epochs 1000] [--most-seconds 3600] [--test-days 28]

The original is built as its author gave it: a GRU with three layers of 2048 units and eight attention heads, a whole day of twelve
min-max scaled features per token, seven days of context, squared error, Adam at 1e-3, batches of 16, 1000 epochs, and the epoch with the
least loss **on the test days**, which ours never sees. Seconds are those of the processor, so a busy machine does not count; a run that
``--most-seconds`` of wall clock end says at which epoch it stood, and its later epochs are taken to cost what the earlier ones did.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from benchmarks.quality import SETS, request_of
from pipeline.commands.backtest_run import read_grid
from pipeline.core.evaluation.backtest import forecast_days, spans_of
from pipeline.core.evaluation.cost import measured
from pipeline.core.models import create
from pipeline.core.models.attention.daily_gru import ORIGINAL, DailyGru
from pipeline.core.models.attention.scores import MultiHeadAttention
from pipeline.core.models.contract import MEDIAN, FitOptions
from pipeline.core.series.features import TWELVE, stacked
from pipeline.core.series.grid import Grid

HISTORY_DAYS, VALIDATION_DAYS, SUMMARY = 60, 14, 1024
CONTEXT = ORIGINAL["context_days"]


class Original(nn.Module):
    """The daily GRU with the original's head: the next day's readings, scaled."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        width, dropout = ORIGINAL["hidden"], ORIGINAL["dropout"]
        attention = MultiHeadAttention(width, ORIGINAL["heads"], dropout)
        self.days = DailyGru(steps * len(TWELVE), SUMMARY, attention, width, ORIGINAL["layers"], dropout)
        self.out = nn.Linear(SUMMARY, steps)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return ``(B, S)`` from ``(B, L, S · 12)``."""
        return self.out(F.relu(self.days(tokens)[0]))


def site_of(grid: Grid, test_days: int) -> Grid:
    """Return the site with the most traffic, its test days and the 60 days before them."""
    days = HISTORY_DAYS + test_days
    if grid.shape[1] < days:
        raise SystemExit(f"{grid.shape[1]} days of history; the comparison needs {days}: choose another set or fewer --test-days")
    last = grid.throughput[:, -days:]
    busiest = int(last.sum((1, 2)).argmax())
    here = slice(busiest, busiest + 1)
    return replace(
        grid,
        sites=grid.sites[here],
        first_day=grid.day_at(grid.shape[1] - days),
        throughput=last[here],
        observed=grid.observed[here, -days:],
        phase_minutes=grid.phase_minutes[here],
        covariates={},
    )


def scaled_days(grid: Grid) -> tuple[Tensor, float, float]:
    """Return all days as tokens ``(D, S · 12)``, min-max scaled on the 60 days, and the throughput's least and range."""
    features = stacked(grid, TWELVE)[0]
    learnt = features[:HISTORY_DAYS].reshape(-1, len(TWELVE))
    there = np.isfinite(learnt)
    low = learnt.min(0, initial=np.inf, where=there)
    high = learnt.max(0, initial=-np.inf, where=there)
    low, spread = np.where(np.isfinite(low), low, 0.0), np.where(high > low, high - low, 1.0)
    tokens = np.nan_to_num((features - low) / spread).astype(np.float32)
    return torch.from_numpy(tokens).flatten(1), float(low[-1]), float(spread[-1])


def train_original(grid: Grid, epochs: int, most_seconds: float) -> dict[str, float]:
    """Return what the original reached by the epoch that its test days like best, and what its training cost."""
    tokens, low, spread = scaled_days(grid)
    steps = grid.shape[2]
    throughput = tokens.unflatten(1, (steps, len(TWELVE)))[..., -1]
    seen = torch.from_numpy(grid.observed[0])
    windows = torch.stack([tokens[day - CONTEXT : day] for day in range(CONTEXT, len(tokens))])
    targets, observed = throughput[CONTEXT:], seen[CONTEXT:]
    learnt = HISTORY_DAYS - CONTEXT
    torch.manual_seed(0)
    network = Original(steps)
    optimiser = torch.optim.Adam(network.parameters(), ORIGINAL["learning_rate"])
    seconds, best, begun = 0.0, {"test_loss": np.inf}, time.perf_counter()
    for epoch in range(1, epochs + 1):
        network.train()
        started = time.thread_time()
        for rows in torch.randperm(learnt).split(ORIGINAL["batch"]):
            optimiser.zero_grad()
            F.mse_loss(network(windows[rows])[observed[rows]], targets[rows][observed[rows]]).backward()
            optimiser.step()
        seconds += time.thread_time() - started
        network.eval()
        with torch.no_grad():
            said = network(windows[learnt:])
        loss = float(F.mse_loss(said[observed[learnt:]], targets[learnt:][observed[learnt:]]))
        if loss < best["test_loss"]:
            forecast = said.numpy() * spread + low
            best = {"test_loss": loss, "best_epoch": epoch, "wape": wape(grid, forecast)}
            print(f"original: epoch {epoch}, {seconds:.0f} s, test loss {loss:.5f}, WAPE {best['wape']:.4f}", flush=True)
        if time.perf_counter() - begun > most_seconds:
            break
    weights = sum(p.numel() for p in network.parameters())
    whole = seconds / epoch * ORIGINAL["epochs"]
    return best | {"epochs": epoch, "train_seconds": seconds, "whole_train_seconds": whole, "weights": weights}


def train_ours(grid: Grid) -> dict[str, float]:
    """Return what the default model reached and what its fit cost: seconds of all its threads together."""
    days = grid.shape[1]
    spans = spans_of(days, days - HISTORY_DAYS, VALIDATION_DAYS)
    forecaster = create("gru_attention")
    started = time.process_time()
    with measured() as cost:
        forecaster.fit(grid, spans.split, FitOptions(device="cpu"))
    seconds = time.process_time() - started
    forecast = forecast_days(forecaster, grid, spans.test).quantiles[..., MEDIAN]
    return {"wape": wape(grid, forecast), "train_seconds": seconds, "wall_seconds": cost.seconds}


def wape(grid: Grid, forecast: np.ndarray) -> float:
    """Return Σ|y − m| / Σ|y| over the observed steps of the test days ``(T, S)``."""
    actual, observed = grid.throughput[0, HISTORY_DAYS:], grid.observed[0, HISTORY_DAYS:]
    return float(np.abs(actual - forecast)[observed].sum() / np.abs(actual)[observed].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", choices=SETS, default="muenster")
    parser.add_argument("--epochs", type=int, default=ORIGINAL["epochs"])
    parser.add_argument("--most-seconds", type=float, default=float("inf"))
    parser.add_argument("--test-days", type=int, default=28)
    asked = parser.parse_args()
    request = request_of(asked.set, asked.data, ["gru_attention"], 1, 0.0)
    if request is None:
        raise SystemExit(1)
    grid = site_of(read_grid(request), asked.test_days)
    torch.set_num_threads(1)
    ours = train_ours(grid)
    print(f"ours: {ours['train_seconds']:.1f} s, WAPE {ours['wape']:.4f}", flush=True)
    original = train_original(grid, asked.epochs, asked.most_seconds)
    share = ours["train_seconds"] / original["whole_train_seconds"]
    found = {"set": asked.set, "site": grid.sites[0].name, "ours": ours, "original": original, "share_of_train_seconds": share}
    asked.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(f"original: {original['epochs']} epochs in {original['train_seconds']:.0f} s, WAPE {original['wape']:.4f} at best")
    print(f"ours took {share:.2%} of the time that {ORIGINAL['epochs']} epochs take")


if __name__ == "__main__":
    main()
