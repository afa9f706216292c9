"""Which rows of a file stand in ``traffic`` already, with the same values: they need not be written anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import ARRAY, Connection, Select, Text, func, literal, select, true

from pipeline.adapters.postgres.copy_binary import EPOCH
from pipeline.adapters.postgres.readings import numbers_of, read_columns, traffic_with


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
    table = read_columns(connection, known_of(names, f"{first}+00", f"{until}+00", list(values)), list(values))
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


def known_of(names: list[str], since: str, until: str, numbers: list[str]) -> Select[*tuple[Any, ...]]:
    """Return the query of what ``traffic`` holds of sites in a span: their places, counted from 1, and their instants ascend.

    One site after the other through the index (site, ts), whatever the planner believes of a table that was filled a moment ago: hence
    the offset of 0.
    """
    wanted = func.unnest(literal(names, ARRAY(Text))).table_valued("site", with_ordinality="place").render_derived("wanted")
    rows = traffic_with(numbers)
    of_site = select(rows).where(rows.c.site == wanted.c.site, rows.c.ts >= since, rows.c.ts < until).order_by(rows.c.ts).offset(0)
    here = of_site.lateral("here")
    return select(wanted.c.place, here.c.ts, *numbers_of(here, numbers)).join_from(wanted, here, true())
