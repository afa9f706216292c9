"""The gate of a promotion."""

import pytest

from pipeline.core.evaluation.gate import best_naive, decide, is_retraining
from pipeline.core.models import create
from tests.fixtures.training import AS_GOOD, BETTER, NOISE, WORSE, evaluation


def test_gate_lets_the_first_challenger_pass_that_beats_the_naive():
    decision = decide(evaluation(naive=BETTER))

    assert decision.promoted
    assert decision.figures == {"seasonal_naive_week": BETTER}
    assert decision.reason == "better: wql over that of seasonal_naive_week is 0.800 (95 % interval 0.700 to 0.900)"


def test_gate_needs_the_naive_beaten_and_the_champion_beaten_beyond_noise():
    assert decide(evaluation(naive=BETTER, champion=BETTER)).promoted
    assert decide(evaluation(naive=NOISE, champion=BETTER)).promoted
    assert not decide(evaluation(naive=WORSE, champion=BETTER)).promoted
    assert not decide(evaluation(naive=BETTER, champion=NOISE)).promoted


def test_gate_lets_a_retraining_pass_that_is_as_good_as_the_champion_and_nothing_else():
    retraining, other = (evaluation(champion=AS_GOOD) | {"retraining": same} for same in (True, False))

    assert decide(retraining).promoted
    assert "; no worse, as a retraining may be: wql over that of champion is 1.000 (95 % interval" in decide(retraining).reason
    assert not decide(other).promoted


def test_gate_stops_a_retraining_that_may_be_two_per_cent_worse():
    decision = decide(evaluation(champion=NOISE) | {"retraining": True})

    assert not decision.promoted
    assert decision.reason.startswith("not surely as good: wql over that of champion is 0.980 (95 % interval 0.900 to 1.060)")
    assert decision.reason.endswith("; a retraining needs an upper end below 1.02")


def test_gate_stops_a_retraining_that_loses_to_the_naive():
    assert not decide(evaluation(naive=WORSE, champion=BETTER) | {"retraining": True}).promoted


def test_gate_says_by_how_much_a_challenger_fails():
    decision = decide(evaluation(naive=BETTER, champion=NOISE))

    assert decision.reason == "not better: wql over that of champion is 0.980 (95 % interval 0.900 to 1.060)"


def test_gate_holds_where_the_champions_interval_touches_one():
    assert not decide(evaluation(champion=[0.9, 0.8, 1.0])).promoted


@pytest.mark.parametrize("ratio", [[float("nan")] * 3, [None] * 3])
def test_gate_holds_where_the_backtest_could_not_tell(ratio):
    decision = decide(evaluation(naive=ratio))

    assert not decision.promoted
    assert decision.reason == "not better: cannot be compared with seasonal_naive_week"


def test_gate_holds_without_a_naive():
    judged = evaluation()
    del judged["models"]["seasonal_naive_week"]

    assert decide(judged).reason == "the backtest has no seasonal naive to compare with: run evaluate again"


def test_gate_compares_with_the_naive_that_did_best():
    judged = {"models": {"seasonal_naive_day": {"wql": 0.4}, "seasonal_naive_week": {"wql": 0.3}, "seasonal_naive_mean": {"wql": None}}}

    assert best_naive(judged) == "seasonal_naive_week"


def test_only_the_same_architecture_with_the_same_settings_is_a_retraining():
    champion = create("lightgbm")

    assert is_retraining(create("lightgbm"), champion)
    assert not is_retraining(create("lightgbm", trees=10), champion)
    assert not is_retraining(create("seasonal_naive_week"), champion)
    assert not is_retraining(create("lightgbm"), None)
