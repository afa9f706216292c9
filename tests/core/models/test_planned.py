"""Covariates of the future: used for the day they are planned for, where the validation days say so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import Forecaster, Origins
from pipeline.core.models.peers.telling import telling_covariates
from pipeline.core.series.features import with_features
from pipeline.core.series.grid import Grid
from tests.core.models.test_covariates import LITTLE, OPTIONS, SMALL, SPLIT, SWEEP, TEST, wape_of
from tests.fixtures.grids import make_grid, make_planned_grid


@pytest.fixture(scope="module")
def grid() -> Grid:
    return make_planned_grid()


@pytest.fixture(scope="module", params=SWEEP)
def fitted(request, grid) -> Forecaster:
    model = create(request.param, **SMALL[request.param])
    model.fit(grid, SPLIT, OPTIONS)
    return model


def test_what_is_planned_for_the_day_itself_takes_a_fifth_of_the_error_at_least(grid, fitted):
    without = create(fitted.name, **SMALL[fitted.name], covariates=[])
    without.fit(grid, SPLIT, OPTIONS)

    assert fitted.planned == ["booked"]
    assert wape_of(fitted, grid) < 0.8 * wape_of(without, grid)


def test_a_model_with_plans_comes_back_from_its_folder(grid, fitted, tmp_path):
    fitted.save(tmp_path)

    np.testing.assert_array_equal(load(tmp_path).forecast(grid, TEST).quantiles, fitted.forecast(grid, TEST).quantiles)


def test_a_plan_that_does_not_come_is_an_ordinary_hole(grid, fitted):
    lost = fitted.forecast(replace(grid, planned={}), TEST).quantiles

    assert np.isfinite(lost).all()
    assert (lost != fitted.forecast(grid, TEST).quantiles).any()


def test_a_later_day_s_plan_says_nothing_of_this_one(grid, fitted):
    later = {name: np.where(np.arange(grid.shape[1])[None, :, None] > 65, -1e6, values) for name, values in grid.planned.items()}
    origins = Origins.every(3, range(60, 66))

    np.testing.assert_array_equal(
        fitted.forecast(replace(grid, planned=later), origins).quantiles, fitted.forecast(grid, origins).quantiles
    )


@pytest.mark.parametrize("name", SMALL)
def test_a_plan_that_says_nothing_changes_nothing(name):
    plain = make_grid(days=70)
    silent = replace(plain, planned={"booked": np.full(plain.shape, np.nan, np.float32)})

    models = [create(name, **SMALL[name] | LITTLE.get(name, {"epochs": 1})) for _ in range(2)]
    for model, of in zip(models, (plain, silent), strict=True):
        model.fit(of, SPLIT, OPTIONS)

    assert models[1].planned == []
    np.testing.assert_array_equal(models[1].forecast(silent, TEST).quantiles, models[0].forecast(plain, TEST).quantiles)


def test_validation_says_what_each_plan_is_worth_and_features_of_the_clock_are_asked_like_plans(grid):
    found = telling_covariates(None, with_features(grid, ["cos_minute", "mean_week"]), SPLIT, OPTIONS, 14)

    assert (found.covariates, found.planned) == ([], ["booked"])
    assert set(found.figures) == {"worth.booked", "worth.rumour", "worth.cos_minute", "worth.mean_week"}
    assert found.figures["worth.booked"] < 0.8 < 0.95 < found.figures["worth.rumour"]
