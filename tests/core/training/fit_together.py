"""Fits a small network in each process that torchrun started and leaves the curve and the weights of each in a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipeline.core.models.contract import FitOptions, Progress, Split
from pipeline.core.models.gru_attention.forecaster import GruAttention
from pipeline.core.training.processes import joined, rank
from tests.fixtures.grids import make_grid

SPLIT = Split(range(1, 45), range(45, 56))


def fit_into(folder: Path) -> list[Progress]:
    """Return the curve of the fit; the model lies in ``folder`` afterwards."""
    curve: list[Progress] = []
    model = GruAttention(context_days=7, members=1, hidden=16, heads=2, iterations=120, companion=False, refit=False)
    model.fit(make_grid(sites=4, days=56, noise=0.3), SPLIT, FitOptions(seed=1, device="cpu", report=curve.append))
    folder.mkdir()
    model.save(folder)
    (folder / "curve.json").write_text(json.dumps([[line.loss, line.validation] for line in curve]))
    return curve


if __name__ == "__main__":
    with joined("cpu"):
        fit_into(Path(sys.argv[1]) / f"process-{rank()}")
