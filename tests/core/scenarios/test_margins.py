import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from pipeline.core.models.contract import QUANTILES
from pipeline.core.scenarios.margins import ladder, scores

STEPS = st.lists(st.floats(0, 1e6, width=32), min_size=7, max_size=7).map(lambda values: np.array([[sorted(values)]], np.float32))


@given(STEPS)
def test_the_ladder_has_the_quantiles_of_the_step(quantiles: np.ndarray) -> None:
    values = ladder(quantiles, 400)[:, 0, 0]

    assert (np.diff(values) >= -1e-6 * quantiles.max()).all()
    found = np.quantile(values, QUANTILES, method="hazen")
    gap = np.diff(quantiles[0, 0], prepend=quantiles[0, 0, 0], append=quantiles[0, 0, -1]).max() + 1e-6
    assert np.allclose(found, quantiles[0, 0], atol=0.03 * gap + 1e-5 * quantiles.max(), rtol=1e-5)
    assert values.min() >= 0


def test_traffic_that_may_be_negative_has_a_tail_below_zero() -> None:
    assert ladder(np.array([[[-3.0, -2, -1, 0, 1, 2, 3]]]), 100).min() < -3


def test_scores_are_the_normal_scores_of_the_levels_inside_and_go_on_beyond() -> None:
    quantiles = np.broadcast_to(np.array([1.0, 2, 3, 4, 5, 6, 7]), (6, 7))
    actual = np.array([1.0, 2.5, 4, 7, 8, 1e9])

    levels = ndtr(scores(quantiles, actual, np.ones(6, bool)))

    assert np.allclose(levels[:4], [0.05, 0.175, 0.5, 0.95], atol=1e-6)
    assert 0.95 < levels[4] < levels[5] <= 1


def test_an_actual_on_several_equal_quantiles_has_the_middle_of_their_levels() -> None:
    dead_hour = np.array([[0.0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 2, 4]])

    levels = ndtr(scores(dead_hour, np.zeros(2), np.ones(2, bool)))

    assert np.allclose(levels, [0.5, (0.05 + 0.75) / 2], atol=1e-6)


def test_what_was_not_observed_or_not_forecast_has_no_score() -> None:
    quantiles = np.array([[1.0, 2, 3, 4, 5, 6, 7], [np.nan] * 7])

    assert np.isnan(scores(quantiles, np.array([np.nan, 1.0]), np.array([False, True]))).all()
