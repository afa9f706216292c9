import numpy as np
import pytest

from pipeline.core.learning import widths
from pipeline.core.learning.widths import BINS, WANTED_OUTSIDE, factors, moved, outside, ratios
from pipeline.core.models.contract import MEDIAN, QUANTILES
from pipeline.core.training.calibration import widen

NORMAL = np.array([-1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645])
STEPS = 24


def forecast_of(days: int, spread: float = 1.0) -> np.ndarray:
    return np.broadcast_to(100 + spread * NORMAL, (days, STEPS, len(QUANTILES)))


def learn(noise: np.ndarray, spread: float = 1.0) -> np.ndarray:
    """Return the share outside each interval, day by day, of a site whose noise ``(D, S)`` is that."""
    own, days, tracker = np.zeros((1, MEDIAN, BINS)), np.zeros(1), np.zeros((1, MEDIAN))
    lowest, seen, missed = np.full(1, -np.inf), np.ones((1, STEPS), bool), []
    for values in noise:
        said, actual = forecast_of(1, spread), 100 + values[None]
        factor = factors(own, days, own[0], float(days[0]), np.zeros(MEDIAN), tracker)
        missed.append(outside(widen(said, factor[:, None], lowest[:, None, None]), actual, seen))
        own = widths.FORGETTING * own + ratios(said, lowest, actual, seen)
        days = widths.FORGETTING * days + 1
        tracker = moved(tracker, missed[-1])
    return np.concatenate(missed)


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_widths_shrink_as_well_as_grow(scale):
    noise = scale * np.random.default_rng(0).standard_normal((60, STEPS))

    missed = learn(noise)[20:].mean(axis=0)

    np.testing.assert_allclose(missed, WANTED_OUTSIDE, atol=0.03)


def adversarial(days: int) -> np.ndarray:
    """Calm while intervals are wide, wild while they are narrow: changes regime at growing intervals and after them again."""
    rng = np.random.default_rng(5)
    scale = np.where((np.arange(days) // 17) % 2, 4.0, 0.3) * np.exp(0.5 * np.sin(np.arange(days) / 5))
    return np.clip(scale[:, None] * rng.standard_t(3, (days, STEPS)), -4.9, 4.9)


def test_long_run_coverage_of_an_adversarial_series_is_within_the_bound_of_the_theorem():
    days = 900
    bound = (2 * widths.LARGEST + widths.RATE) / (widths.RATE * days)

    missed = learn(adversarial(days)).mean(axis=0)

    assert (np.abs(missed - WANTED_OUTSIDE) <= bound).all()
    assert (np.abs(missed - WANTED_OUTSIDE) <= 0.03).all()


def test_coverage_of_a_series_that_reacts_to_the_forecast_is_within_the_bound():
    days, tracker, total = 4000, np.zeros((1, MEDIAN)), np.zeros(MEDIAN)
    for _ in range(days):
        half = np.exp(np.clip(tracker, -widths.LARGEST, widths.LARGEST))
        missed = np.where(half < np.exp(widths.LARGEST), 1.0, 0.0)  # just outside, whenever a bounded series can be
        total += missed[0]
        tracker = moved(tracker, missed)

    assert (np.abs(total / days - WANTED_OUTSIDE) <= (2 * widths.LARGEST + widths.RATE) / (widths.RATE * days)).all()


def test_counted_ratios_give_the_quantile_that_covers():
    rng = np.random.default_rng(3)
    actual = 100 + 1.7 * rng.standard_normal((1, 2400))
    said = np.broadcast_to(100 + NORMAL, (1, 2400, len(QUANTILES)))
    spread = ratios(said, np.full(1, -np.inf), actual, np.ones(actual.shape, bool))

    factor = factors(spread, np.ones(1), spread[0], 1e6, np.zeros(MEDIAN), np.zeros((1, MEDIAN)))

    np.testing.assert_allclose(factor[0, :MEDIAN], 1.7, rtol=0.05)


def test_an_end_on_the_bound_always_covers_and_an_unobserved_day_counts_for_nothing():
    said = np.maximum(forecast_of(2, spread=100.0), 0.0)
    actual, observed = np.zeros((2, STEPS)), np.ones((2, STEPS), bool)
    observed[1] = False

    spread = ratios(said, np.zeros(2), actual, observed)

    assert spread[0, 0, 0] == 1  # of the widest interval: all in the smallest bin
    assert not spread[1].any()
    np.testing.assert_array_equal(outside(said, actual, observed)[1], WANTED_OUTSIDE)
