"""Training origins: which cutoffs a network learns from."""

from __future__ import annotations

import numpy as np
import torch

from pipeline.core.series.windows import Window, WindowGrid
from pipeline.core.training.origins import Sampler, training_origins
from tests.fixtures.grids import make_grid

STEPS = 24


def drawn(unknown: int | np.ndarray) -> Window:
    grid = make_grid(sites=2, days=30)
    windows = WindowGrid(grid, 7, "cpu", {site.name: row for row, site in enumerate(grid.sites, start=1)})
    sampler = Sampler(windows, training_origins(grid, range(10, 29), unknown), 28, 7, batch=2000)
    return sampler.draw(torch.Generator().manual_seed(0))


def tails_of(window: Window) -> np.ndarray:
    """Return how many of the newest steps each window does not know; all of them where its newest day is lost."""
    known = window.past_observed.flatten(1).numpy()
    return known[:, ::-1].argmax(axis=1)


def test_a_quarter_of_the_samples_has_a_cutoff_anywhere_in_the_day_before():
    tails = tails_of(drawn(0))

    early = tails[(tails > 0) & (tails < STEPS)]
    assert 0.2 < early.size / tails.size < 0.3
    assert set(range(1, STEPS)) <= set(early)


def test_the_other_samples_know_what_forecasts_of_their_site_know():
    window = drawn(np.array([6, 22]))

    tails, site = tails_of(window), window.site.numpy()
    assert [np.median(tails[site == row]) for row in (1, 2)] == [6, 22]
