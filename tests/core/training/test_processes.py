from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.models.contract import Origins
from pipeline.core.training import processes
from pipeline.core.training.origins import Sampler
from pipeline.errors import DataError
from tests.core.training.fit_together import fit_into

ROOT = Path(__file__).parents[3]
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path, Path]:
    """What one process alone and each of two together left."""
    folder = tmp_path_factory.mktemp("processes")
    fit_into(folder / "alone")
    made = subprocess.run([*TWO, "tests.core.training.fit_together", folder], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    return folder / "alone", folder / "process-0", folder / "process-1"


def curve_of(folder: Path) -> np.ndarray:
    return np.array(json.loads((folder / "curve.json").read_text()), float)


def test_two_processes_learn_the_same_curve_as_one_within_noise(folders):
    alone, *parts = (curve_of(folder) for folder in folders)
    together = np.mean(parts, axis=0)  # each process tells the loss of its part of every batch

    assert alone.shape == together.shape
    learnt = alone[len(alone) // 3 :, 0], together[len(together) // 3 :, 0]
    assert np.mean(learnt[1]) == pytest.approx(np.mean(learnt[0]), rel=0.05)
    assert np.nanmin(together[:, 1]) == pytest.approx(np.nanmin(alone[:, 1]), rel=0.05)


def test_two_processes_end_with_the_same_weights(folders):
    _, first, second = folders

    assert (first / "weights.safetensors").read_bytes() == (second / "weights.safetensors").read_bytes()
    assert not np.array_equal(curve_of(first)[:, 0], curve_of(second)[:, 0])  # each learnt from windows of its own


def test_the_windows_and_the_batch_are_dealt_out_to_the_processes(monkeypatch):
    monkeypatch.setattr(processes.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(processes.distributed, "get_world_size", lambda: 3)
    samplers = []
    for rank in range(3):
        monkeypatch.setattr(processes.distributed, "get_rank", lambda rank=rank: rank)
        samplers.append(Sampler(None, Origins.every(1, range(10)), 9, 7, batch=64))

    assert sorted(np.concatenate([sampler.origins.day for sampler in samplers])) == list(range(10))
    assert [sampler.batch for sampler in samplers] == [22, 22, 22]
    with pytest.raises(DataError, match="2 training windows for 3 processes"):
        Sampler(None, Origins.every(1, range(2)), 9, 7, batch=64)
