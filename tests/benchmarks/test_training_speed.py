from __future__ import annotations

import time

import pytest

from benchmarks.training_speed import Stopwatch, report, step_operations
from pipeline.core.evaluation.backtest import spans_of
from pipeline.core.models.gru_attention.forecaster import GruAttention
from tests.fixtures.grids import make_grid


def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_part_within_another_counts_once():
    clock = Stopwatch()
    backward = clock.of(lambda: spin(0.05), "backward")
    optimiser = clock.of(lambda: (spin(0.02), backward()), "optimiser")
    validation = clock.of(lambda: (spin(0.02), backward()), "validation")

    optimiser()
    validation()

    assert clock.seconds["backward"] == pytest.approx(0.05, abs=0.015)
    assert clock.seconds["optimiser"] == pytest.approx(0.02, abs=0.015)
    assert clock.seconds["validation"] == pytest.approx(0.07, abs=0.015)


def test_a_longer_day_costs_more_arithmetic():
    hourly, quarterly = make_grid(sites=1, days=60), make_grid(sites=1, days=60, steps=96)
    split = spans_of(60, 28, 8).split

    assert step_operations(quarterly, split) > step_operations(hourly, split) > 1e8


def test_the_shares_of_a_fit_add_up_to_the_whole():
    found = report(make_grid(sites=1, days=58), GruAttention(members=1, iterations=10, companion=False, refit=False))

    assert sum(found["shares"].values()) + found["rest"] == pytest.approx(1)
    assert found["shares"]["backward"] > found["shares"]["optimiser"]
    assert 0 < found["share_of_arithmetic_limit"] < 1
