"""Features by name."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.series.features import FEATURES, TWELVE, check_features, feature_of, stacked, with_features
from pipeline.errors import ConfigurationError
from tests.fixtures.grids import grid_of, make_grid


def counting_grid(days: int = 3, steps: int = 24):
    return grid_of(np.arange(days * steps, dtype=float).reshape(1, days, steps))


def test_twelve_features_stand_in_the_seed_systems_order():
    names = "device_num dxcc_usage thp_2 thp_1 sin_day cos_day sin_hour cos_hour sin_minute cos_minute mean_thp thp"

    assert " ".join(TWELVE) == names
    assert stacked(make_grid(), TWELVE).shape == (3, 40, 24, 12)


def test_earlier_readings_reach_across_midnight():
    grid = counting_grid()

    assert feature_of(grid, "thp_1")[0, 1, 0] == 23
    assert feature_of(grid, "thp_2")[0, 1, :2].tolist() == [22, 23]
    assert np.isnan(feature_of(grid, "thp_2")[0, 0, :2]).all()


def test_hole_is_nan_where_it_lies_and_in_the_two_readings_after_it():
    observed = np.ones((1, 3, 24), bool)
    observed[0, 1, 5] = False
    grid = grid_of(np.ones((1, 3, 24)), observed)

    missing = {name: np.argwhere(np.isnan(feature_of(grid, name)[0, 1])).ravel().tolist() for name in ("thp", "thp_1", "thp_2", "mean_thp")}

    assert missing == {"thp": [5], "thp_1": [6], "thp_2": [7], "mean_thp": []}


def test_running_mean_is_that_of_a_loop_over_the_last_day():
    grid = make_grid(sites=2, days=5, missing=0.3, seed=4)
    line = np.where(grid.observed, grid.throughput, np.nan).reshape(2, -1)

    expected = [[np.nanmean(line[n, max(t - 23, 0) : t + 1]) for t in range(1, 120)] for n in range(2)]

    np.testing.assert_allclose(feature_of(grid, "mean_thp").reshape(2, -1)[:, 1:], expected, rtol=1e-5)


def test_clock_features_follow_the_wall_clock():
    grid = grid_of(np.ones((1, 27, 96)))  # 15 minutes, from 5 January

    assert feature_of(grid, "sin_day")[0, 10, 0] == pytest.approx(0, abs=1e-6)
    assert feature_of(grid, "cos_day")[0, 10, 0] == pytest.approx(-1)
    assert feature_of(grid, "sin_hour")[0, 0, 24:28] == pytest.approx(1)
    assert feature_of(grid, "cos_minute")[0, 3, [0, 1, 2, 3]] == pytest.approx([1, 0, -1, 0], abs=1e-6)


def test_covariates_are_carried_and_nan_where_the_grid_has_none():
    grid = counting_grid()
    grid.covariates["device_num"] = np.full(grid.shape, 3, np.float32)

    assert (feature_of(grid, "device_num") == 3).all()
    assert np.isnan(feature_of(grid, "dxcc_usage")).all()


@pytest.mark.parametrize(("name", "steps"), [("mean_hour", 4), ("mean_week", 7 * 96)])
def test_running_means_reach_as_far_back_as_their_names_say(name, steps):
    grid = counting_grid(days=9, steps=96)

    assert feature_of(grid, name)[0, 8, 10] == pytest.approx(8 * 96 + 10 - (steps - 1) / 2)


@pytest.mark.parametrize(("name", "days"), [("lag_day", 1), ("lag_week", 7)])
def test_lags_are_the_reading_of_the_same_step_days_ago(name, days):
    grid = make_grid(days=9)

    np.testing.assert_array_equal(feature_of(grid, name)[:, days:], grid.throughput[:, :-days])
    assert np.isnan(feature_of(grid, name)[:, :days]).all()


def test_calendar_features_follow_the_site_s_own_days():
    grid = make_grid(sites=2, days=7)  # from Monday, 5 January; the 6th is a holiday in Austria
    grid = replace(grid, sites=(replace(grid.sites[0], country="AT"), grid.sites[1]))

    assert feature_of(grid, "holiday")[:, :, 0].tolist() == [[0, 1, 0, 0, 0, 0, 0], [0] * 7]
    assert feature_of(grid, "weekend")[1, :, 23].tolist() == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_a_float_for_each_step_of_each_site(name):
    made = feature_of(make_grid(), name)

    assert made.shape == make_grid().shape
    assert made.dtype == np.float32
    assert np.isfinite(made[:, -1]).all()


def test_a_table_s_own_column_wins_at_the_sites_that_have_one():
    grid = counting_grid(days=2)
    grid = replace(make_grid(sites=2, days=2), throughput=np.repeat(grid.throughput, 2, axis=0))
    own = np.stack([np.full((2, 24), 7.0), np.full((2, 24), np.nan)]).astype(np.float32)

    found = feature_of(replace(grid, covariates={"thp_1": own}), "thp_1")

    assert (found[0] == 7).all()
    assert found[1].ravel()[1:].tolist() == list(range(47))


def test_named_features_are_made_once_and_stand_beside_the_covariates():
    grid = make_grid()
    grid.covariates["device_num"] = np.full(grid.shape, 3, np.float32)

    made = with_features(grid, ["mean_week", "device_num"])

    assert list(made.covariates) == ["device_num", "mean_week"]
    assert feature_of(made, "mean_week") is made.covariates["mean_week"]
    np.testing.assert_array_equal(made.covariates["mean_week"], feature_of(grid, "mean_week"))
    assert with_features(grid, []) is grid


def test_the_documentation_lists_every_feature():
    page = Path(__file__).parents[3].joinpath("docs", "own_postgres.md").read_text()
    rows = page.split("| feature |")[1].split("\n\n")[0].splitlines()[2:]

    assert {name for row in rows for name in re.findall("`(.+?)`", row.split("|")[1])} == set(FEATURES)


def test_an_unknown_feature_is_refused_with_the_names_of_the_known():
    check_features(["thp_1", "queue"], ["queue"])

    with pytest.raises(ConfigurationError, match=r"unknown feature 'thp1'; expected some of thp, thp_1, .*holiday, queue"):
        check_features(["thp1"], ["queue"])


def test_no_feature_of_a_known_step_moves_when_everything_after_the_cutoff_changes():
    cutoff = datetime(2026, 1, 20, 18, tzinfo=UTC)
    grid, other = make_grid(days=30, missing=0.1), make_grid(days=30, missing=0.1)
    other.throughput[:, 15, 18:] = 1e9
    other.throughput[:, 16:] = 1e9
    other.observed[:, 16:] = True

    features, changed = (stacked(g, list(FEATURES)) for g in (grid, other))
    known, other_known = (stacked(g.known_at(cutoff), list(FEATURES)) for g in (grid, other))

    np.testing.assert_array_equal(features[:, :15], changed[:, :15])
    np.testing.assert_array_equal(features[:, 15, :18], changed[:, 15, :18])
    np.testing.assert_array_equal(known, other_known)
    assert known.shape[1] == 17
