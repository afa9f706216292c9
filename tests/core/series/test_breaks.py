"""Days before a break at the level of those after it: as if the site had always been what it is now."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, FitOptions, Origins, Split
from pipeline.core.series.breaks import LEARNT_DAYS, breaks_on, levelled
from tests.fixtures.grids import grid_of, make_grid

GRID = make_grid(sites=3, days=70, noise=0.1)
BREAK_DAY = 60
LABELS: dict = {site.name: {} for site in GRID.sites}


def broken(days_after: int, factor: float = 3.0):
    """The grid as it is known some days after site 1 broke, and what it would be had the site always been so."""
    days = BREAK_DAY + days_after
    values = GRID.throughput[:, : days + 1].copy()
    always = values.copy()
    always[1] *= factor
    values[1, BREAK_DAY:] *= factor
    observed = np.ones(values.shape, bool)
    observed[:, days:] = False
    both = (grid_of(np.where(observed, part, 0).astype(np.float32)) for part in (values, always))
    return tuple(replace(one, first_day=GRID.first_day, observed=observed) for one in both)


def events(at: float = BREAK_DAY, until: float | None = None, site: str = "site-1") -> pd.DataFrame:
    start, end = (pd.Timestamp(GRID.first_day, tz="UTC") + timedelta(days=day) for day in (at, until or at))
    return pd.DataFrame({"id": [1], "kind": ["break"], "site": [site], "labels": [None], "starts_at": [start], "ends_at": [end]})


def relative(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found / wanted - 1).mean())


@pytest.mark.parametrize("days_after", [1, 3, 9])
def test_days_before_a_break_are_at_the_level_of_those_after(days_after):
    grid, always = broken(days_after)

    found = levelled(grid, breaks_on(grid, events(), LABELS))

    ratio = found.throughput[1, :BREAK_DAY] / always.throughput[1, :BREAK_DAY]
    assert np.allclose(ratio, ratio[0, 0])
    assert ratio[0, 0] == pytest.approx(1, abs=0.06)
    assert np.array_equal(found.throughput[1, BREAK_DAY:], grid.throughput[1, BREAK_DAY:])
    assert np.array_equal(found.throughput[[0, 2]], grid.throughput[[0, 2]])


def test_a_break_of_which_nothing_came_yet_changes_nothing():
    grid, _ = broken(0)

    assert np.array_equal(levelled(grid, breaks_on(grid, events(), LABELS)).throughput, grid.throughput)
    assert levelled(grid, breaks_on(grid, events(site="another"), LABELS)) is grid


def test_the_level_is_that_of_the_first_days_whatever_comes_later():
    grid, _ = broken(9)
    later = replace(grid, throughput=grid.throughput.copy())
    later.throughput[1, BREAK_DAY + LEARNT_DAYS :] *= 2

    found, same = (levelled(each, breaks_on(each, events(), LABELS)) for each in (grid, later))

    assert np.array_equal(found.throughput[:, :BREAK_DAY], same.throughput[:, :BREAK_DAY])


def test_what_was_measured_while_the_change_took_place_is_left_out():
    grid, _ = broken(5)

    found = levelled(grid, breaks_on(grid, events(BREAK_DAY - 1, BREAK_DAY + 0.5), LABELS))

    steps = grid.shape[2]
    assert not found.observed[1, BREAK_DAY - 1].any()
    assert not found.observed[1, BREAK_DAY, : steps // 2].any()
    assert found.observed[1, BREAK_DAY, steps // 2 :].all()


def test_two_breaks_are_laid_one_after_the_other():
    grid, _ = broken(9)
    twice = replace(grid, throughput=grid.throughput.copy())
    twice.throughput[1, :30] /= 5

    found = levelled(twice, breaks_on(twice, pd.concat([events(), events(30).assign(id=2)]), LABELS))

    assert relative(found.throughput[1, :30], 3 * grid.throughput[1, :30]) < 0.1


@pytest.mark.parametrize("model", ["seasonal_naive_mean", "lightgbm"])
def test_three_days_after_a_break_the_forecast_is_that_of_a_site_that_was_always_so(model):
    grid, always = broken(3)
    split, origins = Split(range(1, 50), range(50, 60)), Origins(np.array([1]), np.array([BREAK_DAY + 3]), np.array([0]))

    def forecast(history) -> np.ndarray:
        forecaster = create(model, **({"trees": 40, "leaves": 7, "most_rows": 3000} if model == "lightgbm" else {}))
        forecaster.fit(history, split, FitOptions())
        return forecaster.forecast(history, origins).quantiles[0, :, MEDIAN]

    wanted = forecast(always)

    assert relative(forecast(levelled(grid, breaks_on(grid, events(), LABELS))), wanted) < 0.1
    assert relative(forecast(grid), wanted) > 0.1
