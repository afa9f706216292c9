from dataclasses import replace

import numpy as np

from pipeline.core.scenarios.memory import LEARNT_DAYS, RATIO_DAYS, Lesson, Memory, lesson_of
from pipeline.core.scenarios.paths import PAST_DAYS

QUANTILES = np.broadcast_to(np.arange(1.0, 8.0, dtype=np.float32), (2, 24, 7))
ALL = np.ones((2, 24), bool)


def lesson_after(memory: Memory, actual: float, observed: np.ndarray = ALL) -> Lesson:
    said = memory.say(memory.draw(QUANTILES, 40), QUANTILES, observed)
    return lesson_of(said, QUANTILES, np.full((2, 24), actual), observed)


def test_a_memory_keeps_the_last_days_alone() -> None:
    memory = Memory.empty(2, 24)
    for day in range(PAST_DAYS + 5):
        memory = memory.after(lesson_after(memory, 1 + day % 7))

    assert len(memory.steps) == PAST_DAYS
    assert {name: len(rows) for name, rows in memory.quantities.items()} == dict.fromkeys(("peak", "volume", "total"), LEARNT_DAYS)
    assert len(memory.ratios) == RATIO_DAYS
    newest = 1 + (PAST_DAYS + 4) % 7
    assert np.array_equal(memory.steps[-1] > 0, np.full((2, 24), newest > 4))


def test_a_fleet_without_a_past_still_has_paths_and_something_to_say() -> None:
    memory = Memory.empty(2, 24)
    paths = memory.draw(QUANTILES, 50)

    said = memory.say(paths, QUANTILES, ALL)

    assert np.isfinite(paths).all()
    assert all(np.isfinite(said.quantiles(name)).all() for name in ("peak", "volume", "total"))
    assert (np.diff(said.quantiles("peak")) >= 0).all()


def test_a_day_with_few_readings_teaches_neither_peak_nor_volume() -> None:
    observed = np.zeros((2, 24), bool)
    observed[0, :20] = observed[1, :3] = True

    lesson = lesson_after(Memory.empty(2, 24), 4.0, observed)

    assert np.isfinite(lesson.quantities["peak"][0])
    assert np.isnan([lesson.quantities["peak"][1], lesson.quantities["volume"][1], lesson.ratio[1]]).all()
    assert np.isnan(lesson.losses[:, 1]).all()


def test_a_day_whose_evening_is_unknown_teaches_its_steps_alone() -> None:
    lesson = lesson_after(Memory.empty(2, 24), 4.0)
    evening = np.broadcast_to(np.arange(24) >= 18, (2, 24)) & np.array([[True], [False]])

    cut = lesson.without(np.array([True, False]), evening)

    assert np.isnan(cut.steps[0, 18:]).all()
    assert np.isfinite(cut.steps[0, :18]).all()
    assert np.isnan([cut.quantities["peak"][0], cut.quantities["volume"][0], cut.ratio[0]]).all()
    assert np.isnan(cut.quantities["total"]).all()
    assert np.isfinite(cut.quantities["peak"][1])
    after = Memory.empty(2, 24).after(cut)
    assert after.days.tolist() == [0.0, 1.0]


def test_who_did_well_of_late_is_heard() -> None:
    memory = Memory.empty(2, 24)
    for _ in range(20):
        lesson = lesson_after(memory, 4.0)
        memory = memory.after(replace(lesson, losses=np.array([[3.0, 3.0], [1.0, 1.0], [2.0, 2.0]])))

    said = memory.say(memory.draw(QUANTILES), QUANTILES, ALL)

    near = np.abs(said.experts - said.spreads["peak"]).mean(axis=(1, 2))
    assert near.argmin() == 1
