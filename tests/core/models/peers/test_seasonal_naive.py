from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import MEDIAN, QUANTILES, Origins
from pipeline.core.models.peers.seasonal_naive import SeasonalNaiveDay, SeasonalNaiveMean, SeasonalNaiveWeek
from pipeline.errors import ModelError
from tests.fixtures.grids import grid_of, make_grid

RULES = (SeasonalNaiveDay, SeasonalNaiveWeek, SeasonalNaiveMean)


def medians(rule, grid, day, unknown=0, **settings):
    return rule(**settings).forecast(grid, Origins.every(grid.shape[0], range(day, day + 1), unknown)).quantiles[..., MEDIAN]


def test_day_repeats_yesterday():
    grid = make_grid(days=40)

    np.testing.assert_array_equal(medians(SeasonalNaiveDay, grid, 35), grid.throughput[:, 34])


def test_week_repeats_the_same_weekday():
    grid = make_grid(days=40)

    np.testing.assert_array_equal(medians(SeasonalNaiveWeek, grid, 35), grid.throughput[:, 28])


def test_mean_is_half_of_each():
    grid = make_grid(days=40)

    expected = (grid.throughput[:, 34] + grid.throughput[:, 28]) / 2

    np.testing.assert_allclose(medians(SeasonalNaiveMean, grid, 35), expected, rtol=1e-6)


def test_day_takes_the_day_before_where_yesterday_is_missing():
    grid = make_grid(sites=1)
    grid.observed[0, 34, 5:9] = False

    found = medians(SeasonalNaiveDay, grid, 35)[0]

    np.testing.assert_array_equal(found[5:9], grid.throughput[0, 33, 5:9])
    np.testing.assert_array_equal(found[9:], grid.throughput[0, 34, 9:])


def test_week_takes_the_week_before_and_then_the_newest_day():
    grid = make_grid(sites=1)
    grid.observed[0, 28, :12] = False
    grid.observed[0, [21, 14, 7], :6] = False

    found = medians(SeasonalNaiveWeek, grid, 35)[0]

    np.testing.assert_array_equal(found[6:12], grid.throughput[0, 21, 6:12])
    np.testing.assert_array_equal(found[:6], grid.throughput[0, 34, :6])


def test_a_step_never_observed_gets_the_median_of_the_context():
    grid = make_grid(sites=1)
    grid.observed[0, :, 3] = False
    there = grid.throughput[0, 7:35][grid.observed[0, 7:35]]

    assert medians(SeasonalNaiveDay, grid, 35)[0, 3] == pytest.approx(np.median(there), rel=1e-5)


def test_an_early_cutoff_repeats_the_day_before_for_the_unknown_steps():
    grid = make_grid(sites=1)

    found = medians(SeasonalNaiveDay, grid, 35, unknown=6)[0]

    np.testing.assert_array_equal(found[18:], grid.throughput[0, 33, 18:])
    np.testing.assert_array_equal(found[:18], grid.throughput[0, 34, :18])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("unknown", [0, 6, 24])
def test_nothing_after_the_cutoff_moves_the_forecast(rule, unknown):
    grid = make_grid(days=40, missing=0.1)
    origins = Origins.every(3, range(35, 36), unknown)
    before = rule().forecast(grid, origins).quantiles
    flat = grid.throughput.reshape(3, -1).copy()
    flat[:, 35 * 24 - unknown :] = 1e9
    seen = grid.observed.reshape(3, -1).copy()
    seen[:, 35 * 24 - unknown :] = True

    changed = replace(grid, throughput=flat.reshape(grid.shape), observed=seen.reshape(grid.shape))

    np.testing.assert_array_equal(rule().forecast(changed, origins).quantiles, before)


@pytest.mark.parametrize("rule", RULES)
def test_nothing_older_than_the_context_moves_the_forecast(rule):
    grid = make_grid(days=60, missing=0.1)
    origins = Origins.every(3, range(50, 51))
    before = rule(context_days=14).forecast(grid, origins).quantiles
    grid.throughput[:, : 50 - 14] *= 100

    np.testing.assert_array_equal(rule(context_days=14).forecast(grid, origins).quantiles, before)


