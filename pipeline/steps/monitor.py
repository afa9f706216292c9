"""Score every published day once its actuals are in."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from psycopg2 import extensions

from pipeline.adapters.database import connect
from pipeline.adapters.readings import read_readings
from pipeline.adapters.scores import SCORES, read_daily_changes, read_due, read_forecasts, write_scores
from pipeline.adapters.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.site_scores import score_sites
from pipeline.core.models.contract import QUANTILE_COLUMNS

log = logging.getLogger(__name__)

RECHECK_DAYS = 7  # a scored day that is younger is looked at again: late readings arrive within days
HISTORY_DAYS = 28  # before the day, for the daily change that MASE divides by


def monitor(run: Run, settings: Settings, *, days: int = 35) -> dict[str, Any]:
    """Write into ``scores`` every published (target_day, role, site) that is over at the cutoff and has actuals.

    Scored days are left alone, except recent ones whose actuals or forecast changed since. A second call writes nothing.

    Args:
        run: Gives the cutoff up to which actuals are known.
        settings: Give the database.
        days: How far back from the cutoff unscored days are looked for.
    """
    today = run.cutoff.date()
    with connect(settings, "writer") as writer, connect(settings, "reader") as reader:
        due = read_due(writer, today - timedelta(days=days), today - timedelta(days=RECHECK_DAYS), run.cutoff)
        scores = [score_day(writer, reader, group) for _, group in due.groupby(["target_day", "role"], sort=True)]
        written = write_scores(writer, pd.concat(scores)) if scores else 0
    scored = [_report(rows) for rows in scores if len(rows)]
    log.info("monitored cutoff=%s days=%d rows=%d", run.cutoff.isoformat(), len(scored), written)
    return Store(settings.store_url).write_result(run, "monitor", {"scored": scored, "rows": written})


def score_day(writer: extensions.connection, reader: extensions.connection, due: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of one (target_day, role) in the columns of the table, without the sites whose score would stay as it is."""
    due = due.reset_index(drop=True)
    sites = list(due["site"])
    forecasts = read_forecasts(writer, due["target_day"][0], due["role"][0], sites)
    actuals = read_readings(reader, due["first_step"].min(), due["last_step"].max() + timedelta(microseconds=1), sites)
    actuals["site"] = pd.Index(sites).get_indexer(actuals["site"])
    both = forecasts.merge(actuals, on=["site", "ts"], how="inner")
    site, actual = both["site"].to_numpy(), both["throughput"].to_numpy()
    steps, total = (np.bincount(site, weights, minlength=len(sites)) for weights in (np.isfinite(actual), np.nan_to_num(actual)))
    changed = _changed(due, steps, total)
    if not changed.any():
        return pd.DataFrame(columns=list(SCORES))
    chosen = changed[site]
    since = due["first_step"].min() - timedelta(days=HISTORY_DAYS)
    daily_change = read_daily_changes(reader, sites, since, due["first_step"].min())
    scores = score_sites(site[chosen], actual[chosen], both.loc[chosen, list(QUANTILE_COLUMNS)].to_numpy(), daily_change)
    return due.loc[scores.index, ["target_day", "role", "site", "model_version", "cutoff"]].join(scores)


def _report(scores: pd.DataFrame) -> dict[str, Any]:
    day, role, actual = scores["target_day"].iloc[0].isoformat(), scores["role"].iloc[0], scores["actual_total"].sum()
    wape = float((scores["wape"] * scores["actual_total"]).sum() / actual) if actual > 0 else None
    log.info("scored target_day=%s role=%s sites=%d wape=%s", day, role, len(scores), wape)
    return {"target_day": day, "role": role, "sites": len(scores), "wape": wape}


def _changed(due: pd.DataFrame, steps: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return which sites have actuals that were not scored like this, by this forecast, before."""
    same = due["scored_steps"].to_numpy(np.float64) == steps
    same &= np.isclose(due["scored_total"].to_numpy(np.float64), total, rtol=1e-12, atol=0)
    same &= (due["scored_version"] == due["model_version"]).to_numpy(bool) & (due["scored_cutoff"] == due["cutoff"]).to_numpy(bool)
    return ~same & (steps > 0)
