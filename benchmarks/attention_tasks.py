"""Every attention mechanism on the problem its author showed it on: what was published, what is asked here, what was reached.

python -m benchmarks.attention_tasks [--only NAMES] [--seeds 3] [--out FOLDER] [--pictures FOLDER]

Trains them all on the CPU, with each seed anew; prints a table, draws what the first seed attended, writes ``attention_tasks.json`` and
logs each as an MLflow run. The exit code is 1 where a figure or a claim was not reached by every seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from benchmarks.attention import daily_traffic, digit_difference, planted_step, sine, translation
from benchmarks.attention.outcome import Course, Outcome, Report
from benchmarks.attention.tracking import log_outcome, tracked
from pipeline.config import read_settings
from pipeline.core.models.contract import Progress as Line

Task = Callable[[Path, Report, Course], Outcome]
TASKS: dict[str, tuple[Task, Course]] = {
    "daily_gru_multihead": (partial(daily_traffic.run, "daily_gru_multihead"), daily_traffic.COURSE),
    "daily_gru_dot": (partial(daily_traffic.run, "daily_gru_dot"), daily_traffic.COURSE),
    "lstm_pooled_attention": (sine.run, sine.COURSE),
    "input_attention_lstm": (planted_step.run, planted_step.COURSE),
    "bahdanau_gru": (translation.run, translation.COURSE),
    "attention_mlp": (digit_difference.run_mlp, digit_difference.MLP_COURSE),
    "shared_attention_lstm": (digit_difference.run_lstm, digit_difference.LSTM_COURSE),
}
Done = list[tuple[Outcome, float]]  # of each seed, with its seconds


def main() -> int:
    arguments = _arguments()
    torch.set_num_threads(1)  # networks as small as these lose more to a second thread than they gain
    arguments.out.mkdir(parents=True, exist_ok=True)
    done = run_all(arguments.only, arguments.pictures or arguments.out, arguments.seeds)
    results = arguments.out / "attention_tasks.json"
    results.write_text(json.dumps({name: _as_json(seeds) for name, seeds in done.items()}, indent=1) + "\n")
    with tracked(read_settings(), arguments.out) as (client, artifacts):
        for seeds in done.values():
            for seed, (outcome, seconds) in enumerate(seeds):
                log_outcome(client, artifacts, outcome, seconds, seed)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(_table(done))
    console.print(f"wrote {results}, pictures to {arguments.pictures or arguments.out}")
    return 0 if all(outcome.is_reached for seeds in done.values() for outcome, _ in seeds) else 1


def run_all(names: list[str], pictures: Path, seeds: int) -> dict[str, Done]:
    """Return each task's outcome and wall-clock seconds by seed, one after the other; further seeds draw into folders of their own."""
    done: dict[str, Done] = {}
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %  {task.fields[said]}"))
    with Progress(*columns, TimeElapsedColumn()) as shown:
        rows = {name: shown.add_task(name, total=seeds, start=False, said="") for name in names}
        for name, row in rows.items():
            shown.start_task(row)
            (task, course), done[name] = TASKS[name], []
            for seed in range(seeds):
                started = time.perf_counter()
                folder = pictures / f"seed-{seed}" if seed else pictures
                folder.mkdir(parents=True, exist_ok=True)
                outcome = task(folder, partial(_show, shown, row, seed), replace(course, seed=seed))
                done[name].append((outcome, time.perf_counter() - started))
            held = all(outcome.is_reached for outcome, _ in done[name])
            shown.update(row, completed=seeds, said=f"{_figure(worst(done[name]).reached)} {'reached' if held else 'NOT REACHED'}")
            shown.stop_task(row)
    return done


def worst(seeds: Done) -> Outcome:
    """Return the outcome of the seed that is furthest from its bar."""
    outcomes = [outcome for outcome, _ in seeds]
    return max(outcomes, key=lambda outcome: outcome.reached if outcome.lower_is_better else -outcome.reached)


def _show(shown: Progress, row: TaskID, seed: int, line: Line) -> None:
    shown.update(row, completed=seed + line.iteration / line.iterations, said=f"seed {seed}, loss {line.loss:.3g}")


def _table(done: dict[str, Done]) -> Table:
    columns = (Column("mechanism", no_wrap=True), "measured", "published", "ours", "reached, worst seed", "seconds", "")
    table = Table(*columns, title="Attention mechanisms on their original problems")
    for seeds in done.values():
        outcome, held = worst(seeds), all(each.is_reached for each, _ in seeds)
        published = "–" if outcome.published is None else _figure(outcome.published)
        bar = f"{'≤' if outcome.lower_is_better else '≥'} {_figure(outcome.bar)}"
        seconds = f"{sum(taken for _, taken in seeds):.0f}"
        table.add_row(outcome.name, outcome.metric, published, bar, _figure(outcome.reached), seconds, "yes" if held else "NO")
        for claim in outcome.findings:
            holds = sum(each.findings[claim] for each, _ in seeds)
            table.add_row("", claim, "", "", "yes" if holds == len(seeds) else f"{holds} of {len(seeds)} seeds", "", "")
    return table


def _as_json(seeds: Done) -> dict:
    outcome = worst(seeds)
    found = {"metric": outcome.metric, "published": outcome.published, "bar": outcome.bar, "reached": outcome.reached}
    each = [
        {"reached": one.reached, "seconds": round(taken, 1), "findings": one.findings, "figures": one.figures, "settings": one.settings}
        for one, taken in seeds
    ]
    return found | {"seeds": each}


def _figure(value: float) -> str:
    return f"{value:.4f}" if 0.01 <= abs(value) < 1 else f"{value:.3g}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(TASKS), help=f"of {', '.join(TASKS)}")
    parser.add_argument("--seeds", type=int, default=3, help="every bar is held by each")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out"), help="for the JSON file and the MLflow store")
    parser.add_argument("--pictures", type=Path, help="for the pictures; default: the same folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
