from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pipeline.core.evaluation.replay import Practice, replay
from pipeline.core.models import create
from pipeline.core.models.contract import FitOptions
from tests.fixtures.grids import grid_of, make_grid

TREES = partial(create, "lightgbm", trees=60, rate=0.1, leaves=15, most_rows=4000)
DAYS, NONE = range(60, 84), np.zeros(2, np.int64)
RULES = Practice(test_days=7, validation_days=7)


def broken(factor=0.3, from_day=70):
    values = make_grid(sites=2, days=84, noise=0.2).throughput.copy()
    values[:, from_day:] *= factor
    return grid_of(values)


@pytest.fixture(scope="module")
def quiet():
    return replay(TREES, broken(1.0), DAYS, NONE, FitOptions(), RULES)


def test_replay_forecasts_every_site_on_every_day_and_trains_by_schedule(quiet):
    assert len(quiet.forecast.origins) == 2 * len(DAYS)
    assert np.isfinite(quiet.forecast.quantiles).all()
    assert [change["asked_by"] for change in quiet.changes] == ["start", "schedule", "schedule", "schedule"]
    assert quiet.changes[0]["promoted"]
    assert all("wql over that of" in change["reason"] for change in quiet.changes)


def test_a_broken_world_asks_for_a_training_before_the_schedule_does():
    found = replay(TREES, broken(), DAYS, NONE, FitOptions(), replace(RULES, train_every=99))

    asked = [change for change in found.changes if change["asked_by"] in ("strain", "decay")]
    assert asked
    assert "2026-03-16" < asked[0]["day"] < "2026-03-28"  # the world breaks on day 70, the sixteenth


@pytest.mark.parametrize("unknown", [0, 6])
def test_replay_reads_nothing_at_or_after_a_cutoff(unknown):
    grid, lead, days = broken(), np.full(2, unknown), range(60, 69)
    changed = replace(grid, throughput=grid.throughput.copy())
    changed.throughput[:, 68:] = 1e9
    changed.throughput[:, 67, 24 - unknown :] = 1e9

    first, second = (replay(TREES, each, days, lead, FitOptions(), RULES) for each in (grid, changed))

    np.testing.assert_array_equal(first.forecast.quantiles, second.forecast.quantiles)
    assert first.changes == second.changes


def test_where_nothing_passes_the_gate_the_last_rung_answers():
    grid = make_grid(sites=2, days=84, noise=0.0)  # yesterday and last week are right already
    hopeless = partial(create, "lightgbm", trees=1, leaves=2, most_rows=500)

    found = replay(hopeless, grid, DAYS, NONE, FitOptions(), RULES)

    assert not any(change["promoted"] for change in found.changes)
    rule = create("seasonal_naive_mean").forecast(grid, found.forecast.origins)
    np.testing.assert_array_equal(found.forecast.quantiles, rule.quantiles)
