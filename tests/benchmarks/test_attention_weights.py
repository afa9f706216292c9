from __future__ import annotations

import pytest

from benchmarks.attention_weights import weights_of
from tests.fixtures.grids import make_grid


def test_weights_of_past_days_are_told_yesterday_first_and_sum_to_one():
    told = weights_of("daily_gru_dot", make_grid(sites=1, days=60), epochs=2)

    assert len(told["weights"]) == 7
    assert sum(told["weights"]) == pytest.approx(1, abs=1e-4)
    assert told["weights"][0] > 1 / 7  # the dot variant asks with yesterday's own output
    assert told["wape"] > 0
