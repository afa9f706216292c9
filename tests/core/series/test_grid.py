"""The wall-clock grid."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from pipeline.core.series.frames import Site
from pipeline.core.series.grid import to_grid


def readings(site: str, start: str, hours: int, step_minutes: int = 15) -> pd.DataFrame:
    ts = pd.date_range(start, periods=hours * 60 // step_minutes, freq=f"{step_minutes}min", tz="UTC")
    return pd.DataFrame({"site": site, "ts": ts, "throughput": np.arange(len(ts), dtype=float)})


def test_grid_leaves_a_hole_and_shifts_nothing_when_a_row_is_lost():
    whole = readings("a", "2026-01-01", 48)

    grid = to_grid(whole.drop(index=5), (Site("a"),))

    assert grid.shape == (1, 2, 96)
    assert grid.observed.sum() == 191
    assert grid.throughput[0, 0, 6] == 6


def test_grid_known_at_masks_everything_from_the_cutoff_on():
    grid = to_grid(readings("a", "2026-01-01", 72), (Site("a"),))

    known = grid.known_at(datetime(2026, 1, 2, 18, tzinfo=UTC))

    assert known.shape == (1, 3, 96)
    assert known.observed[0].sum(axis=1).tolist() == [96, 72, 0]
