"""The peak of each forecast day: what a list of thousands of sites is sorted by, without reading every step again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from psycopg2.sql import Identifier
from sqlalchemy import Connection

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.copy_binary import write_frame
from pipeline.adapters.postgres.queries import composed, run_composed, upsert_parts
from pipeline.adapters.postgres.schema import key_of, kinds_of
from pipeline.core.models.contract import QUANTILE_COLUMNS

KEY = key_of(schema.forecast_peaks)
SAME_ALL_DAY = ["target_day", "role", "cutoff", "model_version", "degradation", "run_id"]
PEAKS = kinds_of(schema.forecast_peaks)


def daily_peaks(day: pd.DataFrame, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per site, columns of ``PEAKS``: the quantiles of the day's peak, and when the median is largest.

    Args:
        day: Rows of table ``forecasts`` for one (target_day, role), each site's in order of time.
        known: Quantiles of the peak by (target_day, role, site); a site that is missing has the largest of each step's.
    """
    code, _ = pd.factorize(day["site"], sort=True)
    order = np.argsort(code, kind="stable")
    firsts = np.flatnonzero(np.diff(code[order], prepend=-1))
    peaks = day.iloc[order[firsts]][["site", *SAME_ALL_DAY]].reset_index(drop=True)
    for name in QUANTILE_COLUMNS:
        peaks[name] = np.maximum.reduceat(day[name].to_numpy()[order], firsts)
    highest = np.flatnonzero(day["q50"].to_numpy()[order] == peaks["q50"].to_numpy()[code[order]])
    peaks["peak_at"] = day["ts"].array[order[highest[np.searchsorted(highest, firsts)]]]
    return _told(peaks, known)[list(PEAKS)]


def _told(peaks: pd.DataFrame, known: pd.DataFrame | None) -> pd.DataFrame:
    """Return the peaks of one day with the quantiles that are known of them."""
    if known is None or known.empty or peaks.empty:
        return peaks
    days = pd.to_datetime(known["target_day"]) == pd.Timestamp(peaks["target_day"].iloc[0])
    here = known[days & (known["role"].astype(str) == str(peaks["role"].iloc[0]))].astype({"site": object})
    here = here.drop_duplicates("site").set_index("site")  # a site of two shards is refused by the key of its forecasts
    there = peaks["site"].isin(here.index)
    names = list(QUANTILE_COLUMNS)
    peaks.loc[there, names] = here.loc[peaks.loc[there, "site"].astype(object), names].to_numpy()
    return peaks


def write_peaks(connection: Connection, days: Iterable[pd.DataFrame], known: pd.DataFrame | None = None) -> int:
    """Keep the peaks of these rows of table ``forecasts`` and return how many changed; equal ones are left alone.

    Args:
        connection: In the role writer, in the transaction that writes the forecasts.
        days: Rows of one (target_day, role) each: whole days of sites, each site's in order of time.
        known: As in ``daily_peaks``.
    """
    names = Identifier("staged_forecast_peaks")
    parts = upsert_parts(PEAKS, KEY)
    run_composed(connection, composed("create_staged", table=Identifier("forecast_peaks"), staged=names))
    for day in days:
        write_frame(connection, composed("copy_rows", table=names, columns=parts["columns"]), daily_peaks(day, known), PEAKS)
    return run_composed(connection, composed("write_peaks", **parts)).rowcount
