"""Nothing at or after the cutoff reaches a forecast: the rule of every forecaster, whatever stands there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import FORECASTERS, create
from pipeline.core.models.contract import FitOptions, Origins, Split
from pipeline.core.series.grid import Grid
from tests.fixtures.grids import make_grid

DAY = 38
SPLIT = Split(range(1, 28), range(28, 35))
ATTENTION = {"context_days": 7, "hidden": 16, "batch": 16, "epochs": 1}
TREES = {"context_days": 7, "trees": 20, "most_rows": 2000, "covariates": ["device_num"]}
GRU = {
    "context_days": 14,
    "hidden": 16,
    "heads": 2,
    "batch": 16,
    "members": 2,
    "iterations": 4,
    "refit": False,
    "covariates": ["device_num"],
}
SMALL = {"gru_attention": GRU, "lightgbm": TREES, "lightgbm_bag": TREES}


def corrupted(grid: Grid, first: np.ndarray) -> Grid:
    """Return the grid with nonsense, negative nonsense too, in every site's steps from ``first`` (counted from day 0) on."""
    _, d, s = grid.shape
    late = (np.arange(d * s) >= first[:, None]).reshape(grid.shape)
    nonsense = np.where(np.arange(s) % 2, -1e9, 1e9)[None, None]
    covariates = {name: np.where(late, nonsense, values).astype(np.float32) for name, values in grid.covariates.items()}
    throughput = np.where(late, nonsense, grid.throughput).astype(np.float32)
    return replace(grid, throughput=throughput, observed=grid.observed | late, covariates=covariates)


@pytest.fixture(scope="module")
def grid():
    """A fleet with a covariate and a site of rare bursts, for which trees left to themselves say less than nothing."""
    made, rng = make_grid(missing=0.05), np.random.default_rng(5)
    throughput = made.throughput.copy()
    throughput[1] *= rng.random(made.shape[1:]) < 0.2
    return replace(made, throughput=throughput, covariates={"device_num": rng.uniform(0, 10, made.shape).astype(np.float32)})


@pytest.mark.parametrize("name", FORECASTERS)
def test_nothing_at_or_after_the_cutoff_moves_a_fit_or_a_forecast(grid, name):
    settings = {} if name.startswith("seasonal_naive") else SMALL.get(name, ATTENTION)
    model, other = create(name, **settings), create(name, **settings)
    model.fit(grid, SPLIT, FitOptions(seed=3, device="cpu"))
    other.fit(corrupted(grid, np.full(3, SPLIT.validation.stop * 24)), SPLIT, FitOptions(seed=3, device="cpu"))
    origins = Origins(np.arange(3), np.full(3, DAY), np.array([0, 6, 22]))

    before = model.forecast(grid, origins)
    after = other.forecast(corrupted(grid, DAY * 24 - origins.unknown_steps), origins)

    np.testing.assert_array_equal(after.quantiles, before.quantiles)
    if before.attention is not None:
        np.testing.assert_array_equal(after.attention, before.attention)
