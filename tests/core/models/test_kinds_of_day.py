"""Kinds of day: learnt where a site names a calendar, and no bit changes where none does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import MEDIAN, Forecaster, Origins
from pipeline.core.series.grid import Grid
from tests.core.models.test_covariates import OPTIONS, SMALL, SPLIT
from tests.fixtures.grids import make_grid

FREE = (8, 9, 17, 24, 25, 33, 38, 46, 52, 53, 57)  # working days without school, before the days that are forecast
AHEAD = (61, 66)
TEST = Origins.every(3, range(60, 70))


def on_calendar(grid: Grid, country: str | None) -> Grid:
    days = [(grid.first_day + timedelta(days=day)).isoformat() for day in (*FREE, *AHEAD)]
    sites = tuple(replace(site, country=country) for site in grid.sites)
    return replace(grid, sites=sites, calendars={"schools": {"school": days}})


@pytest.fixture(scope="module")
def grid() -> Grid:
    """Half of the traffic on days without school."""
    made = make_grid(3, 70)
    free = np.isin(np.arange(70), (*FREE, *AHEAD))[:, None]
    return replace(made, throughput=np.where(free, 0.5 * made.throughput, made.throughput).astype(np.float32))


@pytest.fixture(scope="module", params=["gru_attention", "lightgbm"])
def name(request) -> str:
    return request.param


def fitted(name: str, grid: Grid) -> Forecaster:
    model = create(name, **SMALL[name])
    model.fit(grid, SPLIT, OPTIONS)
    return model


def test_a_day_without_school_is_forecast_as_the_last_ones_were(name, grid, tmp_path):
    told, untold = on_calendar(grid, "schools"), on_calendar(grid, None)
    model = fitted(name, told)

    assert model.kinds == ("school",)
    ahead = np.isin(TEST.day, AHEAD)
    errors = []
    for which, where in ((model, told), (fitted(name, untold), untold)):
        median = which.forecast(where, TEST).quantiles[ahead][..., MEDIAN]
        actual = where.throughput[TEST.site, TEST.day][ahead]
        errors.append(np.abs(actual - median).sum() / actual.sum())
    assert errors[0] < 0.6 * errors[1]
    model.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).forecast(told, TEST).quantiles, model.forecast(told, TEST).quantiles)
    assert np.isfinite(model.forecast(untold, TEST).quantiles).all()


def test_a_calendar_that_no_site_names_changes_no_bit(name, grid):
    named, plain = on_calendar(grid, "DE"), replace(on_calendar(grid, "DE"), calendars={})

    there, without = fitted(name, named), fitted(name, plain)

    assert there.kinds == without.kinds == ()
    np.testing.assert_array_equal(there.forecast(named, TEST).quantiles, without.forecast(plain, TEST).quantiles)


def test_a_day_that_is_not_known_yet_changes_no_forecast(name, grid):
    told = on_calendar(grid, "schools")
    later = (told.first_day + timedelta(days=68)).isoformat()
    more = replace(told, calendars={"schools": {"school": [*told.calendars["schools"]["school"], later]}})
    model = fitted(name, told)

    before = Origins.every(3, range(60, 68))
    np.testing.assert_array_equal(model.forecast(told, before).quantiles, model.forecast(more, before).quantiles)
