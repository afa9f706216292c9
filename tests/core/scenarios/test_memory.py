import numpy as np

from pipeline.core.scenarios.memory import Memory, judged
from pipeline.core.scenarios.paths import PAST_DAYS

QUANTILES = np.broadcast_to(np.arange(1.0, 8.0, dtype=np.float32), (2, 24, 7))


def test_a_memory_keeps_the_last_days_alone() -> None:
    memory = Memory.empty(2, 24)
    for day in range(PAST_DAYS + 5):
        actual = np.full((2, 24), 1 + day % 7)
        memory = memory.after(QUANTILES, actual, np.ones((2, 24), bool), judged(memory.draw(QUANTILES), actual, np.ones((2, 24), bool)))

    assert len(memory.steps) == PAST_DAYS
    assert len(memory.quantities["peak"]) == PAST_DAYS
    newest = 1 + (PAST_DAYS + 4) % 7
    assert np.array_equal(memory.steps[-1] > 0, np.full((2, 24), newest > 4))


def test_a_fleet_without_a_past_still_has_paths() -> None:
    paths = Memory.empty(2, 24).draw(QUANTILES, 50)

    assert np.isfinite(paths).all()
    assert Memory.empty(2, 24).correction("peak", 2).width.tolist() == [1.0, 1.0]


def test_a_day_with_few_readings_does_not_teach_its_peak() -> None:
    observed = np.zeros((2, 24), bool)
    observed[0, :20] = observed[1, :3] = True

    found = judged(Memory.empty(2, 24).draw(QUANTILES), np.full((2, 24), 4.0), observed)

    assert np.isfinite(found["peak"][0])
    assert np.isnan(found["peak"][1])
    assert np.isnan(found["volume"][1])
