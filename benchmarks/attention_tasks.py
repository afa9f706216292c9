"""Every attention mechanism on the problem its author showed it on: reached against published.

python -m benchmarks.attention_tasks [--only NAMES] [--out FOLDER] [--pictures FOLDER]

Trains them all on the CPU, prints a table, draws what was attended, writes ``FOLDER/attention_tasks.json`` and logs each as an MLflow run.
The exit code is 1 where a figure or a claim was not reached.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from benchmarks.attention import daily_traffic, digit_difference, planted_step, sine, transduction
from benchmarks.attention.outcome import Outcome, Report
from benchmarks.attention.tracking import log_outcome, tracked
from pipeline.config import read_settings
from pipeline.core.models.contract import Progress as Line

Task = Callable[[Path, Report], Outcome]
TASKS: dict[str, Task] = {
    "daily_gru_multihead": partial(daily_traffic.run, "daily_gru_multihead"),
    "daily_gru_dot": partial(daily_traffic.run, "daily_gru_dot"),
    "lstm_pooled_attention": sine.run,
    "input_attention_lstm": planted_step.run,
    "bahdanau_gru": transduction.run,
    "attention_mlp": digit_difference.run_mlp,
    "shared_attention_lstm": digit_difference.run_lstm,
}


def main() -> int:
    arguments = _arguments()
    torch.set_num_threads(1)  # networks as small as these lose more to a second thread than they gain
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.pictures or arguments.out).mkdir(parents=True, exist_ok=True)
    done = run_all(arguments.only, arguments.pictures or arguments.out)
    results = arguments.out / "attention_tasks.json"
    results.write_text(json.dumps({name: _as_json(*result) for name, result in done.items()}, indent=1) + "\n")
    with tracked(read_settings(), arguments.out) as (client, artifacts):
        for outcome, seconds in done.values():
            log_outcome(client, artifacts, outcome, seconds)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(_table(done))
    console.print(f"wrote {results}, pictures to {arguments.pictures or arguments.out}")
    return 0 if all(outcome.is_reached for outcome, _ in done.values()) else 1


def run_all(names: list[str], pictures: Path) -> dict[str, tuple[Outcome, float]]:
    """Return each task's outcome and its wall-clock seconds, one after the other."""
    done = {}
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %  {task.fields[said]}"))
    with Progress(*columns, TimeElapsedColumn()) as shown:
        rows = {name: shown.add_task(name, total=1.0, start=False, said="") for name in names}
        for name, row in rows.items():
            shown.start_task(row)
            started = time.perf_counter()
            outcome = TASKS[name](pictures, partial(_show, shown, row))
            done[name] = outcome, time.perf_counter() - started
            shown.update(row, completed=1.0, said=f"{_figure(outcome.reached)} {'reached' if outcome.is_reached else 'NOT REACHED'}")
            shown.stop_task(row)
    return done


def _show(shown: Progress, row: TaskID, line: Line) -> None:
    shown.update(row, completed=line.iteration / line.iterations, said=f"loss {line.loss:.3g}")


def _table(done: dict[str, tuple[Outcome, float]]) -> Table:
    columns = (Column("mechanism", no_wrap=True), "measured", "reached", "published", "seconds", "")
    table = Table(*columns, title="Attention mechanisms on their original problems")
    for outcome, seconds in done.values():
        bar = f"{'≤' if outcome.lower_is_better else '≥'} {_figure(outcome.published)}"
        table.add_row(outcome.name, outcome.metric, _figure(outcome.reached), bar, f"{seconds:.0f}", "yes" if outcome.is_reached else "NO")
        for claim, holds in outcome.findings.items():
            table.add_row("", claim, "yes" if holds else "NO", "", "", "")
    return table


def _as_json(outcome: Outcome, seconds: float) -> dict:
    main_figure = {"metric": outcome.metric, "reached": outcome.reached, "published": outcome.published, "seconds": round(seconds, 1)}
    return main_figure | {"findings": outcome.findings, "figures": outcome.figures, "settings": outcome.settings}


def _figure(value: float) -> str:
    return f"{value:.4f}" if 0.01 <= abs(value) < 1 else f"{value:.3g}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(TASKS), help=f"of {', '.join(TASKS)}")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out"), help="for the JSON file and the MLflow store")
    parser.add_argument("--pictures", type=Path, help="for the pictures; default: the same folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
