"""The gate of a promotion."""

import pytest

from pipeline.core.evaluation.gate import best_naive, decide
from tests.fixtures.training import BETTER, NOISE, WORSE, evaluation


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
