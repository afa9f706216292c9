import numpy as np

from pipeline.core.scenarios.mixing import PRIOR, losses_of, spread_of_past, spread_of_steps, weights
from pipeline.core.scenarios.spread import QUANTILE_SCORES, SCORES, values_at

HIGHEST = np.array([[10.0, 12, 15, 20, 25, 30, 34], [1, 2, 3, 4, 5, 6, 7]])


def test_the_weights_are_a_share_each_and_the_prior_without_evidence() -> None:
    found = weights(np.array([[9.0, 0.0], [1.0, 0.0], [4.0, 0.0]]), np.array([5.0, 0.0]))

    assert np.allclose(found.sum(axis=0), 1)
    assert found[1, 0] > found[2, 0] > 0
    assert found[1, 1] > PRIOR[1]  # a site without days hears the fleet
    assert np.array_equal(weights(np.zeros((3, 2)), np.zeros(2)), np.repeat(PRIOR[:, None], 2, axis=1))


def test_the_steps_own_say_has_their_quantiles() -> None:
    found = values_at(spread_of_steps(HIGHEST), np.broadcast_to(QUANTILE_SCORES, (2, 7)))

    assert np.allclose(found, HIGHEST, rtol=0.04)


def test_past_ratios_multiply_the_largest_median_and_few_of_them_say_nothing() -> None:
    ratios = np.log(np.linspace(0.8, 1.2, 21))[:, None] + np.zeros((21, 2))
    ratios[3:, 1] = np.nan

    found = spread_of_past(HIGHEST, ratios)

    assert np.isclose(found[0, SCORES.size // 2], 20)
    assert np.allclose(found[0, [0, -1]], [16, 24], rtol=0.1)
    assert np.array_equal(found[1], spread_of_steps(HIGHEST)[1])
    assert (np.diff(found, axis=1) >= 0).all()


def test_a_site_without_an_actual_has_no_loss() -> None:
    found = losses_of(np.stack([spread_of_steps(HIGHEST)] * 3), np.array([20.0, np.nan]))

    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1]).all()
