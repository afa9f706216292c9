"""The peak of each forecast day: what a list of thousands of sites is sorted by, without reading every step again."""

from __future__ import annotations

import pandas as pd
from psycopg2 import extensions
from psycopg2.sql import Identifier

from pipeline.adapters.copy_binary import Kind, write_frame
from pipeline.adapters.queries import statement, upsert_parts
from pipeline.core.models.contract import QUANTILE_COLUMNS

KEY = ("target_day", "role", "site")
SAME_ALL_DAY = ["target_day", "role", "cutoff", "model_version", "degradation", "run_id"]
PEAKS: dict[str, Kind] = {
    "target_day": "date",
    "role": "text",
    "site": "text",
    "peak_at": "timestamptz",
    **dict.fromkeys(QUANTILE_COLUMNS, "float8"),
    "cutoff": "timestamptz",
    "model_version": "text",
    "degradation": "text",
    "run_id": "text",
}


def daily_peaks(day: pd.DataFrame) -> pd.DataFrame:
    """Return one row per site, columns of ``PEAKS``: each quantile's largest value of the day, and when the median is largest.

    Args:
        day: Rows of table ``forecasts`` for one (target_day, role), each site's in order of time.
    """
    day = day.reset_index(drop=True)
    sites = day.groupby("site", sort=True)
    peaks = sites[list(QUANTILE_COLUMNS)].max()
    peaks["peak_at"] = day["ts"].array[sites["q50"].idxmax().to_numpy()]
    return peaks.join(sites.head(1).set_index("site")[SAME_ALL_DAY]).reset_index()[list(PEAKS)]


def write_peaks(connection: extensions.connection, forecasts: pd.DataFrame) -> int:
    """Keep the peaks of these rows of table ``forecasts`` and return how many changed; equal ones are left alone.

    Args:
        connection: In the role writer, in the transaction that writes the forecasts.
        forecasts: Whole days of sites, each site's in order of time.
    """
    names = Identifier("staged_forecast_peaks")
    parts = upsert_parts(PEAKS, KEY)
    with connection.cursor() as cursor:
        cursor.execute(statement("create_staged", table=Identifier("forecast_peaks"), staged=names))
        for _, day in forecasts.groupby(["role", "target_day"], sort=True):
            write_frame(connection, statement("copy_rows", table=names, columns=parts["columns"]), daily_peaks(day), PEAKS)
        cursor.execute(statement("write_peaks", **parts))
        return cursor.rowcount
