"""Readings of sites that keep no fixed minute within the step."""

import numpy as np
import pandas as pd

from pipeline.core.series.intervals import on_steps


def readings_every(site: str, seconds: float, count: int, first: str = "2026-03-01") -> pd.DataFrame:
    ts = pd.Timestamp(first, tz="UTC") + pd.to_timedelta(np.arange(count) * seconds, unit="s")
    return pd.DataFrame({"site": site, "ts": ts.as_unit("us"), "throughput": np.arange(count, dtype=float)})


def test_loose_readings_start_with_their_step_each_on_its_own():
    found = on_steps(readings_every("a", 86_400 / 142, 284), 10)

    minute = found["ts"].to_numpy("datetime64[m]").astype(np.int64)
    assert not (minute % 10).any()
    assert len(np.unique(minute)) == 284
    assert found["ts"].dt.date.value_counts().tolist() == [142, 142]


def test_a_site_on_the_grid_keeps_its_minute_and_its_stray_rows_beside_a_loose_one():
    steady = pd.concat([readings_every("b", 600, 100, "2026-03-01 00:05"), readings_every("b", 600, 3, "2026-03-05 00:02:37")])
    loose = readings_every("a", 86_400 / 142, 142)

    found = on_steps(pd.concat([loose, steady], ignore_index=True), 10)

    assert found.loc[found["site"] == "b", "ts"].tolist() == steady["ts"].tolist()
    assert not (found.loc[found["site"] == "a", "ts"].dt.minute % 10).any()


def test_readings_of_a_fleet_on_its_grid_are_the_very_same_frame():
    steady = readings_every("b", 600, 100, "2026-03-01 00:05")

    assert on_steps(steady, 10) is steady
