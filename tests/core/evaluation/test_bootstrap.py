import numpy as np
import pytest

from pipeline.core.evaluation.bootstrap import gain, ratio_interval


def test_ratio_is_the_ratio_of_sums_and_lies_within_its_interval():
    rng = np.random.default_rng(0)
    ours, theirs = rng.random(28), rng.random(28) + 1

    found = ratio_interval(ours, theirs)

    assert found.value == pytest.approx(ours.sum() / theirs.sum())
    assert found.low < found.value < found.high


def test_interval_covers_the_truth_about_as_often_as_promised():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        theirs = rng.gamma(5, 1, 40)
        found = ratio_interval(0.9 * theirs * rng.normal(1, 0.2, 40), theirs, resamples=300)
        hits += found.low <= 0.9 <= found.high

    assert 0.88 <= hits / 200 <= 0.99


def test_gain_is_zero_without_width_against_oneself():
    losses = np.arange(1.0, 15.0)

    assert gain(losses, losses) == (0.0, 0.0, 0.0)


def test_gain_is_positive_where_the_challenger_loses_less_every_day():
    champion = np.random.default_rng(2).random(14) + 1

    found = gain(0.9 * champion, champion)

    assert found == pytest.approx((0.1, 0.1, 0.1))


def test_gain_is_drawn_from_the_same_days_for_both_so_that_common_swings_cancel():
    days = np.random.default_rng(3).gamma(1, 1, 28)

    found = gain(0.95 * days + 0.001, days)

    assert found.low > 0


def test_same_seed_gives_the_same_interval():
    ours, theirs = np.random.default_rng(4).random((2, 14))

    assert ratio_interval(ours, theirs, seed=5) == ratio_interval(ours, theirs, seed=5)
    assert ratio_interval(ours, theirs, seed=5) != ratio_interval(ours, theirs, seed=6)


def test_ratio_is_nan_where_the_rival_made_no_error():
    assert np.isnan(ratio_interval(np.ones(5), np.zeros(5))).all()