@pytest.mark.parametrize("rule", RULES)
def test_quantiles_do_not_cross_and_cover_about_what_they_promise(rule):
    grid = make_grid(sites=8, days=70, noise=0.3, missing=0.05)
    origins = Origins.every(8, range(42, 70))

    quantiles = rule().forecast(grid, origins).quantiles

    actual, there = grid.throughput[origins.site, origins.day], grid.observed[origins.site, origins.day]
    inside = (quantiles[..., 1] <= actual) & (actual <= quantiles[..., 5])
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert 0.74 <= inside[there].mean() <= 0.88


def test_only_a_site_without_a_reading_gets_nan():
    grid = make_grid(sites=3)
    grid.observed[1] = False
    grid.observed[2] = False
    grid.observed[2, 34, 0] = True

    quantiles = SeasonalNaiveMean().forecast(grid, Origins.every(3, range(35, 36))).quantiles

    assert np.isfinite(quantiles[[0, 2]]).all()
    assert np.isnan(quantiles[1]).all()


def test_a_site_with_one_day_gets_an_interval_from_that_day():
    grid = make_grid(sites=1, days=1)

    quantiles = SeasonalNaiveDay().forecast(grid, Origins.every(1, range(1, 2))).quantiles[0]

    np.testing.assert_array_equal(quantiles[:, MEDIAN], grid.throughput[0, 0])
    assert (quantiles[:, -1] > quantiles[:, MEDIAN]).all()
    assert (quantiles >= 0).all()


def test_a_site_with_three_days_forecasts_a_week_like_a_day():
    grid = make_grid(sites=1, days=3)

    np.testing.assert_array_equal(medians(SeasonalNaiveWeek, grid, 3), medians(SeasonalNaiveDay, grid, 3))


def test_a_dead_site_is_forecast_at_zero():
    quantiles = SeasonalNaiveDay().forecast(grid_of(np.zeros((1, 30, 24))), Origins.every(1, range(30, 31))).quantiles

    assert (quantiles == 0).all()


def test_what_goes_below_zero_may_be_forecast_below_zero():
    values = np.random.default_rng(0).normal(0, 1, (1, 40, 24))

    quantiles = SeasonalNaiveDay().forecast(grid_of(values), Origins.every(1, range(40, 41))).quantiles

    assert (quantiles[..., 0] < 0).any()


def test_origins_with_different_cutoffs_are_forecast_each_with_its_own():
    grid = make_grid(sites=2)
    mixed = Origins(np.array([0, 1, 0]), np.array([35, 35, 36]), np.array([0, 6, 6]))

    found = SeasonalNaiveWeek().forecast(grid, mixed).quantiles

    for i in range(3):
        alone = Origins(mixed.site[[i]], mixed.day[[i]], mixed.unknown_steps[[i]])
        np.testing.assert_array_equal(found[i], SeasonalNaiveWeek().forecast(grid, alone).quantiles[0])


@pytest.mark.parametrize("rule", RULES)
def test_medians_alone_are_those_of_the_forecast(rule):
    grid = make_grid(sites=3)
    grid.observed[0, 20:35] = False
    grid.observed[1] = False
    grid.observed[2, :, 5] = False
    mixed = Origins(np.array([0, 1, 2, 0]), np.array([35, 35, 35, 36]), np.array([0, 6, 6, 3]))

    np.testing.assert_array_equal(rule().medians(grid, mixed), rule().forecast(grid, mixed).quantiles[..., MEDIAN])


@pytest.mark.parametrize("rule", RULES)
def test_a_saved_rule_forecasts_the_same(rule, tmp_path):
    grid = make_grid()
    origins = Origins.every(3, range(38, 41))
    made = create(rule.name, context_days=14)
    made.save(tmp_path)

    restored = load(tmp_path)

    assert restored.settings == made.settings
    np.testing.assert_array_equal(restored.forecast(grid, origins).quantiles, made.forecast(grid, origins).quantiles)


def test_load_refuses_settings_it_does_not_know(tmp_path):
    (tmp_path / "config.json").write_text('{"name": "seasonal_naive_day", "settings": {"colour": 3}}')

    with pytest.raises(ModelError, match="holds no seasonal_naive_day forecaster"):
        load(tmp_path)


def test_levels_match_the_contract():
    quantiles = SeasonalNaiveDay().forecast(make_grid(), Origins.every(3, range(35, 36))).quantiles

    assert quantiles.shape == (3, 24, len(QUANTILES))
