"""Which rows of a file stand in ``traffic`` already, with the same values: they need not be written anywhere."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from pipeline.adapters.postgres.copy_binary import EPOCH
from pipeline.adapters.postgres.queries import composed
from pipeline.adapters.postgres.readings import read_columns, values_of


def find_known(connection: Connection, names: list[str], code: np.ndarray, ts: np.ndarray, values: dict[str, np.ndarray]) -> np.ndarray:
    """Return which rows ``(R,)`` the table ``traffic`` holds as they are.

    Args:
        connection: In a transaction that no other load runs beside.
        names: Sites.
        code: ``(R,)`` index into ``names`` of each row.
        ts: ``(R,)`` datetime64[us] in UTC.
        values: The columns, each ``(R,)`` float64; NaN is a missing value.
    """
    first, width = ts.min(), int(np.ptp(ts).astype(np.int64)) + 1
    if len(names) * width >= 2**63:
        return np.zeros(len(code), bool)  # centuries of thousands of sites: looked at later, in the database
    until = ts.max() + np.timedelta64(1, "us")
    asked = {"sites": names, "since": f"{first}+00", "cutoff": f"{until}+00"}
    table = read_columns(connection, composed("read_known", values=values_of(list(values))), asked, list(values))
    if not len(table["ts"]):
        return np.zeros(len(code), bool)
    there = (table["site"] - 1) * width + (table["ts"] - (first - EPOCH).astype(np.int64))  # ascending
    asked = code * width + (ts - first).astype(np.int64)
    place = np.minimum(np.searchsorted(there, asked), len(there) - 1)
    same = there[place] == asked
    for name, new in values.items():
        old = table[name][place]
        same &= (old == new) | (np.isnan(old) & np.isnan(new))
    return same
