"""Anomalies against a loop over the steps."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core.evaluation.anomalies import find_anomalies


def make_rows(actual: list[float], site: str = "a", seed: int | None = None) -> pd.DataFrame:
    ts = pd.date_range("2026-08-21", periods=len(actual), freq="10min", tz="UTC")
    rows = pd.DataFrame({"site": site, "ts": ts, "actual": actual, "q05": 4.0, "q50": 5.0, "q95": 7.0})
    return rows if seed is None else rows.sample(frac=1, random_state=seed)


def by_loop(rows: pd.DataFrame, k: int) -> list[tuple]:
    found = []
    for site, group in rows.sort_values("ts").groupby("site"):
        run: list = []
        for row in [*group.itertuples(), None]:
            side = 0 if row is None else int(row.actual > row.q95) - int(row.actual < row.q05)
            if run and (row is None or side != run[0][0]):
                if len(run) >= k:
                    steps = [item for _, item in run]
                    excess = np.mean([max(s.actual - s.q95, s.q05 - s.actual) for s in steps])
                    found.append((site, steps[0].ts, steps[-1].ts, "above" if run[0][0] > 0 else "below", len(steps), excess))
                run = []
            if side:
                run.append((side, row))
    return found


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_find_anomalies_agrees_with_a_loop(k):
    rng = np.random.default_rng(k)
    rows = []
    for site in ("a", "b", "c"):
        values = 5.5 + np.cumsum(rng.standard_normal(144)) * 0.5
        values[rng.random(144) < 0.1] = np.nan
        rows.append(make_rows(list(values), site))
    table = pd.concat(rows).sample(frac=1, random_state=0)

    found = find_anomalies(table, k)

    expected = by_loop(table, k)
    columns = found[["site", "starts_at", "ends_at", "direction", "steps"]]
    assert [tuple(row) for row in columns.itertuples(index=False)] == [row[:5] for row in expected]
    assert found["excess"].to_numpy() == pytest.approx([row[5] for row in expected])


def test_find_anomalies_says_what_was_there_and_what_was_expected():
    found = find_anomalies(make_rows([5, 8, 10, 9, 5], seed=1), 3)

    assert found[["steps", "actual", "expected", "excess", "direction"]].to_numpy().tolist() == [[3, 9.0, 5.0, 2.0, "above"]]
    assert str(found["ends_at"][0] - found["starts_at"][0]) == "0 days 00:20:00"


def test_find_anomalies_ends_a_run_where_a_reading_is_missing_or_the_side_changes():
    assert len(find_anomalies(make_rows([8, 8, np.nan, 8, 8]), 3)) == 0
    assert len(find_anomalies(make_rows([8, 8, 3, 3, 8]), 3)) == 0
    assert len(find_anomalies(pd.concat([make_rows([8, 8], "a"), make_rows([8, 8], "b")]), 3)) == 0


def test_find_anomalies_counts_the_edges_of_the_band_as_inside():
    assert find_anomalies(make_rows([7.0, 4.0, 7.0]), 1).empty


def test_find_anomalies_of_nothing_is_nothing():
    assert find_anomalies(make_rows([5.0])[:0], 1).empty
