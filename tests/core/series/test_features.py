"""The twelve features of a reading."""

from datetime import UTC, datetime

import numpy as np
import pytest

from pipeline.core.series.calendar import calendar_of
from pipeline.core.series.features import FEATURES, twelve_features
from pipeline.core.series.grid import Grid
from tests.fixtures.grids import grid_of, make_grid


def feature(grid: Grid, name: str) -> np.ndarray:
    return twelve_features(grid, calendar_of(grid))[..., FEATURES.index(name)]


def counting_grid(days: int = 3, steps: int = 24) -> Grid:
    return grid_of(np.arange(days * steps, dtype=float).reshape(1, days, steps))


def test_twelve_features_stand_in_the_seed_systems_order():
    names = "device_num dxcc_usage thp_2 thp_1 sin_day cos_day sin_hour cos_hour sin_minute cos_minute mean_thp thp"

    assert " ".join(FEATURES) == names
    assert twelve_features(make_grid(), calendar_of(make_grid())).shape == (3, 40, 24, 12)


def test_earlier_readings_reach_across_midnight():
    grid = counting_grid()

    assert feature(grid, "thp_1")[0, 1, 0] == 23
    assert feature(grid, "thp_2")[0, 1, :2].tolist() == [22, 23]
    assert np.isnan(feature(grid, "thp_2")[0, 0, :2]).all()


def test_hole_is_nan_where_it_lies_and_in_the_two_readings_after_it():
    observed = np.ones((1, 3, 24), bool)
    observed[0, 1, 5] = False
    grid = grid_of(np.ones((1, 3, 24)), observed)

    missing = {name: np.argwhere(np.isnan(feature(grid, name)[0, 1])).ravel().tolist() for name in ("thp", "thp_1", "thp_2", "mean_thp")}

    assert missing == {"thp": [5], "thp_1": [6], "thp_2": [7], "mean_thp": []}


def test_running_mean_is_that_of_a_loop_over_the_last_day():
    grid = make_grid(sites=2, days=5, missing=0.3, seed=4)
    line = np.where(grid.observed, grid.throughput, np.nan).reshape(2, -1)

    expected = [[np.nanmean(line[n, max(t - 23, 0) : t + 1]) for t in range(1, 120)] for n in range(2)]

    np.testing.assert_allclose(feature(grid, "mean_thp").reshape(2, -1)[:, 1:], expected, rtol=1e-5)


def test_clock_features_follow_the_wall_clock():
    grid = grid_of(np.ones((1, 27, 96)))  # 15 minutes, from 5 January

    assert feature(grid, "sin_day")[0, 10, 0] == pytest.approx(0, abs=1e-6)
    assert feature(grid, "cos_day")[0, 10, 0] == pytest.approx(-1)
    assert feature(grid, "sin_hour")[0, 0, 24:28] == pytest.approx(1)
    assert feature(grid, "cos_minute")[0, 3, [0, 1, 2, 3]] == pytest.approx([1, 0, -1, 0], abs=1e-6)


def test_covariates_are_carried_and_nan_where_the_grid_has_none():
    grid = counting_grid()
    grid.covariates["device_num"] = np.full(grid.shape, 3, np.float32)

    assert (feature(grid, "device_num") == 3).all()
    assert np.isnan(feature(grid, "dxcc_usage")).all()


def test_no_feature_of_a_known_step_moves_when_everything_after_the_cutoff_changes():
    cutoff = datetime(2026, 1, 20, 18, tzinfo=UTC)
    grid, other = make_grid(days=30, missing=0.1), make_grid(days=30, missing=0.1)
    other.throughput[:, 15, 18:] = 1e9
    other.throughput[:, 16:] = 1e9
    other.observed[:, 16:] = True

    features, changed = (twelve_features(g, calendar_of(g)) for g in (grid, other))
    known, other_known = (twelve_features(g.known_at(cutoff), calendar_of(g.known_at(cutoff))) for g in (grid, other))

    np.testing.assert_array_equal(features[:, :15], changed[:, :15])
    np.testing.assert_array_equal(features[:, 15, :18], changed[:, 15, :18])
    np.testing.assert_array_equal(known, other_known)
    assert known.shape[1] == 17
