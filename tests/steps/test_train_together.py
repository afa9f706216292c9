"""``train`` in two processes: the command a person types, and what it leaves in the store."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.steps.evaluate import _unzip
from tests.fixtures.grids import make_grid

ROOT = Path(__file__).parents[2]
CUTOFF = datetime(2026, 2, 14, tzinfo=UTC)
RUN = Run("train", CUTOFF.date(), CUTOFF)
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--local-ranks-filter", "0"]


def test_two_processes_train_one_model_and_the_first_alone_keeps_it(tmp_path):
    settings, grid = Settings(home=tmp_path), make_grid(sites=2, days=40)
    store = Store(settings.store_url)
    store.write_result(RUN, "features", {"grid": store.put(RUN, "grid", ".safetensors", grid.save)})

    made = subprocess.run(
        [*TORCHRUN, "-m", "pipeline", "train", "--target-day", "2026-02-14", "--architecture", "attention_mlp"],
        cwd=ROOT,
        env=os.environ | {"DAYAHEAD_HOME": str(tmp_path), "DAYAHEAD_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told == store.read_result(RUN, "train")
    assert len(list(tmp_path.rglob("model-*.zip"))) == 1
    assert isinstance(store.get(told["model"], _unzip), models.forecaster_class("attention_mlp"))
    assert not list((tmp_path / "checkpoints").rglob("*.safetensors"))
