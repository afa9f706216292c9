"""What is said of the time that a training will still take."""

import pytest

from pipeline.core.models.contract import Progress
from pipeline.core.training.remaining import RECENT_REPORTS, Remaining


def test_the_rest_is_reckoned_from_the_share_of_all_members_and_laps():
    remaining = Remaining()

    assert remaining.after(Progress(10, 200, 1.0, member=1, members=2, laps=2), 0.0) is None
    assert remaining.after(Progress(50, 200, 1.0, member=1, members=2, laps=2), 10.0) == pytest.approx(10 * (1 - 0.125) / 0.1)
    assert remaining.after(Progress(150, 200, 1.0, member=2, members=2, laps=2), 20.0) == pytest.approx(20 * 0.75 / 0.225)


def test_nothing_is_left_after_the_last_report():
    remaining = Remaining()
    told = [remaining.after(Progress(i, 4, 1.0, lap=lap, laps=2), 4.0 * lap + i) for lap in (1, 2) for i in range(1, 5)]

    assert told[-1] == 0
    assert told[1:] == sorted(told[1:], reverse=True)


def test_what_an_interrupted_training_tells_again_at_once_says_nothing_of_its_pace():
    remaining = Remaining()
    for i in range(500):
        remaining.after(Progress(i, 1000, 1.0), 0.001 * i)
    for i in range(500, 500 + 2 * RECENT_REPORTS):
        left = remaining.after(Progress(i, 1000, 1.0), 7.0 * (i - 499))

    assert left == pytest.approx(7.0 * (1000 - i))
