from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.scenarios.sums import added, rounded, summed

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(arrays(np.float32, (1, 6, 2), elements=FINITE), st.permutations(range(6)), st.integers(1, 5))
def test_a_sum_has_the_same_bits_in_any_order_and_division(values: np.ndarray, order: list[int], cut: int) -> None:
    everyone = np.ones((1, 6), bool)
    whole = rounded(summed(values, everyone))

    shuffled = values[:, order]
    parts = [summed(part, np.ones((1, part.shape[1]), bool)) for part in (shuffled[:, :cut], shuffled[:, cut:])]

    assert np.array_equal(rounded(added(parts)) + np.zeros(whole.shape), whole)


@given(arrays(np.float32, (1, 6, 1), elements=FINITE))
def test_a_sum_is_the_exact_one_but_for_the_last_rounding(values: np.ndarray) -> None:
    exact = sum(Fraction(float(value)) for value in values.ravel())

    found = Fraction(float(np.ravel(rounded(summed(values, np.ones((1, 6), bool))))[0]) if values.any() else 0.0)

    size = sum(abs(Fraction(float(value))) for value in values.ravel())
    assert abs(found - exact) <= size * Fraction(2) ** -48


def test_groups_have_their_own_members() -> None:
    values = np.float32([[[1.0], [2.0], [4.0]]])

    found = rounded(summed(values, np.array([[True, True, True], [False, True, True], [True, False, False]])))

    assert found[:, 0, 0].tolist() == [7.0, 6.0, 1.0]
