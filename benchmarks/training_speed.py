"""Where the seconds of a training go, and how far it is from what the processor could do.

python -m benchmarks.training_speed DATA_FOLDER OUT.json [--sets esnet muenster] [--one-site]

One fit of the default model per set: wall clock, peak memory, windows learnt a second, processor seconds of each part, and the arithmetic
of an optimiser step (multiplications of matrices, forward and backward) over the speed that a large multiplication reaches on one core.
``--one-site`` keeps the busiest site of each set.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.quality import SETS, TEST_DAYS, VALIDATION_DAYS, request_of
from pipeline.commands.backtest_run import read_grid
from pipeline.core.evaluation.backtest import spans_of
from pipeline.core.evaluation.cost import measured
from pipeline.core.models.contract import FitOptions, Split
from pipeline.core.models.gru_attention import ensemble as attention_ensemble
from pipeline.core.models.gru_attention.forecaster import GruAttention
from pipeline.core.models.gru_attention.network import AttentionNetwork
from pipeline.core.models.peers import lightgbm
from pipeline.core.series.grid import Grid
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training import loop, origins

PARTS: list[tuple[Any, str, str]] = [
    (origins.Sampler, "draw", "gather"),
    (AttentionNetwork, "forward", "forward"),
    (torch.Tensor, "backward", "backward"),
    (loop._State, "step", "optimiser"),
    (loop._State, "choose", "validation"),
    (attention_ensemble, "fitted_prior", "prior"),
    (GruAttention, "_calibrate", "calibration"),
    (lightgbm, "rows_of", "companion"),
    (lightgbm.LightGbm, "_grow", "companion"),
    (lightgbm, "_predicted", "companion"),
]


class Stopwatch:
    """Processor seconds by part; a part within another counts for the outer one, but ``backward`` inside the optimiser for itself."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._thread = threading.local()
        self._lock = threading.Lock()

    def of(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """Return the function, timed."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            outer = getattr(self._thread, "part", None)
            if outer not in (None, "optimiser"):
                return function(*args, **kwargs)
            self._thread.part, started = part, time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - started
                self._thread.part = outer
                with self._lock:
                    self.seconds[part] += spent
                    if outer:
                        self.seconds[outer] -= spent

        return timed


@contextmanager
def watched(clock: Stopwatch) -> Iterator[None]:
    """Time every part of the fits inside the block."""
    with ExitStack() as stack:
        for owner, name, part in PARTS:
            stack.enter_context(patch.object(owner, name, clock.of(getattr(owner, name), part)))
        yield


def busiest(grid: Grid) -> Grid:
    """Return the site with the most traffic alone."""
    row = int(grid.throughput.sum((1, 2)).argmax())
    one = slice(row, row + 1)
    parts = {"throughput": grid.throughput[one], "observed": grid.observed[one], "phase_minutes": grid.phase_minutes[one]}
    return replace(grid, sites=grid.sites[one], covariates={}, **parts)


def multiplication_speed(width: int = 1024, times: int = 20) -> float:
    """Return the floating-point operations a second that one core reaches on a large product in float32."""
    a = torch.randn(width, width)
    torch.mm(a, a)
    started = time.thread_time()
    for _ in range(times):
        torch.mm(a, a)
    return 2 * width**3 * times / (time.thread_time() - started)


def step_operations(grid: Grid, split: Split) -> float:
    """Return the floating-point operations of the matrix products in one optimiser step of the longer-sighted member."""
    model, counter = GruAttention(members=1, iterations=1, companion=False, refit=False), FlopCounterMode(display=False)
    training = origins.training_origins(grid, split.train)
    windows = WindowGrid(grid, model.context_days, "cpu")
    sampler = origins.Sampler(windows, training, split.train.stop - 1, model.context_days, model.settings["batch"])
    generator = torch.Generator().manual_seed(0)
    model.fit(grid, Split(split.train, range(0)), FitOptions(device="cpu"))
    network = model._members[0].train()
    network.dropout.generator = generator
    offsets = torch.arange(min(attention_ensemble.LEARNT_STEPS, network.size.segment_steps))
    with counter:
        network(sampler.draw(generator), offsets).quantiles.mean().backward()
    return float(counter.get_total_flops())


def report(grid: Grid, model: GruAttention) -> dict[str, Any]:
    """Return the figures of one fit of ``model``."""
    split = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS).split
    steps: list[int] = []
    clock, started = Stopwatch(), time.process_time()
    with watched(clock), measured() as cost, patch.object(loop._State, "tell", _counting(loop._State.tell, steps)):
        model.fit(grid, split, FitOptions(device="cpu"))
    total = time.process_time() - started
    learning = sum(clock.seconds[part] for part in ("gather", "forward", "backward", "optimiser"))
    each = step_operations(grid, split)
    speed = multiplication_speed()
    return {
        "sites": grid.shape[0],
        "steps_per_day": grid.shape[2],
        "train_seconds": cost.seconds,
        "processor_seconds": total,
        "peak_mb": cost.peak_mb,
        "optimiser_steps": len(steps),
        "windows_per_second": len(steps) * model.settings["batch"] / cost.seconds,
        "windows_per_learning_second": len(steps) * model.settings["batch"] / learning,
        "shares": {part: seconds / total for part, seconds in clock.seconds.items()},
        "rest": 1 - sum(clock.seconds.values()) / total,
        "operations_per_step": each,
        "operations_per_second_of_a_core": speed,
        "share_of_arithmetic_limit": each * len(steps) / learning / speed,
    }


def _counting(tell: Callable[..., None], steps: list[int]) -> Callable[..., None]:
    @wraps(tell)
    def counted(*args: Any) -> None:
        steps.append(1)
        tell(*args)

    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["esnet", "muenster"])
    parser.add_argument("--one-site", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    results = {}
    for name in asked.sets:
        request = request_of(name, asked.data, ["gru_attention"], 1, 0.0)
        if request is None:
            continue
        grid = read_grid(request)
        results[name] = found = report(busiest(grid) if asked.one_site else grid, GruAttention())
        shares = "  ".join(f"{part} {share:.0%}" for part, share in sorted(found["shares"].items(), key=lambda item: -item[1]))
        print(f"{name}: {found['train_seconds']:.0f} s ({found['processor_seconds']:.0f} of the processor), {found['peak_mb']:.0f} MB")
        print(f"  {found['windows_per_second']:.0f} windows/s; per core while learning {found['windows_per_learning_second']:.0f}")
        print(f"  {shares}  rest {found['rest']:.0%}")
        print(f"  {found['operations_per_step'] / 1e9:.2f} GFLOP a step: {found['share_of_arithmetic_limit']:.0%} of the arithmetic limit")
    asked.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
