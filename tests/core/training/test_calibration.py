from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from pipeline.core.models.contract import MEDIAN, QUANTILES
from pipeline.core.training.calibration import companion_share, interval_factors, quantile_loss_on, widen

NORMAL = np.array([NormalDist().inv_cdf(q) for q in QUANTILES])
FLOOR = np.full((1, 1, 1), -1e9)


def actuals(days=400, steps=24, seed=0):
    target = 100 + 10 * np.random.default_rng(seed).standard_normal((days, steps))
    return target, np.ones(target.shape, bool)


def quantiles_with(spread, shape):
    return np.broadcast_to(100 + spread * NORMAL, (*shape, len(QUANTILES)))


@pytest.mark.parametrize("spread", [3.0, 10.0, 25.0])
def test_widened_intervals_cover_what_they_say(spread):
    target, observed = actuals()
    quantiles = quantiles_with(spread, target.shape)

    wide = widen(quantiles, interval_factors(quantiles, target, observed, np.arange(400), FLOOR), FLOOR)

    covered = ((target >= wide[..., 1]) & (target <= wide[..., -2])).mean()
    assert covered == pytest.approx(0.8, abs=0.025)


def test_factors_stay_near_one_when_days_are_few():
    target, observed = actuals()
    quantiles = quantiles_with(3.0, target.shape)

    few, many = (interval_factors(quantiles, target, observed, day, FLOOR) for day in (np.zeros(400), np.arange(400)))

    assert few.max() < 1.5 < many.max()
    assert few[MEDIAN] == 1


def test_intervals_also_cover_what_they_say_after_a_few_days():
    rng, quantiles = np.random.default_rng(0), quantiles_with(10.0, (8, 1))
    observed, covered = np.ones((8, 1), bool), []

    for _ in range(400):
        factors = interval_factors(quantiles, 100 + 10 * rng.standard_normal((8, 1)), observed, np.arange(8), FLOOR)
        low, high = (float(NormalDist(0, 10).cdf(10 * NORMAL[i] * factors[i])) for i in (1, -2))
        covered.append(high - low)

    assert np.mean(covered) == pytest.approx(0.8, abs=0.01)


def test_widened_quantiles_never_cross():
    quantiles = np.sort(np.random.default_rng(0).standard_normal((20, 4, len(QUANTILES))), axis=-1)

    wide = widen(quantiles, np.array([0.1, 4.0, 0.3, 1.0, 2.0, 0.2, 0.1]), FLOOR)

    assert (np.diff(wide, axis=-1) >= 0).all()
    np.testing.assert_array_equal(wide[..., MEDIAN], quantiles[..., MEDIAN])


def test_an_end_on_the_bound_stays_there_and_counts_as_covering():
    target, observed = np.zeros((50, 4)), np.ones((50, 4), bool)
    quantiles = np.broadcast_to(np.array([0.0, 0, 0, 1, 2, 3, 4]), (50, 4, 7))
    floor = np.zeros((50, 1, 1))

    factors = interval_factors(quantiles, target, observed, np.arange(50), floor)

    assert (factors <= 1).all()
    assert (widen(quantiles, factors, floor)[..., :3] == 0).all()


def test_the_better_forecast_gets_the_larger_share():
    target, observed = actuals()
    good, bad = quantiles_with(10, target.shape), quantiles_with(10, target.shape) + 30

    assert companion_share(bad, good, target, observed) > 0.8
    assert companion_share(good, bad, target, observed) < 0.1


def test_quantile_loss_equals_a_loop_over_observed_steps():
    target, observed = actuals(days=3, steps=2)
    observed[1, 1] = False
    quantiles = quantiles_with(5.0, target.shape)

    total = 0.0
    for b, s in np.argwhere(observed):
        for q, level in enumerate(QUANTILES):
            error = target[b, s] - quantiles[b, s, q]
            total += max(level * error, (level - 1) * error)

    expected = 2 * total / len(QUANTILES) / np.abs(target[observed]).sum()
    assert quantile_loss_on(quantiles, target, observed) == pytest.approx(expected)
