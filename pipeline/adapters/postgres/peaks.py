"""The peak of each forecast day: what a list of thousands of sites is sorted by, without reading every step again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.schema import kinds_of
from pipeline.adapters.postgres.statements import upsert_rows
from pipeline.core.models.contract import QUANTILE_COLUMNS

SAME_ALL_DAY = ["target_day", "role", "cutoff", "model_version", "degradation", "run_id"]
PEAKS = kinds_of(schema.peaks)


def daily_peaks(day: pd.DataFrame, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per site, columns of ``PEAKS``: the quantiles of the day's peak, and when the median is largest.

    Args:
        day: Rows of table ``forecasts`` for one (target_day, role), each site's in order of time.
        known: Quantiles of the peak, and the probability of its hours, by (target_day, role, site); a site that is missing has the
            largest of each step's.
    """
    code, _ = pd.factorize(day["site"], sort=True)
    order = np.argsort(code, kind="stable")
    firsts = np.flatnonzero(np.diff(code[order], prepend=-1))
    peaks = day.iloc[order[firsts]][["site", *SAME_ALL_DAY]].reset_index(drop=True)
    for name in QUANTILE_COLUMNS:
        peaks[name] = np.maximum.reduceat(day[name].to_numpy()[order], firsts)
    highest = np.flatnonzero(day["q50"].to_numpy()[order] == peaks["q50"].to_numpy()[code[order]])
    peaks["hour_probability"] = None
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
    sites, names = peaks.loc[there, "site"].astype(object), list(QUANTILE_COLUMNS)
    peaks.loc[there, names] = here.loc[sites, names].to_numpy()
    if "hour_probability" in here:
        peaks.loc[there, "hour_probability"] = here.loc[sites, "hour_probability"].to_numpy()
    return peaks


def write_peaks(connection: Connection, days: Iterable[pd.DataFrame], known: pd.DataFrame | None = None) -> int:
    """Keep the peaks of these rows of table ``forecasts`` and return how many changed; equal ones are left alone.

    Args:
        connection: In the role writer, in the transaction that writes the forecasts.
        days: Rows of one (target_day, role) each: whole days of sites, each site's in order of time.
        known: As in ``daily_peaks``.
    """
    peaks = (daily_peaks(day, known) for day in days)
    return upsert_rows(connection, schema.peaks, peaks, stamp="published_at")
