"""How well a published day was planned, once its actuals are in: peaks, volumes, totals, risk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.publications import Slice
from pipeline.adapters.postgres.schema import kinds_of
from pipeline.adapters.postgres.whole_days import OF_FLEET, read_planned
from pipeline.core.evaluation.plan_scores import risk_sums, sums_of, total_actuals, whole_day_actuals
from pipeline.core.models.contract import QUANTILE_COLUMNS

SECONDS_PER_MINUTE = 60
Q = list(QUANTILE_COLUMNS)


def score_plan(writer: Connection, part: Slice, names: list[str], rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``plan_scores`` of a day; of quantities without an actual there is none.

    Args:
        writer: Reads what was planned.
        part: Role and target day.
        names: Sites that are to be scored; where they are not all that the day has a forecast of, nothing is said of it.
        rows: Of those sites, ``site`` as index into the names, ``ts``, the quantiles, and ``actual``, NaN where no reading came.
    """
    peaks = read_planned(writer, schema.peaks, part, ["site", "hour_probability", *Q])
    if set(peaks["site"]) != set(names):
        return pd.DataFrame(columns=list(kinds_of(schema.plan_scores)))
    came = whole_day_actuals(rows)
    came.index = pd.Index(np.array(names, object)[came.index.to_numpy(np.int64)])
    first = rows[rows["site"] == rows["site"].iloc[0]]["ts"].sort_values()
    minutes = int(first.diff().min().total_seconds()) // SECONDS_PER_MINUTE if len(first) > 1 else 0
    seconds = rows.groupby("site").size().to_numpy() * minutes * SECONDS_PER_MINUTE  # of each site's day
    came["volume"] = came["mean"] * seconds
    found = _of_sites(writer, part, peaks.dropna(subset=["hour_probability"]), came)
    if minutes and came["peak"].notna().any():
        found |= _of_fleet(writer, part, rows, minutes, len(names))
    kept = [{"quantity": name} | sums for name, sums in found.items() if sums["counted"]]
    return pd.DataFrame(kept, columns=[*kinds_of(schema.plan_scores)], dtype=object).assign(role=part[0], target_day=part[1])


def _of_sites(writer: Connection, part: Slice, peaks: pd.DataFrame, came: pd.DataFrame) -> dict[str, dict[str, Any]]:
    volumes = read_planned(writer, schema.volumes, part, ["site", *Q])
    risks = read_planned(writer, schema.risks, part, ["site", "capacity", "day"])
    found: dict[str, dict[str, Any]] = {}
    for name, planned in (("peak", peaks), ("volume", volumes)):
        found[name] = sums_of(planned[Q].to_numpy(np.float64), came[name].reindex(planned["site"]).to_numpy(np.float64))
    peak = came["peak"].reindex(risks["site"]).to_numpy(np.float64)
    above = np.where(np.isnan(peak), np.nan, peak > risks["capacity"].to_numpy(np.float64))
    return found | {"risk": risk_sums(risks["day"].to_numpy(np.float64), above)}


def _of_fleet(writer: Connection, part: Slice, rows: pd.DataFrame, minutes: int, sites: int) -> dict[str, dict[str, Any]]:
    """Figures of the fleet's total; none where the run's day holds other sites than this one, as where zones lie a day apart."""
    totals = read_planned(writer, schema.totals, part, ["ts", "sites", *Q])
    if totals.empty or totals["sites"].max() != sites:
        return {}
    actual = total_actuals(rows, minutes).reindex(pd.DatetimeIndex(totals["ts"]))
    found = {"total": sums_of(totals[Q].to_numpy(np.float64), actual.to_numpy(np.float64))}
    if actual.notna().all():
        whole = {"total_peaks": actual.max(), "total_volumes": actual.sum() * minutes * SECONDS_PER_MINUTE}
        for name, value in whole.items():
            planned = read_planned(writer, OF_FLEET[name], part, Q)
            found[name.removesuffix("s")] = sums_of(planned.to_numpy(np.float64), np.full(len(planned), value))
    return found
