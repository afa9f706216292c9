from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import MEDIAN, FitOptions, Origins, Split
from pipeline.core.models.peers.lag_features import LagFeatures
from pipeline.errors import DataError, ModelError
from tests.fixtures.grids import make_grid

SPLIT = Split(range(1, 60), range(60, 70))
TEST = range(70, 84)


def small(**settings):
    return create("lightgbm", **{"trees": 60, "rate": 0.1, "leaves": 15, "most_rows": 8000} | settings)


@pytest.fixture(scope="module")
def grid():
    return make_grid(sites=4, days=84, noise=0.2, missing=0.03)


@pytest.fixture(scope="module")
def fitted(grid):
    forecaster = small()
    forecaster.fit(grid, SPLIT, FitOptions(seed=1))
    return forecaster


def wape_of(forecaster, grid, unknown=0):
    origins = Origins.every(grid.shape[0], TEST, unknown)
    median = forecaster.forecast(grid, origins).quantiles[..., MEDIAN]
    actual, there = grid.throughput[origins.site, origins.day], grid.observed[origins.site, origins.day]
    return np.abs(actual - median)[there].sum() / actual[there].sum()


def test_lightgbm_beats_the_seasonal_naive(grid, fitted):
    assert wape_of(fitted, grid) < 0.9 * wape_of(create("seasonal_naive_week"), grid)


def test_lightgbm_is_not_much_worse_with_an_early_cutoff(grid, fitted):
    assert wape_of(fitted, grid, unknown=6) < 1.15 * wape_of(fitted, grid)


def test_lightgbm_quantiles_do_not_cross_and_are_not_negative(grid, fitted):
    quantiles = fitted.forecast(grid, Origins.every(4, TEST)).quantiles

    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (quantiles >= 0).all()


def test_lightgbm_forecasts_scale_with_the_site(grid, fitted):
    origins = Origins.every(4, TEST)

    larger = fitted.forecast(replace(grid, throughput=grid.throughput * 8), origins).quantiles

    np.testing.assert_allclose(larger, 8 * fitted.forecast(grid, origins).quantiles, rtol=1e-5)


def test_lightgbm_forecasts_new_and_dead_sites_and_leaves_silent_ones_nan(grid, fitted):
    throughput, observed = grid.throughput.copy(), grid.observed.copy()
    throughput[0], observed[0] = 0, True
    observed[1] = False
    observed[2, :67] = False
    other = replace(grid, throughput=throughput, observed=observed)

    quantiles = fitted.forecast(other, Origins.every(4, range(70, 71))).quantiles

    assert (quantiles[0] == 0).all()
    assert np.isnan(quantiles[1]).all()
    assert np.isfinite(quantiles[2]).all()


def test_lightgbm_forecasts_the_first_day_after_the_grid(grid, fitted):
    assert np.isfinite(fitted.forecast(grid, Origins.every(4, range(84, 85))).quantiles).all()


def test_a_saved_lightgbm_forecasts_the_same_and_is_text(grid, fitted, tmp_path):
    fitted.save(tmp_path)

    restored = load(tmp_path)

    origins = Origins.every(4, TEST)
    np.testing.assert_array_equal(restored.forecast(grid, origins).quantiles, fitted.forecast(grid, origins).quantiles)
    assert sorted({path.suffix for path in tmp_path.iterdir()}) == [".json", ".txt"]
    assert (tmp_path / "q50.txt").read_text().startswith("tree")


def test_load_refuses_a_missing_or_corrupted_tree_file(fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / "q50.txt").write_text("tree\nnonsense")

    with pytest.raises(ModelError, match="no readable lightgbm"):
        load(tmp_path)

    (tmp_path / "q50.txt").unlink()
    with pytest.raises(ModelError, match="no readable lightgbm"):
        load(tmp_path)


def test_same_seed_gives_the_same_lightgbm(grid, fitted):
    again = small()

    again.fit(grid, SPLIT, FitOptions(seed=1))

    origins = Origins.every(4, TEST)
    np.testing.assert_array_equal(again.forecast(grid, origins).quantiles, fitted.forecast(grid, origins).quantiles)


def test_lightgbm_thins_a_large_fleet_to_the_rows_asked_for(grid):
    figures = small(most_rows=3000, trees=2).fit(grid, SPLIT, FitOptions())

    assert 2500 <= figures["rows"] <= 3200


def test_lightgbm_reports_each_quantile(grid):
    lines = []

    small(trees=2, most_rows=500).fit(grid, SPLIT, FitOptions(report=lines.append))

    assert [line.iteration for line in lines] == list(range(1, 8))


def test_lightgbm_refuses_to_learn_without_readings_or_to_forecast_unfitted(grid):
    with pytest.raises(DataError, match="no reading on target days"):
        small().fit(replace(grid, observed=np.zeros_like(grid.observed)), SPLIT, FitOptions())
    with pytest.raises(ModelError, match="no trees"):
        small().forecast(grid, Origins.every(4, TEST))


def test_lightgbm_refuses_a_context_shorter_than_a_week():
    with pytest.raises(ModelError, match="expected 7 or more"):
        create("lightgbm", context_days=5)


def test_lag_features_hold_the_readings_at_the_same_step(grid):
    whole = replace(grid, observed=np.ones_like(grid.observed))

    features, level, _ = LagFeatures(whole, 28).of(Origins.every(4, range(70, 71)))

    np.testing.assert_allclose(level, whole.throughput[:, 42:70].mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(features[:, :, 0] * level[:, None], whole.throughput[:, 69], rtol=1e-5)
    np.testing.assert_allclose(features[:, :, 9] * level[:, None], whole.throughput[:, 42], rtol=1e-5)


def test_the_oldest_day_of_a_window_is_not_smoothed_with_its_newest_reading(grid):
    whole = replace(grid, observed=np.ones_like(grid.observed))
    moved = replace(whole, throughput=whole.throughput.copy())
    moved.throughput[:, 69, -1] *= 100
    week_ago = 9  # the smoothed column of the oldest of seven days, after seven lags and two younger ones

    before, after = (LagFeatures(g, 7).of(Origins.every(4, range(70, 71))) for g in (whole, moved))

    first_step = [rows.features[:, 0, week_ago] * rows.level for rows in (before, after)]
    np.testing.assert_allclose(first_step[0], first_step[1], rtol=1e-5)
    np.testing.assert_allclose(first_step[0], whole.throughput[:, 63, :2].mean(axis=1), rtol=1e-5)


def test_a_site_with_negative_readings_is_not_held_above_zero_and_others_are(grid):
    mixed = replace(grid, throughput=grid.throughput.copy())
    mixed.throughput[0] *= -1
    forecaster = small(trees=20)
    forecaster.fit(mixed, SPLIT, FitOptions())

    quantiles = forecaster.forecast(mixed, Origins.every(4, range(70, 71))).quantiles

    assert (quantiles[0] < 0).any()
    assert (quantiles[1:] >= 0).all()
