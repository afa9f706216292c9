import numpy as np
import pandas as pd

from pipeline.core.evaluation.plan_scores import risk_sums, sums_of, total_actuals, whole_day_actuals
from pipeline.core.models.contract import QUANTILES


def test_sums_are_those_of_a_loop_over_what_is_known() -> None:
    rng = np.random.default_rng(0)
    quantiles, actual = np.sort(rng.gamma(2.0, 10.0, (40, 7)), axis=1), rng.gamma(2.0, 10.0, 40)
    actual[::7] = np.nan

    found = sums_of(quantiles, actual)

    pairs = [(q, y) for q, y in zip(quantiles, actual, strict=True) if np.isfinite(y)]
    loss = sum(np.mean([max(level * (y - f), (level - 1) * (y - f)) for level, f in zip(QUANTILES, q, strict=True)]) for q, y in pairs)
    assert found["counted"] == len(pairs)
    assert np.isclose(found["loss"], loss)
    assert found["below50"] == sum(y <= q[3] for q, y in pairs)
    assert found["inside80"] == sum(q[1] <= y <= q[5] for q, y in pairs)


def test_risk_is_counted_by_fifths() -> None:
    found = risk_sums(np.array([0.0, 0.19, 0.2, 0.99, 1.0, 0.5]), np.array([0.0, 1.0, 0.0, 1.0, 1.0, np.nan]))

    assert found["bin_counted"] == [2, 1, 0, 0, 2]
    assert found["bin_came"] == [1, 0, 0, 0, 2]
    assert np.isclose(found["brier"], 0.81**2 + 0.2**2 + 0.01**2)


def test_a_day_of_which_too_little_came_has_no_actual_and_a_total_takes_the_median_for_what_is_missing() -> None:
    ts = pd.date_range("2026-08-21", periods=40, freq="h", tz="UTC")
    rows = pd.concat(
        [pd.DataFrame({"site": i, "ts": ts, "actual": 10.0 * (i + 1), "q50": 12.0 * (i + 1)}) for i in range(2)], ignore_index=True
    )
    rows.loc[:2, "actual"] = np.nan  # site 0: 37 of 40
    rows.loc[40, "actual"] = np.nan  # site 1: 39 of 40

    found, total = whole_day_actuals(rows), total_actuals(rows, 60)

    assert np.isnan(found.loc[0, "peak"])
    assert found.loc[1].tolist() == [20.0, 20.0]
    assert total.isna().tolist() == [True] * 3 + [False] * 37
    rows["q50"] = [1.0] * 40 + [120.0] * 40
    assert total_actuals(rows, 60).iloc[1] == 1.0 + 20.0
