"""Covariates and features: used where the validation days say that they tell something, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import MEDIAN, FitOptions, Forecaster, Origins, Split
from pipeline.core.models.peers.telling import telling_covariates
from pipeline.core.series.features import with_features
from pipeline.core.series.grid import Grid
from tests.fixtures.grids import make_grid, make_told_grid

SPLIT = Split(range(1, 50), range(50, 60))
TEST = Origins.every(3, range(60, 70))
OPTIONS = FitOptions(device="cpu")
SMALL = {
    "gru_attention": {
        "context_days": 14, "hidden": 32, "heads": 2, "batch": 32, "members": 1, "iterations": 100, "companion": False, "refit": False,
    },
    "lightgbm": {"trees": 80, "most_rows": 8000},
    "lightgbm_bag": {"trees": 40, "most_rows": 4000},
    "lstm_pooled_attention": {"context_days": 14, "hidden": 16, "epochs": 40},
    "input_attention_lstm": {"context_days": 14, "hidden": 16, "epochs": 40},
    "bahdanau_gru": {"context_days": 7, "hidden": 16, "epochs": 20},
    "attention_mlp": {"context_days": 14, "hidden": 16, "epochs": 120},
    "shared_attention_lstm": {"context_days": 14, "hidden": 16, "epochs": 40},
    "daily_gru_multihead": {"hidden": 16, "epochs": 40},
    "daily_gru_dot": {"hidden": 16, "epochs": 40},
}  # fmt: skip
OWN = {"mean_week": np.random.default_rng(2).uniform(1, 2, (3, 70, 24)).astype(np.float32)}
# These read covariates by the class DayNetwork as shared_attention_lstm and daily_gru_dot do, which `make test` tries.
TWINS = ("lstm_pooled_attention", "input_attention_lstm", "bahdanau_gru", "attention_mlp", "daily_gru_multihead")
SWEEP = [pytest.param(name, marks=pytest.mark.again) if name in TWINS else name for name in SMALL]
LITTLE = {"gru_attention": {"iterations": 3}, "lightgbm": {"trees": 3}, "lightgbm_bag": {"trees": 3}}


@pytest.fixture(scope="module")
def grid():
    return make_told_grid()


@pytest.fixture(scope="module", params=SWEEP)
def fitted(request, grid) -> Forecaster:
    model = create(request.param, **SMALL[request.param])
    model.fit(grid, SPLIT, OPTIONS)
    return model


def wape_of(model: Forecaster, grid: Grid) -> float:
    median = model.forecast(grid, TEST).quantiles[..., MEDIAN]
    actual = grid.throughput[TEST.site, TEST.day]
    return float(np.abs(actual - median).sum() / actual.sum())


def test_a_covariate_that_tells_tomorrow_takes_a_fifth_of_the_error_at_least(grid, fitted):
    without = create(fitted.name, **SMALL[fitted.name], covariates=[])
    without.fit(grid, SPLIT, OPTIONS)

    assert fitted.covariates == ["told"]
    assert wape_of(fitted, grid) < 0.8 * wape_of(without, grid)


def test_a_model_with_covariates_comes_back_from_its_folder(grid, fitted, tmp_path):
    fitted.save(tmp_path)

    np.testing.assert_array_equal(load(tmp_path).forecast(grid, TEST).quantiles, fitted.forecast(grid, TEST).quantiles)


def test_a_covariate_that_does_not_come_any_more_is_an_ordinary_hole(grid, fitted):
    lost = fitted.forecast(replace(grid, covariates={}), TEST).quantiles

    silent = replace(grid, covariates={"told": np.full(grid.shape, np.nan, np.float32)})
    assert np.isfinite(lost).all()
    np.testing.assert_array_equal(fitted.forecast(silent, TEST).quantiles, lost)


def test_the_unit_of_a_covariate_does_not_matter(grid, fitted):
    larger = replace(grid, covariates={"told": grid.covariates["told"] * 8})

    np.testing.assert_allclose(fitted.forecast(larger, TEST).quantiles, fitted.forecast(grid, TEST).quantiles, rtol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_covariates_that_are_not_used_change_nothing(name):
    plain = make_grid(days=70)
    silent = replace(plain, covariates={"told": np.full(plain.shape, np.nan, np.float32)})
    settings = SMALL[name] | LITTLE.get(name, {"epochs": 1})

    models = [create(name, **settings) for _ in range(2)]
    for model, of in zip(models, (plain, silent), strict=True):
        model.fit(of, SPLIT, OPTIONS)

    assert models[1].covariates == []
    np.testing.assert_array_equal(models[1].forecast(silent, TEST).quantiles, models[0].forecast(plain, TEST).quantiles)


def test_nothing_is_telling_where_no_day_can_be_asked(grid):
    assert telling_covariates(None, grid, Split(range(1, 60), range(0)), OPTIONS, 14) == ([], [], {})


def test_validation_says_what_each_covariate_is_worth(grid):
    found = telling_covariates(None, grid, SPLIT, OPTIONS, 14)

    assert found.covariates == ["told"]
    assert found.figures["worth.told"] < 0.7 < 0.95 < found.figures["worth.noise"]


@pytest.mark.parametrize("name", ["gru_attention", "lightgbm", "attention_mlp"])
def test_a_feature_is_the_same_to_every_model_whether_the_step_made_it_or_not(name):
    plain = make_grid(days=70)
    settings = SMALL[name] | LITTLE.get(name, {"epochs": 1}) | {"covariates": ["mean_week"]}

    models = [create(name, **settings) for _ in range(3)]
    said = []
    for model, of in zip(models, (plain, with_features(plain, ["mean_week"]), replace(plain, covariates=OWN)), strict=True):
        model.fit(of, SPLIT, OPTIONS)
        said.append(model.forecast(of, TEST).quantiles)

    np.testing.assert_array_equal(said[0], said[1])
    assert (said[0] != said[2]).any()  # the table's own column of that name wins
