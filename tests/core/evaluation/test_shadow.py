"""The comparison of a challenger in the shadow with the champion."""

import numpy as np
import pytest

from pipeline.core.evaluation.shadow import compare_days

RNG = np.random.default_rng(0)
CHAMPION = 100 * RNG.lognormal(0, 0.3, 60)


def test_compare_days_finds_a_gain_beyond_noise():
    found = compare_days(0.9 * CHAMPION[:14] * RNG.lognormal(0, 0.02, 14), CHAMPION[:14], 14)

    assert found.better
    assert found.gain.value == pytest.approx(0.1, abs=0.02)
    assert str(found).startswith("14 days in the shadow: a pinball loss lower by ")


def test_compare_days_leaves_noise_alone():
    found = compare_days(0.99 * CHAMPION[:14] * RNG.lognormal(0, 0.2, 14), CHAMPION[:14], 14)

    assert not found.better
    assert found.gain.low < 0 < found.gain.high


def test_compare_days_tells_nothing_before_its_days_are_full():
    found = compare_days(0.5 * CHAMPION[:13], CHAMPION[:13], 14)

    assert not found.better
    assert str(found) == "13 days in the shadow, too few to tell"


def test_compare_days_looks_again_only_when_as_many_days_have_passed():
    challenger = np.concatenate([CHAMPION[:14], 0.5 * CHAMPION[14:28]])

    looks = [compare_days(challenger[:days], CHAMPION[:days], 14) for days in (14, 27, 28)]

    assert [look.judged for look in looks] == [14, 14, 28]
    assert [look.better for look in looks] == [False, False, True]


def test_compare_days_seldom_takes_chance_for_a_gain():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(400):
        noise = rng.lognormal(0, 0.1, (2, 14))
        alarms += compare_days(CHAMPION[:14] * noise[0], CHAMPION[:14] * noise[1], 14).better

    assert alarms / 400 < 0.08  # 2.5 % in the limit, about 5 % with fourteen days
