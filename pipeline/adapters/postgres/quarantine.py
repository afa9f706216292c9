"""Rejected readings into the table ``quarantine``: as they came, with the reason. Nothing is dropped silently."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres.queries import statement
from pipeline.core.series.intake import FUTURE_INSTANT

ROWS_PER_INSERT = 5_000
MOST_FUTURE = 10_000  # readings of the future that one look takes: a table full of them is told as well by these


def quarantine_rows(connection: Connection, rejected: pd.DataFrame, run_id: str) -> int:
    """Keep rejected readings and return how many were not there yet; a rerun that meets the same row and reason adds none.

    Args:
        connection: In the role writer.
        rejected: Columns ``site`` and ``ts`` as far as known (else None, NaT), ``reason`` in words, ``payload``: the row as it came,
            a mapping or its JSON text.
        run_id: Which run rejected them.
    """
    added = 0
    for start in range(0, len(rejected), ROWS_PER_INSERT):
        rows = rejected.iloc[start : start + ROWS_PER_INSERT]
        values = {
            "run_id": run_id,
            "site": [None if pd.isna(site) else _storable(str(site)) for site in rows["site"]],
            "ts": [None if pd.isna(ts) else pd.Timestamp(ts).to_pydatetime() for ts in rows["ts"]],
            "reason": list(rows["reason"]),
            "payload": [_as_json(payload) for payload in rows["payload"]],
        }
        added += connection.execute(statement("write_quarantine"), values).rowcount
    return added


def quarantine_future(reader: Connection, writer: Connection) -> int:
    """Keep readings that are stamped later than the database's clock, whatever stands behind ``traffic``; return how many are new here.

    A file that is loaded leaves such rows out; a user's own table brings them all the same.
    """
    rows = reader.execute(statement("read_future"), {"limit": MOST_FUTURE}).all()
    found = {name: [getattr(row, name) for row in rows] for name in ("site", "ts", "throughput")}
    payload = [{"site": site, "ts": ts.isoformat(), "throughput": value} for site, ts, value in zip(*found.values(), strict=True)]
    rejected = pd.DataFrame({"site": found["site"], "ts": found["ts"], "reason": FUTURE_INSTANT, "payload": payload}, dtype=object)
    return quarantine_rows(writer, rejected, "monitor traffic")


def _as_json(payload: Any) -> str:
    """Return a payload as JSON that Postgres can hold; what JSON does not know (infinity, instants) becomes text."""
    text = payload if isinstance(payload, str) else json.dumps(_plain(payload), ensure_ascii=False, default=str)
    return _storable(text).replace("\\u0000", "\\ufffd")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, float) and not math.isfinite(value) else value for key, value in values.items()}


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
