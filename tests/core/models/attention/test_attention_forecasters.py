from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.core.models import create, load
from pipeline.core.models.contract import QUANTILES, FitOptions, Origins, Split
from pipeline.core.models.gru_attention.normalisation import normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training.losses import pinball_loss
from pipeline.errors import DataError, ModelError
from tests.fixtures.grids import grid_of, make_grid

NAMES = (
    "daily_gru_multihead",
    "daily_gru_dot",
    "lstm_pooled_attention",
    "input_attention_lstm",
    "bahdanau_gru",
    "attention_mlp",
    "shared_attention_lstm",
)
SMALL = {"context_days": 7, "hidden": 16, "batch": 16, "epochs": 2}
SPLIT = Split(range(1, 26), range(26, 33))
OPTIONS = FitOptions(seed=3, device="cpu")


@pytest.fixture(scope="module")
def grid():
    return make_grid(missing=0.05)


@pytest.fixture(scope="module")
def models(grid):
    fitted = {name: create(name, **SMALL) for name in NAMES}
    for model in fitted.values():
        model.fit(grid, SPLIT, OPTIONS)
    return fitted


@pytest.mark.parametrize("name", NAMES)
def test_quantiles_ascend_and_attention_is_a_distribution_over_past_days(grid, models, name):
    forecast = models[name].forecast(grid, Origins.every(3, range(33, 41)))

    assert forecast.quantiles.shape == (24, 24, 7)
    assert np.isfinite(forecast.quantiles).all()
    assert (np.diff(forecast.quantiles, axis=-1) >= 0).all()
    assert forecast.attention.shape == (24, 4, 7)
    assert (forecast.attention >= 0).all()
    np.testing.assert_allclose(forecast.attention.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_save_and_load_give_equal_forecasts_without_a_pickle(grid, models, name, tmp_path):
    origins = Origins.every(3, range(33, 35))

    models[name].save(tmp_path)
    restored = load(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "weights.safetensors"]
    assert restored.settings == models[name].settings
    np.testing.assert_array_equal(restored.forecast(grid, origins).quantiles, models[name].forecast(grid, origins).quantiles)


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_make_equal_fits(grid, models, name):
    origins, again = Origins.every(3, range(33, 34)), create(name, **SMALL)

    again.fit(grid, SPLIT, OPTIONS)

    np.testing.assert_array_equal(again.forecast(grid, origins).quantiles, models[name].forecast(grid, origins).quantiles)


@pytest.mark.parametrize("name", NAMES)
def test_a_day_without_readings_gets_no_attention(grid, models, name):
    observed = grid.observed.copy()
    observed[:, 30] = False
    lost = replace(grid, observed=observed, throughput=np.where(observed, grid.throughput, 0))

    weights = models[name].forecast(lost, Origins.every(3, range(33, 34))).attention

    assert (weights[..., 30 - 33 + 7] == 0).all()
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_site_without_readings_gets_nan_and_the_others_do_not(grid, models, name):
    observed = grid.observed.copy()
    observed[1] = False
    silent = replace(grid, observed=observed, throughput=np.where(observed, grid.throughput, 0))

    forecast = models[name].forecast(silent, Origins.every(3, range(33, 34)))

    assert np.isnan(forecast.quantiles[1]).all()
    assert np.isfinite(forecast.quantiles[[0, 2]]).all()
    np.testing.assert_allclose(forecast.attention.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_overfits_one_batch_and_every_parameter_learns(name):
    model, grid = create(name, **SMALL, dropout=0.0), make_grid(sites=2, steps=6, noise=0.3)
    torch.manual_seed(0)
    network = model.build(NetworkSize(7, 6, 0, 16, 4, 0.0), 1)
    windows = WindowGrid(grid, 7, "cpu", features=model.features)
    window = windows.gather(np.array([0, 1, 0, 1]), np.array([9, 10, 20, 31]), np.zeros(4, np.int64), 7)
    optimiser, levels = torch.optim.Adam(network.parameters(), lr=2e-2), torch.tensor(QUANTILES)
    losses, moved = [], {name: torch.zeros(()) for name, _ in network.named_parameters()}

    for _ in range(60):
        optimiser.zero_grad()
        output = network(window)
        loss = pinball_loss(output.quantiles, normalise_target(window.target, output.scale), window.target_observed, levels)
        loss.backward()
        for key, parameter in network.named_parameters():
            moved[key] = moved[key] + parameter.grad.abs().sum()
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.4 * losses[0]
    assert all(total > 0 for total in moved.values()), [key for key, total in moved.items() if total == 0]


def test_one_network_per_site_forecasts_only_the_sites_it_was_trained_on(grid):
    model = create("daily_gru_dot", **SMALL, per_site=True)
    model.fit(grid, SPLIT, OPTIONS)
    strangers = replace(grid, sites=(grid.sites[0], replace(grid.sites[1], name="new"), grid.sites[2]))

    forecast = model.forecast(strangers, Origins.every(3, range(33, 34)))

    assert np.isnan(forecast.quantiles[1]).all()
    assert np.isfinite(forecast.quantiles[[0, 2]]).all()
    np.testing.assert_allclose(forecast.attention.sum(-1), 1, rtol=1e-5)


def test_networks_per_site_survive_save_and_load(grid, tmp_path):
    model, origins = create("attention_mlp", **SMALL, per_site=True), Origins.every(3, range(33, 34))
    model.fit(grid, SPLIT, OPTIONS)

    model.save(tmp_path)

    np.testing.assert_array_equal(load(tmp_path).forecast(grid, origins).quantiles, model.forecast(grid, origins).quantiles)


def test_a_decoder_running_freely_does_not_see_the_target(grid, models):
    hidden = replace(grid, observed=grid.observed.copy(), throughput=grid.throughput.copy())
    hidden.throughput[:, 34:] *= 7

    one, other = (models["bahdanau_gru"].forecast(g, Origins.every(3, range(34, 35))) for g in (grid, hidden))

    np.testing.assert_array_equal(one.quantiles, other.quantiles)


def test_unknown_settings_are_refused_by_name():
    with pytest.raises(ModelError, match=r"attention_mlp does not know these settings.*expected some of context_days"):
        create("attention_mlp", depth=3)
    with pytest.raises(ModelError, match="hidden=10 with heads=4"):
        create("daily_gru_multihead", hidden=10)
    with pytest.raises(ModelError, match="layers=0; expected a whole number from 1 to 32"):
        create("bahdanau_gru", layers=0)


def test_another_step_length_is_refused(models):
    with pytest.raises(ModelError, match="48 steps a day; this model was fitted on 24"):
        models["attention_mlp"].forecast(make_grid(steps=48), Origins.every(3, range(33, 34)))


def test_a_model_that_is_not_fitted_refuses_to_forecast(grid):
    with pytest.raises(ModelError, match="bahdanau_gru is not fitted"):
        create("bahdanau_gru").forecast(grid, Origins.every(3, range(33, 34)))


def test_no_training_day_is_told():
    empty = grid_of(np.ones((1, 20, 24)), np.zeros((1, 20, 24), bool))
    with pytest.raises(DataError, match="no training day with readings in day indexes 1 to 12"):
        create("attention_mlp", **SMALL).fit(empty, Split(range(1, 13), range(13, 16)), OPTIONS)


@pytest.mark.parametrize("fault", ["version", "weights", "config"])
def test_a_folder_that_save_did_not_write_is_refused(models, tmp_path, fault):
    models["attention_mlp"].save(tmp_path)
    config = tmp_path / "config.json"
    if fault == "version":
        config.write_text(json.dumps(json.loads(config.read_text()) | {"architecture": 99}))
    elif fault == "weights":
        (tmp_path / "weights.safetensors").write_bytes(b"nonsense")
    else:
        config.write_text(json.dumps({"name": "attention_mlp", "architecture": 1}))

    with pytest.raises(ModelError, match="architecture version 99" if fault == "version" else "cannot load attention_mlp"):
        load(tmp_path)
