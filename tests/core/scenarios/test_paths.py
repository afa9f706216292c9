import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.scenarios.margins import ladder
from pipeline.core.scenarios.paths import days_followed, draw, filled
from tests.core.scenarios.energy import energy_score


def quantiles_of(rng: np.random.Generator, sites: int, steps: int) -> np.ndarray:
    return np.sort(rng.gamma(2.0, 10.0, (sites, steps, 7)), axis=-1).astype(np.float32)


def past_of(rng: np.random.Generator, days: int, sites: int, steps: int, lost: float = 0.0) -> np.ndarray:
    past = (rng.standard_normal((days, 1, 1)) + rng.standard_normal((days, sites, steps))).astype(np.float32)
    past[rng.random(past.shape) < lost] = np.nan
    return past


@given(st.integers(0, 2**32 - 1), st.integers(1, 45), st.sampled_from([0.0, 0.3, 0.9, 1.0]))
def test_the_values_of_a_step_are_its_margin_whatever_the_past_was(seed: int, days: int, lost: float) -> None:
    rng = np.random.default_rng(seed)
    quantiles, past = quantiles_of(rng, 2, 6), past_of(rng, days, 2, 6, lost)

    paths = draw(quantiles, past, 50)

    assert np.array_equal(np.sort(paths, axis=0), ladder(quantiles, 50))


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_the_paths_of_a_shard_are_those_of_the_fleet(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    quantiles, past = quantiles_of(rng, 6, 12), past_of(rng, 20, 6, 12, 0.2)

    parts = [draw(quantiles[part], past[:, part], 40) for part in (slice(0, cut), slice(cut, 6))]

    assert np.array_equal(np.concatenate(parts, axis=1), draw(quantiles, past, 40))


def test_steps_and_sites_that_erred_together_move_together() -> None:
    rng = np.random.default_rng(1)
    together = np.repeat(rng.standard_normal((30, 1, 1)), 2, axis=1).repeat(8, axis=2).astype(np.float32)
    quantiles = np.broadcast_to(np.array([1.0, 2, 3, 4, 5, 6, 7], np.float32), (2, 8, 7))

    apart, joint = (
        draw(quantiles, past_of(rng, 30, 2, 8) * 0 + rng.standard_normal((30, 2, 8)).astype(np.float32)),
        draw(quantiles, together),
    )

    assert joint.sum(axis=(1, 2)).std() > 2 * apart.sum(axis=(1, 2)).std()
    assert np.array_equal(joint[:, 0], joint[:, 1])


def test_paths_know_more_of_a_day_than_independent_draws() -> None:
    rng = np.random.default_rng(2)
    past = past_of(rng, 42, 3, 24)
    quantiles = quantiles_of(rng, 3, 24)
    alone = np.stack([rng.permutation(column) for column in ladder(quantiles, 100).reshape(100, -1).T], axis=1)

    scores = []
    for truth in past_of(rng, 15, 3, 24):
        order = np.argsort(np.concatenate([past, truth[None]]), axis=0).argsort(axis=0)[-1]
        actual = np.take_along_axis(ladder(quantiles, 43), order[None], axis=0)[0].ravel()
        scores.append([energy_score(draw(quantiles, past).reshape(100, -1), actual), energy_score(alone, actual)])

    assert np.mean(scores, axis=0)[0] < 0.97 * np.mean(scores, axis=0)[1]


def test_a_hole_is_bridged_and_a_lost_day_half_borrowed_from_the_same_weekday() -> None:
    past = np.arange(15, dtype=np.float32)[:, None, None] + np.zeros((15, 2, 4), np.float32)
    past[3, 0] = [0, np.nan, np.nan, 3]
    past[9, 0] = np.nan
    stranger = filled(np.full((15, 1, 4), np.nan, np.float32))[9, 0]

    whole = filled(past)

    assert np.allclose(whole[3, 0], [0, 1, 2, 3])
    assert np.allclose(whole[9, 0], (2 + stranger) / np.sqrt(2))
    assert np.array_equal(whole[:, 1], past[:, 1])


@pytest.mark.parametrize("days", [1, 2, 3, 14, 42, 100])
def test_the_first_paths_follow_one_day_each_from_the_newest_back(days: int) -> None:
    first, second, angle = days_followed(days, 100)

    assert first[: min(days, 100)].tolist() == list(range(days))[::-1][:100]
    assert (angle[: min(days, 100)] == 0).all()
    assert ((second != first) | (days == 1)).all()
    assert (second < days).all()
    assert (second >= 0).all()
