"""A version that learns every day: whatever is kept of past days, kept in part or lost, the rows are the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.core.evaluation.whole_days import Days, planned
from pipeline.core.learning.rolling import joined, learnt_on, start_of
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, QUANTILE_COLUMNS, FitOptions, Split
from pipeline.core.scenarios.day_ahead import outlook
from pipeline.core.scenarios.mixing import PRIOR
from pipeline.core.series.frames import Site
from pipeline.steps.forecast import every_origin
from pipeline.steps.learned import DailyLearner, frozen_rows
from tests.fixtures.grids import grid_of, make_grid

SPLIT, FIRST = Split(range(1, 46), range(46, 56)), 56
LEADS = pytest.mark.parametrize("lead_hours", [0, 6])


@pytest.fixture(scope="module")
def grid():
    made = make_grid(sites=3, days=76)
    values = made.throughput.copy()
    values[:, 60:] *= 0.6
    return grid_of(values)


@pytest.fixture(scope="module")
def fitted(grid):
    forecaster = create("lightgbm", trees=30, leaves=7, most_rows=3000)
    forecaster.fit(grid, SPLIT, FitOptions())
    return forecaster


def run_of(grid, day, lead_hours=0):
    start = datetime.combine(grid.day_at(day), datetime.min.time(), UTC)
    return Run("forecast", grid.day_at(day), start - timedelta(hours=lead_hours))


def told(home: Path, grid, fitted, day, lead_hours=0):
    """Return the forecast of every site on a day."""
    return learner_of(home, grid, fitted, day, lead_hours)[1]


def learner_of(home: Path, grid, fitted, day, lead_hours=0):
    """Return the learner of a day's run and its forecast of every site."""
    run = run_of(grid, day, lead_hours)
    known = grid.known_at(run.cutoff)
    every = every_origin(known, run)
    state = start_of(fitted, grid, SPLIT, every.unknown_steps).state
    prior = replace(state, through=str(grid.day_at(FIRST - 1)))
    learner = DailyLearner(run, Settings(home=home), "7", fitted, prior, every)
    return learner, learner.forecast(known, every).quantiles


def kept_files(home: Path) -> list[Path]:
    return sorted(Path(home).rglob("learnt-7/**/*.safetensors"))


