from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import FitOptions, Origins, Split
from pipeline.core.models.gru_attention import ensemble as attention_ensemble
from pipeline.errors import DataError, ModelError
from tests.fixtures.grids import grid_of, make_grid

SMALL = {"context_days": 14, "hidden": 16, "heads": 2, "batch": 16, "members": 2, "companion": False, "refit": False}
SPLIT = Split(range(1, 26), range(26, 33))


def fitted(grid, seed=0, iterations=12, **settings):
    model = create("gru_attention", **(SMALL | {"iterations": iterations} | settings))
    model.fit(grid, SPLIT, FitOptions(seed=seed, device="cpu"))
    return model


@pytest.fixture(scope="module")
def grid():
    return make_grid(missing=0.05)


@pytest.fixture(scope="module")
def model(grid):
    return fitted(grid)


def test_quantiles_ascend_and_attention_sums_to_one(grid, model):
    origins = Origins.every(3, range(33, 40))

    forecast = model.forecast(grid, origins)

    assert forecast.quantiles.shape == (21, 24, 7)
    assert (np.diff(forecast.quantiles, axis=-1) >= 0).all()
    assert forecast.attention.shape == (21, 4, 14)
    np.testing.assert_allclose(forecast.attention.sum(-1), 1, rtol=1e-5)


def test_a_fleet_of_many_batches_is_forecast_as_one_of_few(grid, model, monkeypatch):
    origins = Origins.every(3, range(33, 40))
    whole = model.forecast(grid, origins)
    monkeypatch.setattr(attention_ensemble, "MOST_READINGS_AT_ONCE", 4 * 14 * 24)  # four origins at a time, side by side

    parts = model.forecast(grid, origins)

    np.testing.assert_allclose(parts.quantiles, whole.quantiles, rtol=1e-5)
    np.testing.assert_allclose(parts.attention, whole.attention, rtol=1e-5, atol=1e-7)


def test_equal_seeds_give_equal_forecasts_and_others_do_not(grid, model):
    origins = Origins.every(3, range(33, 34))

    same, other = fitted(grid), fitted(grid, seed=1)

    np.testing.assert_array_equal(model.forecast(grid, origins).quantiles, same.forecast(grid, origins).quantiles)
    assert not np.array_equal(model.forecast(grid, origins).quantiles, other.forecast(grid, origins).quantiles)


def test_a_loaded_model_forecasts_as_the_saved_one(grid, model, tmp_path):
    origins = Origins.every(3, range(33, 35))
    model.save(tmp_path)

    loaded = load(tmp_path)

    assert loaded.settings == model.settings
    np.testing.assert_array_equal(model.forecast(grid, origins).quantiles, loaded.forecast(grid, origins).quantiles)


def test_load_refuses_another_architecture_in_words(model, tmp_path):
    model.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"architecture": 999}))

    with pytest.raises(ModelError, match="architecture version 999"):
        load(tmp_path)


def test_load_refuses_corrupted_weights(model, tmp_path):
    model.save(tmp_path)
    weights = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "weights.safetensors").write_bytes(weights[: len(weights) // 2])

    with pytest.raises(ModelError, match="cannot load gru_attention"):
        load(tmp_path)


def test_a_grid_of_another_step_is_refused(model):
    with pytest.raises(ModelError, match="48 steps a day"):
        model.forecast(make_grid(steps=48), Origins.every(3, range(33, 34)))


def test_unknown_settings_are_refused():
    with pytest.raises(ModelError, match="depth"):
        create("gru_attention", depth=3)


def test_a_fleet_without_readings_in_training_is_refused(grid):
    empty = replace(grid, observed=np.zeros_like(grid.observed))

    with pytest.raises(DataError, match="no training day"):
        fitted(empty)


def test_sites_that_are_new_dead_or_unknown_are_ordinary(grid, model):
    values, observed = grid.throughput.copy(), grid.observed.copy()
    values[0], observed[1, :30] = 0, False
    observed[2] = False
    mixed = grid_of(values, observed)
    mixed = replace(mixed, sites=(replace(mixed.sites[0], name="never seen"), *mixed.sites[1:]))

    quantiles = model.forecast(mixed, Origins.every(3, range(33, 34))).quantiles

    assert np.isfinite(quantiles[:2]).all()
    assert (quantiles[0] == 0).all()
    assert np.isnan(quantiles[2]).all()


@pytest.mark.parametrize("steps", [1, 10, 90, 1440])
def test_any_number_of_steps_a_day_works(steps):
    grid = make_grid(sites=2, days=40, steps=steps)

    model = fitted(grid, iterations=2, batch=4, members=1)

    forecast = model.forecast(grid, Origins.every(2, range(40, 41)))
    assert forecast.quantiles.shape == (2, steps, 7)
    assert np.isfinite(forecast.quantiles).all()


@pytest.fixture(scope="module")
def young_fleet():
    """A fleet of twenty days, forecast with everything the operator's default has, only smaller."""
    grid = make_grid(days=20)
    model = create("gru_attention", **(SMALL | {"iterations": 1, "companion": True, "refit": True, "members": 1}))
    return grid, model, model.fit(grid, Split(range(1, 14), range(14, 17)), FitOptions(device="cpu"))


def test_a_fleet_of_twenty_days_is_enough(young_fleet):
    grid, model, _ = young_fleet

    assert np.isfinite(model.forecast(grid, Origins.every(3, range(20, 21))).quantiles).all()


def test_validation_gives_the_better_companion_a_larger_share_than_the_middle(young_fleet):
    _, _, figures = young_fleet

    assert figures["validation_wql_companion"] < figures["validation_wql_network"]
    assert 0.3 < figures["companion_share"] <= 0.9


def test_companion_and_widths_survive_saving(young_fleet, tmp_path):
    grid, model, _ = young_fleet
    origins = Origins.every(3, range(17, 20))
    model.save(tmp_path)

    loaded = load(tmp_path)

    assert (tmp_path / "companion" / "config.json").exists()
    np.testing.assert_array_equal(model.forecast(grid, origins).quantiles, loaded.forecast(grid, origins).quantiles)


def test_refitting_learns_from_the_validation_days_and_from_nothing_later(grid):
    later, validation = (replace(grid, throughput=grid.throughput.copy()) for _ in range(2))
    later.throughput[:, 33:] *= 3
    validation.throughput[:, 30:33] *= 3
    origins = Origins.every(3, range(20, 21))

    first, same, other = (fitted(g, refit=True, members=1).forecast(grid, origins).quantiles for g in (grid, later, validation))

    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_an_interrupted_fit_goes_on_and_leaves_no_checkpoint(grid, tmp_path):
    options = FitOptions(device="cpu", checkpoint=tmp_path / "fit.safetensors", checkpoint_seconds=0)
    settings = SMALL | {"iterations": 12}

    def interrupt(line):
        if line.iteration >= 18:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create("gru_attention", **settings).fit(grid, SPLIT, replace(options, report=interrupt))
    left = list(tmp_path.iterdir())
    resumed = create("gru_attention", **settings)
    resumed.fit(grid, SPLIT, options)

    origins = Origins.every(3, range(33, 34))
    assert left
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(resumed.forecast(grid, origins).quantiles, fitted(grid).forecast(grid, origins).quantiles)


def test_epochs_set_the_length_of_a_fit(grid):
    lines = []
    model = create("gru_attention", **(SMALL | {"epochs": 2, "members": 1}))

    model.fit(grid, SPLIT, FitOptions(device="cpu", report=lines.append))

    assert lines[-1].iteration == lines[-1].iterations == round(2 * 3 * 25 / 16)
    assert any(line.validation is not None for line in lines)
