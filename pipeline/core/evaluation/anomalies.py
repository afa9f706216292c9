"""Anomalies: actuals that stay outside the forecast's band for several steps in a row."""

from __future__ import annotations

import numpy as np
import pandas as pd

ABOVE, BELOW = "above", "below"
COLUMNS = ("site", "starts_at", "ends_at", "direction", "steps", "actual", "expected", "excess")


def find_anomalies(rows: pd.DataFrame, steps_in_a_row: int) -> pd.DataFrame:
    """Return one row per run of at least ``steps_in_a_row`` neighbouring steps on the same side of the band.

    A step without an actual ends a run: nothing is known of it. Ends of the band count as inside.

    Args:
        rows: One per forecast step, in any order: ``site``, ``ts``, ``actual`` (NaN where none is in), ``q05``, ``q50``, ``q95``.
        steps_in_a_row: How many steps make an anomaly.

    Returns:
        ``site``, ``starts_at`` and ``ends_at`` (first and last step outside), ``direction``, ``steps``, mean ``actual``, mean median
        (``expected``) and ``excess``, the mean distance beyond the edge of the band.
    """
    rows = rows.sort_values(["site", "ts"], ignore_index=True)
    actual, low, high = (rows[name].to_numpy(np.float64) for name in ("actual", "q05", "q95"))
    side = (actual > high).astype(np.int64) - (actual < low)  # a NaN is neither
    begins = np.ones(len(rows), bool)
    begins[1:] = (np.diff(side) != 0) | (rows["site"].to_numpy()[1:] != rows["site"].to_numpy()[:-1])
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(rows)))
    chosen = (side[starts] != 0) & (lengths >= steps_in_a_row)
    run = np.cumsum(begins) - 1  # which run each row belongs to

    def mean(values: np.ndarray) -> np.ndarray:
        return (np.bincount(run, np.nan_to_num(values), minlength=len(starts)) / np.maximum(lengths, 1))[chosen]

    first, last = starts[chosen], (starts + lengths - 1)[chosen]
    return pd.DataFrame(
        {
            "site": rows["site"].to_numpy()[first],
            "starts_at": rows["ts"].iloc[first].array,
            "ends_at": rows["ts"].iloc[last].array,
            "direction": np.where(side[first] > 0, ABOVE, BELOW),
            "steps": lengths[chosen],
            "actual": mean(actual),
            "expected": mean(rows["q50"].to_numpy(np.float64)),
            "excess": mean(np.maximum(actual - high, low - actual)),
        },
        columns=list(COLUMNS),
    )
