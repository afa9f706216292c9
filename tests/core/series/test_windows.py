from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.core.series.windows import WindowGrid
from pipeline.errors import DataError
from tests.fixtures.grids import make_grid


def gather(grid, day, unknown=0, context_days=7, shift=None):
    windows = WindowGrid(grid, context_days, "cpu", {"site-0": 1})
    one = np.array([0])
    return windows.gather(one, np.array([day]), np.array([unknown]), context_days, shift and np.array([shift]))


def test_a_window_holds_the_days_before_the_target_and_the_target():
    grid = make_grid()

    window = gather(grid, 20)

    np.testing.assert_array_equal(window.past[0].numpy(), grid.throughput[0, 13:20])
    np.testing.assert_array_equal(window.target[0].numpy(), grid.throughput[0, 20])
    assert window.day_of_week.item() == 20 % 7
    assert window.site.item() == 1


def test_unknown_steps_are_masked_before_the_target():
    window = gather(make_grid(), 20, unknown=30)

    assert window.past_observed.flatten().sum() == 7 * 24 - 30
    assert not window.past.flatten()[-30:].any()


def test_a_shifted_window_begins_later_in_the_day():
    grid = make_grid()

    window = gather(grid, 20, shift=6)

    np.testing.assert_array_equal(window.target[0].numpy(), np.concatenate([grid.throughput[0, 20, 6:], grid.throughput[0, 21, :6]]))
    assert window.phase.item() == 0.25


def test_days_before_and_after_the_grid_are_unobserved():
    early, late = gather(make_grid(), 2), gather(make_grid(days=40), 40)

    assert early.past_observed.flatten(1).sum() == 2 * 24
    assert not late.target_observed.any()
    assert late.past_observed.all()


@pytest.mark.parametrize("day", [-1, 43])
def test_days_far_outside_the_grid_are_refused(day):
    with pytest.raises(DataError, match="grid of 40 days"):
        gather(make_grid(days=40), day)


def test_an_unknown_site_gets_row_zero():
    windows = WindowGrid(make_grid(), 7, "cpu", {"site-0": 1})

    window = windows.gather(np.array([0, 1]), np.array([9, 9]), np.array([0, 0]), 7)

    assert torch.equal(window.site, torch.tensor([1, 0]))
