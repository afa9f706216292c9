import numpy as np

from pipeline.core.models.contract import Origins
from pipeline.core.models.past import first_known_lag, in_parts, past_of
from tests.fixtures.grids import grid_of


def origins(site, day, unknown=0):
    return Origins(np.array([site]), np.array([day]), np.array([unknown]))


def test_past_ends_with_the_day_before_the_target():
    grid = grid_of(np.arange(2 * 6 * 4, dtype=float).reshape(2, 6, 4) + 1)

    past, observed = past_of(grid, origins(1, 4), 3)

    np.testing.assert_array_equal(past[0], grid.throughput[1, 1:4])
    assert observed.all()


def test_past_masks_days_outside_the_grid():
    grid = grid_of(np.ones((1, 3, 4)))

    before, observed_before = past_of(grid, origins(0, 1), 3)
    _, observed_after = past_of(grid, origins(0, 5), 3)

    assert observed_before[0].any(axis=1).tolist() == [False, False, True]
    assert before[0, 0].sum() == 0
    assert observed_after[0].any(axis=1).tolist() == [True, False, False]


def test_past_masks_the_unknown_steps_even_over_midnight():
    grid = grid_of(np.ones((1, 5, 4)))

    _, observed = past_of(grid, origins(0, 5, unknown=6), 3)

    assert observed[0].astype(int).tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_past_shows_zero_where_unobserved():
    values, there = np.full((1, 3, 2), 7.0), np.ones((1, 3, 2), bool)
    there[0, 1, 1] = False

    past, observed = past_of(grid_of(values, there), origins(0, 3), 2)

    assert past[0].tolist() == [[7, 0], [7, 7]]
    assert not observed[0, 0, 1]


def test_first_known_lag_is_the_newest_day_that_the_mask_leaves():
    grid = grid_of(np.ones((1, 9, 4)))
    for unknown in range(9):
        _, observed = past_of(grid, origins(0, 9, unknown), 8)

        newest = 8 - np.array([np.flatnonzero(observed[0, :, s]).max() for s in range(4)])

        np.testing.assert_array_equal(first_known_lag(4, unknown), newest)


def test_parts_hold_every_origin_once_and_in_order():
    every = Origins.every(5, range(3, 10))

    parts = list(in_parts(every, values_each=10, most_values=40))

    assert max(len(part) for _, part in parts) == 4
    np.testing.assert_array_equal(np.concatenate([part.day for _, part in parts]), every.day)
    np.testing.assert_array_equal(np.concatenate([part.site for _, part in parts]), every.site)
