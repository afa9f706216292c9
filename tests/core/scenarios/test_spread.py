import numpy as np
from scipy.special import ndtri

from pipeline.core.models.contract import QUANTILES
from pipeline.core.scenarios.spread import SCORES, Correction, corrected, learn, score_in, spread_of, values_at

NORMAL = ndtri((np.arange(200) + 0.5) / 200)


def test_an_uncorrected_distribution_has_the_quantiles_of_its_samples() -> None:
    samples = 100 + 10 * NORMAL[:, None]

    found = corrected(spread_of(samples), Correction.none(1))[0]

    assert np.allclose(found, np.quantile(samples[:, 0], QUANTILES, method="hazen"), atol=0.1)


def test_the_score_of_a_value_leads_back_to_the_value() -> None:
    spread = spread_of(100 + 10 * NORMAL[:, None])
    values = np.array([[75.0, 90, 100, 113, 126]])

    scores = score_in(np.broadcast_to(spread, (5, SCORES.size)), values[0])

    assert np.allclose(values_at(spread, scores[None]), values, atol=0.2)


def test_a_value_among_equal_ones_has_the_middle_score_and_none_lies_beyond_the_farthest() -> None:
    certain = np.full((3, SCORES.size), 5.0)

    assert score_in(certain, np.array([5.0, 6.0, 4.0])).tolist() == [0.0, 3.0, -3.0]
    assert np.isnan(score_in(certain[:1], np.array([np.nan]))).all()


def test_traffic_is_not_forecast_below_zero() -> None:
    spread = spread_of(np.abs(NORMAL)[:, None])

    assert values_at(spread, np.array([[-9.0]]))[0, 0] == 0


def test_days_that_all_lay_above_shift_the_next_and_more_of_them_more() -> None:
    few, many = learn(np.full((3, 1), 1.0)), learn(np.full((40, 1), 1.0))

    assert 0 < few.shift[0] < many.shift[0] < 1
    assert many.width[0] < few.width[0] < 1


def test_calm_and_wild_past_days_narrow_and_widen() -> None:
    rng = np.random.default_rng(0)
    wild, calm = learn(2 * rng.standard_normal((42, 5))), learn(0.5 * rng.standard_normal((42, 5)))

    assert (wild.width > 1.3).all()
    assert (calm.width < 0.8).all()


def test_a_site_without_days_learns_from_the_fleet() -> None:
    past = np.full((20, 3), 1.0)
    past[:, 2] = np.nan

    learnt = learn(past)

    assert 0.1 < learnt.shift[2] < learnt.shift[0]


def test_a_strange_day_moves_little_whatever_its_size() -> None:
    usual = np.zeros((20, 1))
    spread = np.broadcast_to(SCORES + 10, (1, SCORES.size))
    for size in (20.0, 1e9):
        strange = np.concatenate([usual, score_in(spread, np.array([size]))[None]])

        assert learn(strange).shift[0] < 0.2