@LEADS
def test_rows_are_the_same_with_all_some_or_nothing_kept(grid, fitted, tmp_path, lead_hours):
    daily = [told(tmp_path / "daily", grid, fitted, day, lead_hours) for day in range(FIRST, FIRST + 9)]
    files = kept_files(tmp_path / "daily")
    files[len(files) // 2].unlink()
    files[-1].write_bytes(files[-1].read_bytes()[:100])

    partly = told(tmp_path / "daily", grid, fitted, FIRST + 8, lead_hours)
    nothing = told(tmp_path / "new", grid, fitted, FIRST + 8, lead_hours)

    np.testing.assert_array_equal(daily[-1], nothing)
    np.testing.assert_array_equal(partly, nothing)


@LEADS
def test_a_backtest_says_the_same_bit_for_bit(grid, fitted, tmp_path, lead_hours):
    days, unknown = range(FIRST, FIRST + 7), np.full(3, lead_hours)
    state = start_of(fitted, grid, SPLIT, unknown).state

    rolled = learnt_on(fitted, grid, days, unknown, state).forecast

    for day in days:
        np.testing.assert_array_equal(told(tmp_path, grid, fitted, day, lead_hours), rolled.quantiles[rolled.origins.day == day])


@LEADS
def test_peaks_and_volumes_are_those_of_a_backtest_whatever_is_kept(grid, fitted, tmp_path, lead_hours):
    days, unknown = range(FIRST, FIRST + 7), np.full(3, lead_hours)
    start = start_of(fitted, grid, SPLIT, unknown)
    made = learnt_on(fitted, grid, days, unknown, start.state).forecast
    known = grid.known_at(run_of(grid, FIRST + 6, lead_hours).cutoff)
    last = made.subset(made.origins.day == FIRST + 6)
    judged = Days.of(grid, joined([start.forecast, made]), unknown, np.arange(3))
    backtest = planned(judged, 10, judged.observed[10:], np.full((7, 3), np.nan)).quantiles
    daily = [learner_of(tmp_path / "daily", grid, fitted, day, lead_hours)[0] for day in days][-1]
    nothing = learner_of(tmp_path / "new", grid, fitted, FIRST + 6, lead_hours)[0]

    assert not np.allclose(daily.spoken.advice.weights, PRIOR)
    frames = [outlook(known, last, [{}] * 3, each.spoken.advice).sites for each in (daily, nothing)]

    for name in ("peaks", "volumes"):
        pd.testing.assert_frame_equal(frames[0][name], frames[1][name])
    np.testing.assert_allclose(frames[0]["peaks"][list(QUANTILE_COLUMNS)], backtest["peak"][-1], rtol=1e-6)
    np.testing.assert_allclose(frames[0]["volumes"][list(QUANTILE_COLUMNS)], 3600 * backtest["volume"][-1], rtol=1e-6)


def test_what_the_weights_alone_say_is_kept_beside_by_instant(grid, fitted, tmp_path):
    learner, published = learner_of(tmp_path, grid, fitted, FIRST + 8)

    frozen = learner.spoken.frozen
    rows = frozen_rows(grid, frozen, "champion")

    assert rows["site"].tolist() == [site.name for site in grid.sites]
    np.testing.assert_array_equal(np.array(rows["medians"].tolist()), frozen.quantiles[..., MEDIAN])
    assert not np.allclose(frozen.quantiles[..., MEDIAN], published[..., MEDIAN], rtol=0.05), "the world broke: learning tells"


def test_an_ordinary_day_asks_the_model_for_the_target_day_alone(grid, fitted, tmp_path, monkeypatch):
    told(tmp_path, grid, fitted, FIRST + 4)
    asked = []
    before = type(fitted).forecast
    monkeypatch.setattr(type(fitted), "forecast", lambda self, grid, origins: asked.append(len(origins)) or before(self, grid, origins))

    told(tmp_path, grid, fitted, FIRST + 5)

    assert asked[10:] == [3]  # after the ten validation days that this test makes the version's own state from


def test_a_late_reading_is_learnt_from_as_if_it_had_been_there(grid, fitted, tmp_path):
    late = replace(grid, observed=grid.observed.copy(), throughput=grid.throughput.copy())
    late.observed[1, FIRST + 2, 5:20] = False
    late.throughput[1, FIRST + 2, 5:20] = 0
    without = [told(tmp_path / "late", late, fitted, day) for day in range(FIRST, FIRST + 6)][-1]

    arrived = told(tmp_path / "late", grid, fitted, FIRST + 5)

    np.testing.assert_array_equal(arrived, told(tmp_path / "new", grid, fitted, FIRST + 5))
    assert (arrived != without).any()


def test_a_new_site_is_forecast_beside_the_others(grid, fitted, tmp_path):
    for day in range(FIRST, FIRST + 5):
        told(tmp_path, grid, fitted, day)
    values = np.concatenate([grid.throughput, 2 * grid.throughput[:1]])
    observed = np.concatenate([grid.observed, grid.observed[:1]])
    observed[3, : FIRST + 2] = False
    wider = replace(
        grid, sites=(*grid.sites, Site("site-9")), throughput=values * observed, observed=observed, phase_minutes=np.zeros(4, np.int64)
    )

    found = told(tmp_path, wider, fitted, FIRST + 5)

    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, told(tmp_path / "new", wider, fitted, FIRST + 5))


def test_a_backfill_of_a_day_that_the_version_has_seen_learns_nothing(grid, fitted, tmp_path):
    run = run_of(grid, FIRST - 3)
    every = every_origin(grid, run)

    found = told(tmp_path, grid, fitted, FIRST - 3)

    np.testing.assert_array_equal(found, fitted.forecast(grid.known_at(run.cutoff), every).quantiles)
    assert not kept_files(tmp_path)
