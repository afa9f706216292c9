"""kill -9 of ``train`` while its members learn, again and again: the last run goes on from the checkpoints to the undisturbed model."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from pipeline.adapters.store.snapshots import Run, Store
from tests.fixtures.bench import Bench
from tests.fixtures.grids import make_grid
from tests.fixtures.journal import Journal

SECONDS = 300
SMALL = '{"hidden": 16}'
SHORT = """
import json, sys, torch
from pipeline.steps import run_step
steps, step = [], torch.optim.AdamW.step
torch.optim.AdamW.step = lambda self, *given: (steps.append(1), step(self, *given))[1]
run_step("train", json.loads(sys.argv[1]), epochs=10)
print(len(steps))
"""


@pytest.fixture
def training(bench: Bench) -> Run:
    """A training whose grid lies in the store, and settings that make it short."""
    bench.settings = bench.settings.model_copy(update={"context_days": 7, "test_days": 7, "validation_days": 7, "model_settings": SMALL})
    grid = make_grid(sites=2, days=71, noise=0.2)
    run, store = Run("train", grid.day_at(70), bench.settings.cutoff_of(grid.day_at(70))), Store(bench.settings.store_url)
    store.write_result(run, "features", {"grid": store.put(run, "grid", ".safetensors", grid.save)})
    return run


def start(bench: Bench, training: Run) -> subprocess.Popen[str]:
    """Start a training as a task does, of few passes."""
    return bench.python("-c", SHORT, json.dumps(training.to_json()))


def finish(process: subprocess.Popen[str]) -> int:
    """Wait for a training and return how many steps its optimisers took."""
    steps, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    return int(steps)


def kill_with_checkpoints(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Kill a training as soon as so many members have a checkpoint."""
    until = time.monotonic() + SECONDS
    while len(list(folder.glob("*.safetensors"))) < count and time.monotonic() < until and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    said = process.communicate(timeout=300)
    assert process.returncode == -9, said


def test_a_training_killed_on_one_machine_goes_on_on_another(bench: Bench, training: Run, journal: Journal):
    home, store = bench.settings.home / "checkpoints", Store(bench.settings.store_url)
    undisturbed = finish(start(bench, training))
    whole = store.read_result(training, "train")
    shutil.rmtree(home)
    kept = Path(bench.settings.store_url.removeprefix("file://"), training.folder, "checkpoints")

    kill_with_checkpoints(start(bench, training), kept, 2)
    shutil.rmtree(home)  # what the other machine does not have
    resumed = finish(start(bench, training))

    found = store.read_result(training, "train")
    assert resumed < undisturbed
    assert list(kept.glob("*")) == []
    how = f"kill -9 and a retry without the machine's home; {resumed} of {undisturbed} steps were left to do"
    journal.note("the machine of `train` is lost", how, expected=[(whole["model"],)], found=[(found["model"],)], seconds=0.0)


def test_a_training_killed_again_and_again_goes_on_where_it_was_and_ends_with_the_same_model(bench: Bench, training: Run, journal: Journal):
    folder, store = bench.settings.home / "checkpoints" / training.folder, Store(bench.settings.store_url)
    undisturbed = finish(start(bench, training))
    whole = store.read_result(training, "train")
    shutil.rmtree(bench.settings.home / "checkpoints")

    for members in (1, 3):
        kill_with_checkpoints(start(bench, training), folder, members)
    started = time.monotonic()
    resumed = finish(start(bench, training))
    seconds = time.monotonic() - started

    found = store.read_result(training, "train")
    assert resumed < undisturbed
    assert list(folder.glob("*")) == []
    assert sorted(map(str, found["curves"])) == sorted(map(str, whole["curves"]))
    how = f"kill -9 with one member learnt, and with three; {resumed} of {undisturbed} steps were left to do"
    journal.note("`train` dies", how, expected=[(whole["model"],)], found=[(found["model"],)], seconds=seconds)
