"""The system this project grew from against the default model: one site, its last 60 days, the same CPU, one run.

python -m benchmarks.original DATA OUT.json [--set muenster] [--variants multihead dot] [--epochs 1000] [--most-seconds N] [--test-days 28]

The original is built as its author gave it, in both variants: a GRU with three layers of 2048 units, attention of eight heads or one scaled
dot product, dropout .1, a whole day of twelve min-max scaled features per token, seven days of context, these days as the decoder's input,
last state → ReLU → 1024 → ReLU → the day's readings, squared error, Adam at 1e-3, batches of 16, 1000 epochs, and the epoch with the least
loss **on the test days**, which ours never sees. Two of the twelve are the author's own columns, device count and utilisation: ``--set
sample``, the made-up fleet, has them, and there ours may read them too; the public sets have none, and the original gets zeros.

What differs is written beside the figures (``DIFFERENCES``). Seconds are those of the processor, so a busy machine does not count; a run
that ``--most-seconds`` of wall clock end says at which epoch it stood, and its later epochs are taken to cost what the earlier ones did.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
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
from pipeline.core.models.attention.scores import DotProductAttention, MultiHeadAttention
from pipeline.core.models.contract import MEDIAN, FitOptions
from pipeline.core.series.features import TWELVE, stacked
from pipeline.core.series.frames import to_sites
from pipeline.core.series.grid import Grid, to_grid
from pipeline.local.sample import sample_fleet

HISTORY_DAYS, VALIDATION_DAYS, SUMMARY = 60, 14, 1024
CONTEXT = ORIGINAL["context_days"]
SAMPLE, SAMPLE_SITES, SAMPLE_DAYS = "sample", 20, 120
VARIANTS: dict[str, Callable[[], nn.Module]] = {
    "multihead": lambda: MultiHeadAttention(ORIGINAL["hidden"], ORIGINAL["heads"], ORIGINAL["dropout"]),
    "dot": lambda: DotProductAttention(ORIGINAL["dropout"]),
}
DIFFERENCES = (
    "a day is a calendar day of the site with a hole where a reading is missing; the author cut rows into days by count",
    "a missing reading is 0 in the token and no part of the loss; the author's data has none",
    "as many readings a day as the data has; the author's has 142",
    "device count and utilisation are zeros where the data has no such columns",
    "begun with random weights; the author goes on from yesterday's",
)


class Original(nn.Module):
    """The daily GRU with the original's head: the next day's readings, scaled."""

    def __init__(self, steps: int, variant: str) -> None:
        super().__init__()
        tokens = steps * len(TWELVE)
        self.days = DailyGru(tokens, SUMMARY, VARIANTS[variant](), ORIGINAL["hidden"], ORIGINAL["layers"], ORIGINAL["dropout"])
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
        covariates={name: values[here, -days:] for name, values in grid.covariates.items()},
    )


def sample_grid() -> Grid:
    """Return the grid of the made-up fleet, with both of its covariates; a site may be new or dead at the end."""
    readings, sites = sample_fleet(SAMPLE_SITES, SAMPLE_DAYS)
    return to_grid(readings, to_sites(sites.rename(columns={"site": "name"})), covariates=("device_num", "dxcc_usage"))


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


def train_original(grid: Grid, variant: str, epochs: int, most_seconds: float) -> dict[str, float]:
    """Return what a variant of the original reached by the epoch that its test days like best, and what its training cost."""
    tokens, low, spread = scaled_days(grid)
    steps = grid.shape[2]
    throughput = tokens.unflatten(1, (steps, len(TWELVE)))[..., -1]
    seen = torch.from_numpy(grid.observed[0])
    windows = torch.stack([tokens[day - CONTEXT : day] for day in range(CONTEXT, len(tokens))])
    targets, observed = throughput[CONTEXT:], seen[CONTEXT:]
    learnt = HISTORY_DAYS - CONTEXT
    torch.manual_seed(0)
    network = Original(steps, variant)
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
            print(f"{variant}: epoch {epoch}, {seconds:.0f} s, test loss {loss:.5f}, WAPE {best['wape']:.4f}", flush=True)
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
    parser.add_argument("--set", choices=[*SETS, SAMPLE], default="muenster")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--epochs", type=int, default=ORIGINAL["epochs"])
    parser.add_argument("--most-seconds", type=float, default=float("inf"))
    parser.add_argument("--test-days", type=int, default=28)
    asked = parser.parse_args()
    if asked.set == SAMPLE:
        whole = sample_grid()
    else:
        request = request_of(asked.set, asked.data, ["gru_attention"], 1, 0.0)
        if request is None:
            raise SystemExit(1)
        whole = read_grid(request)
    grid = site_of(whole, asked.test_days)
    torch.set_num_threads(1)
    ours = train_ours(grid)
    print(f"ours: {ours['train_seconds']:.1f} s, WAPE {ours['wape']:.4f}", flush=True)
    found = {"set": asked.set, "site": grid.sites[0].name, "covariates": list(grid.covariates), "differences": DIFFERENCES, "ours": ours}
    for variant in asked.variants:
        original = train_original(grid, variant, asked.epochs, asked.most_seconds)
        share = ours["train_seconds"] / original["whole_train_seconds"]
        found[variant] = original | {"ours_in_share_of_its_seconds": share}
        asked.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        print(f"{variant}: {original['epochs']} epochs in {original['train_seconds']:.0f} s, WAPE {original['wape']:.4f} at best")
        print(f"ours took {share:.2%} of the time that {ORIGINAL['epochs']} epochs take")


if __name__ == "__main__":
    main()
