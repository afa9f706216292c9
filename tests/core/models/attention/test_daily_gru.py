from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.core.models import create
from pipeline.core.models.attention.daily_gru import ORIGINAL, features_of_window
from pipeline.core.models.contract import MEDIAN, FitOptions, Origins, Split
from pipeline.core.models.gru_attention.normalisation import normalise
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.features import TWELVE
from pipeline.core.series.windows import WindowGrid
from tests.fixtures.grids import grid_of, make_grid

VARIANTS = ("daily_gru_multihead", "daily_gru_dot")


def drifting_grid(steps, days=45):
    """Each day is the one before it, moved a little: yesterday says all there is."""
    rng = np.random.default_rng(0)
    level = np.cumsum(rng.normal(0, 0.3, (4, days, 1)), axis=1)
    shape = np.sin(2 * np.pi * np.arange(steps) / steps)
    return grid_of(1e6 * np.exp(level + shape + 0.05 * rng.standard_normal((4, days, steps))))


def windows_of(grid, context_days=7):
    return WindowGrid(grid, context_days, "cpu", features=TWELVE)


@pytest.mark.parametrize("steps", [142, 144])
@pytest.mark.parametrize("name", VARIANTS)
def test_forecasts_as_many_readings_as_the_day_has(name, steps):
    grid = drifting_grid(steps, days=14)
    model = create(name, hidden=8, epochs=1)

    model.fit(grid, Split(range(1, 12), range(12, 13)), FitOptions(device="cpu"))
    forecast = model.forecast(grid, Origins.every(4, range(13, 15)))

    assert forecast.quantiles.shape == (8, steps, 7)
    assert forecast.attention.shape == (8, 4, 7)


@pytest.mark.parametrize("steps", [142, 144])
def test_a_token_is_every_feature_of_every_reading_of_a_day(steps):
    window = windows_of(drifting_grid(steps, days=10)).gather(np.array([0, 1]), np.array([8, 9]), np.zeros(2, np.int64), 7)
    network = create("daily_gru_multihead", hidden=8).build(NetworkSize(7, steps, 0, 8, 4, 0.0), 1)

    assert network.mechanism.encoder.input_size == steps * 12
    assert features_of_window(window, normalise(window.past, window.past_observed)[1]).shape == (2, 7, steps, 12)


def test_features_are_in_units_of_the_window_and_zero_where_unknown():
    window = windows_of(make_grid()).gather(np.array([0]), np.array([20]), np.array([6]), 7)
    z, scale = normalise(window.past, window.past_observed)

    features = features_of_window(window, scale)

    torch.testing.assert_close(features[..., TWELVE.index("thp")], z)
    torch.testing.assert_close(features[0, -1, 1:18, TWELVE.index("thp_1")], z[0, -1, :17])
    assert (features[0, -1, 18:] == 0).all()
    assert (features[..., TWELVE.index("device_num")] == 0).all()  # a covariate that the grid lacks


def test_a_unit_of_throughput_changes_no_feature():
    small, large = make_grid(), grid_of(make_grid().throughput * 1000.0)

    one, other = (
        features_of_window(window, normalise(window.past, window.past_observed)[1])
        for window in (windows_of(grid).gather(np.array([0]), np.array([20]), np.array([0]), 7) for grid in (small, large))
    )

    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_yesterday_weighs_most_where_every_day_follows_from_the_one_before(name):
    grid = drifting_grid(24)
    model = create(name, hidden=32, epochs=60)

    model.fit(grid, Split(range(1, 34), range(34, 39)), FitOptions(device="cpu"))
    forecast = model.forecast(grid, Origins.every(4, range(39, 45)))

    weights = forecast.attention.mean((0, 1))
    assert weights.argmax() == 6
    assert weights.argmin() == 0
    error = np.abs(forecast.quantiles[..., MEDIAN] - grid.throughput[forecast.origins.site, forecast.origins.day])
    assert error.sum() / grid.throughput[:, 39:].sum() < 0.4


@pytest.mark.parametrize("name", VARIANTS)
def test_both_variants_drop_attention_weights_in_training(name):
    network = create(name, hidden=8).build(NetworkSize(7, 24, 0, 8, 4, 0.25), 1)

    assert network.mechanism.attention.dropout.p == 0.25


def test_the_original_sizes_are_a_preset():
    model = create("daily_gru_multihead", **ORIGINAL)
    with torch.device("meta"):  # 178 million weights: only their shapes are wanted
        network = model.build(NetworkSize(7, 142, 0, ORIGINAL["hidden"], ORIGINAL["heads"], ORIGINAL["dropout"]), ORIGINAL["layers"])

    assert network.mechanism.encoder.input_size == 1704
    assert network.mechanism.encoder.hidden_size == 2048
    assert network.mechanism.out.out_features == 1024
    assert 170e6 < sum(p.numel() for p in network.mechanism.parameters()) < 190e6
    assert model.settings["batch"] == 16
