"""Which rows decide a check: enough of millions for the same verdict."""

import numpy as np
import pytest

from pipeline.core.series.checks import Check, telling_rows

CHECKS = [Check("x is small", "large", "x", minimum=0, maximum=100), Check("y is there", "missing", "y")]


@pytest.mark.parametrize("seed", range(5))
def test_telling_rows_give_the_verdict_of_all_rows(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 100, 20_000), rng.uniform(0, 1, 20_000)
    x[rng.integers(0, 20_000, seed)] = -1
    y[rng.integers(0, 20_000, seed)] = np.nan

    rows = telling_rows({"x": x, "y": y}, CHECKS)

    assert len(rows) < 1_100
    for check in CHECKS:
        whole, part = check.broken({"x": x, "y": y}).sum(), check.broken({"x": x[rows], "y": y[rows]}).sum()
        assert whole == part
    assert {int(x.argmin()), int(x.argmax())} <= set(rows)


def test_telling_rows_of_few_are_all_of_them():
    assert telling_rows({"x": np.arange(3.0), "y": np.full(3, np.nan)}, CHECKS).tolist() == [0, 1, 2]
