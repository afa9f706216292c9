from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.learning.learner import plain
from pipeline.core.learning.rolling import joined, roll, speaker, start_of, taught
from pipeline.core.learning.state import State
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, FitOptions, Split
from pipeline.errors import ModelError
from tests.fixtures.grids import grid_of, make_grid

DAYS = 84
SPLIT, TEST = Split(range(1, 46), range(46, 56)), range(56, DAYS)
MIDNIGHT = np.zeros(3, np.int64)


def broken_world():
    """Three sites whose traffic falls to half on the sixth test day."""
    grid = make_grid(sites=3, days=DAYS)
    values = grid.throughput.copy()
    values[:, TEST.start + 5 :] *= 0.5
    return grid_of(values)


@pytest.fixture(scope="module")
def fitted():
    forecaster = create("lightgbm", trees=40, leaves=7, most_rows=3000)
    forecaster.fit(broken_world(), SPLIT, FitOptions())
    return forecaster


def errors(grid, forecast, days):
    known = np.isin(forecast.origins.day, days)
    actual = grid.throughput[forecast.origins.site, forecast.origins.day]
    return np.abs(actual - forecast.quantiles[..., MEDIAN])[known].sum() / actual[known].sum()


def test_a_broken_world_is_learnt_within_days_and_a_quiet_one_costs_nothing(fitted):
    grid = broken_world()
    made = list(roll(grid, TEST, speaker(fitted, grid, MIDNIGHT), start_of(fitted, grid, SPLIT, MIDNIGHT).state))
    learning, frozen = joined([day.made.forecast for day in made]), joined([plain(day.said) for day in made])

    before, after = range(TEST.start, TEST.start + 5), range(TEST.start + 8, TEST.start + 14)
    assert errors(grid, learning, after) < 0.8 * errors(grid, frozen, after)
    assert errors(grid, learning, before) < 1.03 * errors(grid, frozen, before)


@pytest.mark.parametrize("unknown", [0, 6, 22])
def test_nothing_at_or_after_the_cutoff_is_read(fitted, unknown):
    grid, lead = broken_world(), np.full(3, unknown)
    changed = replace(grid, throughput=grid.throughput.copy(), observed=grid.observed.copy())
    changed.throughput[:, 60:] = 1e9
    changed.throughput[:, 59, 24 - unknown :] = 1e9
    changed.observed[:, 61:] = False

    first, second = (list(roll(g, range(56, 61), speaker(fitted, g, lead), None))[-1] for g in (grid, changed))

    np.testing.assert_array_equal(first.made.forecast.quantiles, second.made.forecast.quantiles)
    np.testing.assert_array_equal(first.made.shares, second.made.shares)


@pytest.mark.parametrize("unknown", [0, 6])
def test_going_on_from_a_kept_state_gives_the_same_rows_bit_for_bit(fitted, tmp_path, unknown):
    grid, lead = broken_world(), np.full(3, unknown)
    whole = list(roll(grid, TEST, speaker(fitted, grid, lead), None))
    half = whole[12]
    half.before.save(tmp_path / "state.safetensors")

    rest = roll(grid, range(half.index + 1, TEST.stop), speaker(fitted, grid, lead), State.load(tmp_path / "state.safetensors"), half)

    for again, before in zip(rest, whole[13:], strict=True):
        np.testing.assert_array_equal(again.made.forecast.quantiles, before.made.forecast.quantiles)


def test_a_new_site_begins_with_what_the_fleet_has_learnt(fitted):
    grid = broken_world()
    day = list(roll(grid, TEST, speaker(fitted, grid, MIDNIGHT), None))[-1]
    known = taught(grid, day.before, day)

    strange = known.of_sites(("site-0", "a new one"))

    assert strange.own["days"][0] > 5
    assert strange.own["days"][1] == 0
    np.testing.assert_array_equal(strange.fleet["regret"], known.fleet["regret"])


def test_after_a_refit_half_of_the_evidence_stays_and_no_level(fitted):
    grid = broken_world()
    day = list(roll(grid, TEST, speaker(fitted, grid, MIDNIGHT), None))[-1]
    known = taught(grid, day.before, day)

    kept = known.after_refit(own=4)

    np.testing.assert_array_equal(kept.own["regret"][:, :4], known.own["regret"][:, :4] / 2)
    assert not kept.own["regret"][:, 4:].any()
    assert not kept.own["levels"].any()
    np.testing.assert_array_equal(kept.own["width"], known.own["width"])


def test_a_cut_state_is_refused_in_words(tmp_path):
    path = tmp_path / "state.safetensors"
    State.empty(("one", "two"), ("site-0",)).save(path)
    path.write_bytes(path.read_bytes()[:40])

    with pytest.raises(ModelError, match="no readable state of daily learning"):
        State.load(path)
