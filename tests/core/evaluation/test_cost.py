from __future__ import annotations

import time

import numpy as np

from pipeline.core.evaluation.cost import measured


def test_waiting_takes_seconds_of_the_clock_and_none_of_the_processor():
    with measured() as cost:
        time.sleep(0.2)

    assert cost.seconds >= 0.2
    assert cost.core_seconds < 0.15


def test_memory_that_is_given_back_counts_while_it_was_held():
    with measured() as before:
        pass
    with measured() as cost:
        held = np.ones(300_000_000 // 8)  # far more than other tests may have left behind
        time.sleep(0.1)
        del held

    assert cost.peak_mb > before.peak_mb + 200
