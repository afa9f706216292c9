"""A shard's days with the default model, which learns from each day when it is over, without Airflow.

    python -m benchmarks.learning_day [--sites 1000] [--days 90] [--lost 7]

The shard has a database of its own, filled inside Postgres, and a model that was fitted on a small fleet: how well it forecasts does not
matter here, its size is the default's. Two days in a row, each in a process of its own as its task would be: on the first, nothing that
daily learning keeps is there, so ``--lost`` days since the model's own evaluation are made again; the second finds what the first kept.
Prints seconds by step and the most memory, and writes ``benchmarks/out/learning_day.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data import temporary_postgres
from benchmarks.scale import CUTOFF, DAY, fill, peak_mb, run_alone

OUT = Path(__file__).parent / "out" / "learning_day.json"
VERSION = "1"


def make_model(home: Path, lost: int) -> None:
    """Keep a version of the default model as the registry's copies lie on this machine, and what its validation days taught."""
    import numpy as np

    from benchmarks.data_paths import fitted_small
    from pipeline.core.learning.rolling import start_of
    from pipeline.core.learning.state import LEARNT

    grid, split, model = fitted_small()
    learnt = start_of(model, grid, split, np.zeros(grid.shape[0], np.int64)).state
    assert learnt is not None
    folder = home / "models" / VERSION
    folder.mkdir(parents=True)
    model.save(folder)
    replace(learnt, through=str(DAY - timedelta(days=2 + lost))).save(folder / LEARNT)


def run_day(url: str, home: str, ahead: int, days: int) -> None:
    """Extract to publish for the day ``ahead`` of ``DAY``; print the seconds of each step and the most memory held."""
    from pydantic import SecretStr

    from pipeline.adapters.store.snapshots import Run, Store
    from pipeline.config import Settings
    from pipeline.core import models
    from pipeline.steps import features, forecast, publish, validate
    from pipeline.steps.extract import extract

    settings = Settings(home=Path(home), database_url=SecretStr(url))
    shift = timedelta(days=ahead)
    run = Run("forecast", DAY + shift, CUTOFF + shift)
    forecaster, naive = models.load(Path(home) / "models" / VERSION), models.create(forecast.NAIVE)
    ladder = [(forecast.CHAMPION_RUNG, VERSION, forecaster), (forecast.LAST_RUNG, forecast.NAIVE, naive)]
    calls = {
        "extract": lambda: extract(run, settings, days=days),
        "validate": lambda: validate.validate(run, settings),
        "features": lambda: features.features(run, settings),
        "forecast": lambda: Store(settings.store_url).write_result(run, "forecast", forecast.answer(run, settings, forecast.ROLE, ladder)),
        "publish": lambda: publish.publish(run, settings),
    }
    seconds = {}
    for name, call in calls.items():
        start = time.perf_counter()
        call()
        seconds[name] = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=1000, help="Of the shard.")
    parser.add_argument("--days", type=int, default=90, help="Of readings that a forecast reads.")
    parser.add_argument("--lost", type=int, default=7, help="Days since the model's evaluation of which nothing is kept.")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.work:
        run_day(*json.loads(asked.work))
        return
    with TemporaryDirectory(prefix="dayahead-day-", ignore_cleanup_errors=True) as place, temporary_postgres(Path(place)) as url:
        fill(url, Path(place), asked.sites, asked.days + 1)
        make_model(Path(place), asked.lost)
        found = {}
        for name, ahead in ((f"{asked.lost} days made again", -1), ("all kept", 0)):
            found[name] = run_alone("benchmarks.learning_day", url, place, ahead, asked.days)
            steps = "  ".join(f"{step} {seconds:.1f} s" for step, seconds in found[name]["seconds"].items())
            print(f"{asked.sites} sites, {name}:  {steps}  {found[name]['peak_mb']:.0f} MB", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
