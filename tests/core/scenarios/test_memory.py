from dataclasses import fields, replace

import numpy as np

from pipeline.core.scenarios.memory import Advice, Lesson, Memory, lesson_of
from pipeline.core.scenarios.paths import PAST_DAYS, draw

QUANTILES = np.broadcast_to(np.arange(1.0, 8.0, dtype=np.float32), (2, 24, 7))
PATHS = draw(QUANTILES, np.full((PAST_DAYS, 2, 24), np.nan, np.float32), 40)
ALL = np.ones((2, 24), bool)


def lesson_after(memory: Memory, actual: float, observed: np.ndarray = ALL) -> Lesson:
    return lesson_of(memory.advice().say(PATHS, QUANTILES, observed), np.full((2, 24), actual), observed)


def test_a_memory_keeps_the_last_days_alone() -> None:
    memory = Memory.empty(2)
    shapes = {part.name: getattr(memory, part.name).shape for part in fields(memory)}
    for day in range(50):
        memory = memory.after(lesson_after(memory, 1 + day % 7))

    assert {part.name: getattr(memory, part.name).shape for part in fields(memory)} == shapes
    assert np.isfinite(memory.peak).all()
    assert np.allclose(memory.ratios[:, -1], np.log((1 + 49 % 7) / 4))
    assert np.allclose(memory.ratios[:, -2], np.log((1 + 48 % 7) / 4))


def test_a_fleet_without_a_past_still_has_something_to_say() -> None:
    advice = Memory.empty(2).advice()

    found = advice.quantiles(advice.say(PATHS, QUANTILES, ALL))

    assert sorted(found) == ["peak", "volume"]
    assert all(np.isfinite(values).all() and (np.diff(values) >= 0).all() for values in found.values())


def test_a_day_with_few_readings_teaches_neither_peak_nor_volume() -> None:
    observed = np.zeros((2, 24), bool)
    observed[0, :20] = observed[1, :3] = True

    lesson = lesson_after(Memory.empty(2), 4.0, observed)

    assert np.isfinite(lesson.peak[0])
    assert np.isnan([lesson.peak[1], lesson.volume[1], lesson.ratio[1], *lesson.losses[1]]).all()


def test_a_day_that_is_not_over_teaches_nothing_of_its_sites() -> None:
    lesson = lesson_after(Memory.empty(2), 4.0)

    after = Memory.empty(2).after(lesson.of(np.array([False, True])))

    assert after.days.tolist() == [0.0, 1.0]
    assert np.isnan(after.peak[0]).all()
    assert after.peak[1, -1] == lesson.peak[1]


def test_what_is_kept_among_other_arrays_is_the_same_memory() -> None:
    memory = Memory.empty(2).after(lesson_after(Memory.empty(2), 5.0))

    again = Memory.of({"other": np.zeros(2)} | memory.arrays())

    assert all(np.array_equal(getattr(again, part.name), getattr(memory, part.name), equal_nan=True) for part in fields(memory))


def test_advice_on_some_sites_joined_is_the_advice_on_all() -> None:
    memory = Memory.empty(2)
    for actual in (3.0, 6.0, 9.0):
        memory = memory.after(lesson_after(memory, actual))
    advice = memory.advice()

    again = Advice.joined([advice.subset(np.array([0])), advice.subset(np.array([1]))])

    said = [each.quantiles(each.say(PATHS, QUANTILES, ALL)) for each in (advice, again)]
    assert all(np.array_equal(said[0][name], said[1][name]) for name in said[0])


def test_who_did_well_of_late_is_heard() -> None:
    memory = Memory.empty(2)
    for _ in range(20):
        lesson = lesson_after(memory, 4.0)
        memory = memory.after(replace(lesson, losses=np.array([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]])))

    said = memory.advice().say(PATHS, QUANTILES, ALL)

    near = np.abs(said.experts - said.peak).mean(axis=(1, 2))
    assert near.argmin() == 1
