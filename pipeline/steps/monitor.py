"""Score every published day once its actuals are in, and see whether the champion is still what it was."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.adapters.mlflow.monitoring_run import log_monitoring
from pipeline.adapters.postgres import monitoring, schema
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.events import read_ignored
from pipeline.adapters.postgres.quarantine import quarantine_future
from pipeline.adapters.postgres.readings import read_readings, read_sites
from pipeline.adapters.postgres.scores import SCORES, forget_scores, read_daily_changes, read_due, read_forecasts, write_scores
from pipeline.adapters.postgres.whole_days import read_planned, write_plan_scores
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.evaluation.anomalies import find_anomalies
from pipeline.core.evaluation.site_scores import hour_sums, score_frozen, score_naives, score_sites
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.core.series.clock import infer_step_minutes
from pipeline.core.series.frames import Site
from pipeline.core.series.groups import FLEET
from pipeline.core.series.intervals import on_steps
from pipeline.errors import ConfigurationError, ServiceError
from pipeline.steps.champion import watch_alias
from pipeline.steps.decay import watch_champions
from pipeline.steps.planned import score_plan

log = logging.getLogger(__name__)

RECHECK_DAYS = 7  # a scored day that is younger is looked at again: late readings arrive within days
HISTORY_DAYS = 28  # before the day, for the daily change that MASE divides by
NAIVE_DAYS = 30  # before the cutoff: what the naive rules look at, in every zone
SITES_AT_A_TIME = 1000  # whose weeks of readings are held at once
CHAMPION = "champion"


@dataclass(frozen=True)
class ScoredDay:
    """What one (target_day, role) adds to the tables; sites whose figures would stay as they are, are absent.

    Args:
        scores: Rows of ``scores``.
        hours: Rows of ``scores_by_hour``, of the same sites.
        completeness: Rows of ``completeness``, of every site that was looked at; empty for another role than the champion.
        anomalies: Rows of ``anomalies``, of the sites in ``scores``; empty for another role than the champion.
        plan: Rows of ``plan_scores``, of all sites of the day.
        forgotten: ``target_day, role, site`` of what was scored before a person ignored all its readings.
    """

    scores: pd.DataFrame
    hours: pd.DataFrame
    completeness: pd.DataFrame
    anomalies: pd.DataFrame
    plan: pd.DataFrame
    forgotten: pd.DataFrame


def monitor(run: Run, settings: Settings, *, days: int = 35) -> dict[str, Any]:
    """Score every published (target_day, role, site) that is over at the cutoff and has actuals; then watch the champion.

    Scored days are left alone, except recent ones whose actuals or forecast changed since. A second call writes nothing. With the scores
    go accuracy by lead time, completeness and anomalies; then drift, decay, and the request for a training where they ask for one. MLflow
    is brought up to the same figures; where it is away, the next run makes up for it. An alias that was moved in MLflow itself is noted.

    Args:
        run: Gives the cutoff up to which actuals are known.
        settings: Give the database and the thresholds.
        days: How far back from the cutoff unscored days are looked for.
    """
    today = run.cutoff.date()
    with connect(settings, "writer", work="monitor") as writer, connect(settings, "reader", work="monitor") as reader:
        due = read_due(writer, today - timedelta(days=days), today - timedelta(days=RECHECK_DAYS), run.cutoff)
        scored = [score_day(writer, reader, group, settings, run.cutoff) for _, group in due.groupby(["target_day", "role"], sort=True)]
        written = sum(_write(writer, day) for day in scored)
        future = quarantine_future(reader, writer)
        if future:
            log.warning("quarantined readings of the future rows=%d: their source's clock or zone is wrong", future)
    reports = [_report(day) for day in scored if len(day.scores)]
    log.info("monitored cutoff=%s days=%d rows=%d", run.cutoff.isoformat(), len(reports), written)
    watched = watch_champions(run, settings)
    _track(settings, today - timedelta(days=days), run.target_day)
    noted = [watch_alias(settings, group) for group in (FLEET, *settings.groups)] if settings.tracking_url else []
    outside = [each for each in noted if each]
    result = {"target_day": run.target_day.isoformat(), "scored": reports, "rows": written, "future": future, "outside": outside, **watched}
    return Store(settings.store_url).write_result(run, "monitor", result)


def score_day(writer: Connection, reader: Connection, due: pd.DataFrame, settings: Settings, cutoff: datetime) -> ScoredDay:
    """Return what one (target_day, role) adds to the tables; readings that a person ignores are judged nowhere.

    Args:
        writer: Connection that reads forecasts.
        reader: Connection that reads traffic.
        due: Rows of ``read_due`` of this day and role.
        settings: Say what an anomaly is.
        cutoff: Up to which events are known.
    """
    due = due.reset_index(drop=True)
    sites = list(due["site"])
    forecasts = read_forecasts(writer, due["target_day"][0], due["role"][0], sites)
    step_minutes = infer_step_minutes(forecasts)
    end = due["last_step"].max() + timedelta(minutes=step_minutes)
    actuals = on_steps(read_readings(reader, due["first_step"].min(), end, sites), step_minutes).drop_duplicates(["site", "ts"])
    actuals["site"] = pd.Index(sites).get_indexer(actuals["site"])
    arrived = forecasts.merge(actuals, on=["site", "ts"], how="left").rename(columns={"throughput": "actual"})
    ignored = read_ignored(reader, cutoff, due["first_step"].min(), end, sites)
    ignored["site"] = pd.Index(sites).get_indexer(ignored["site"])
    both = arrived.assign(actual=arrived["actual"].mask(_inside(ignored, arrived["site"], arrived["ts"])))
    site, actual = both["site"].to_numpy(), both["actual"].to_numpy()
    steps, total = (np.bincount(site, weights, minlength=len(sites)) for weights in (np.isfinite(actual), np.nan_to_num(actual)))
    changed = _changed(due, steps, total)
    chosen = both[changed[site]]
    watched = due["role"][0] == CHAMPION
    return ScoredDay(
        _scores(writer, reader, due, chosen, settings, cutoff) if changed.any() else pd.DataFrame(columns=list(SCORES)),
        _hours(due, chosen, np.flatnonzero(changed)),
        _completeness(due, arrived) if watched else pd.DataFrame(columns=list(monitoring.COMPLETENESS)),
        _anomalies(due, chosen, settings.anomaly_steps) if watched else pd.DataFrame(columns=list(monitoring.ANOMALIES)),
        score_plan(writer, (due["role"][0], due["target_day"][0]), sites, both) if changed.any() else pd.DataFrame(),
        due.loc[(steps == 0) & due["scored_steps"].notna().to_numpy(), ["target_day", "role", "site"]],
    )


def _inside(ignored: pd.DataFrame, site: pd.Series, ts: pd.Series) -> np.ndarray:
    """Return which rows lie in an ignored span of their site."""
    found = np.zeros(len(ts), bool)
    for name, starts, ends in zip(ignored["site"], ignored["starts_at"], ignored["ends_at"], strict=True):
        found |= ((site == name) & (ts >= starts) & (ts < ends)).to_numpy()
    return found


def _scores(
    writer: Connection, reader: Connection, due: pd.DataFrame, rows: pd.DataFrame, settings: Settings, cutoff: datetime
) -> pd.DataFrame:
    until = due["first_step"].min()
    daily_change = read_daily_changes(reader, list(due["site"]), until - timedelta(days=HISTORY_DAYS), until, cutoff)
    quantiles = rows[list(QUANTILE_COLUMNS)].to_numpy()
    scores = score_sites(rows["site"].to_numpy(), rows["actual"].to_numpy(), quantiles, daily_change)
    if due["role"][0] == CHAMPION:
        scores = scores.join(_naives(reader, due.loc[scores.index], rows, settings))
        frozen = read_planned(writer, schema.frozen, (CHAMPION, due["target_day"][0]), ["site", "medians"])
        place = {name: i for i, name in enumerate(due["site"])}
        medians = {place[site]: said for site, said in zip(frozen["site"], frozen["medians"], strict=True) if site in place}
        scores["wape_frozen"] = score_frozen(rows, medians, len(due))[scores.index]
    named = due.loc[scores.index, ["target_day", "role", "site", "model_version", "cutoff"]].join(scores)
    return named.reindex(columns=list(SCORES))


def _naives(reader: Connection, due: pd.DataFrame, rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return what the naive rules cost, from the readings before each cutoff, a part of the fleet at a time."""
    scored = []
    cutoffs: list[datetime] = list(due["cutoff"].unique())
    for cutoff in cutoffs:
        group = due.loc[due["cutoff"] == cutoff, "site"]
        known = {site.name: site for site in read_sites(reader, cutoff, settings.timezone).live}
        for i in range(0, len(group), SITES_AT_A_TIME):
            part = group.iloc[i : i + SITES_AT_A_TIME]
            sites = tuple(known.get(name, Site(name, settings.timezone)) for name in part)
            since = cutoff - timedelta(days=NAIVE_DAYS)
            readings = read_readings(reader, since, cutoff, list(part))
            readings = readings[~_inside(read_ignored(reader, cutoff, since, cutoff, list(part)), readings["site"], readings["ts"])]
            here = rows.assign(site=part.index.get_indexer(pd.Index(rows["site"])))
            scored.append(score_naives(here[here["site"] >= 0], readings, sites, cutoff).set_axis(part.index))
    return pd.concat(scored)


def _hours(due: pd.DataFrame, rows: pd.DataFrame, sites: np.ndarray) -> pd.DataFrame:
    site = rows["site"].to_numpy()
    began = pd.DatetimeIndex(due["first_step"])[site]
    hour = ((pd.DatetimeIndex(rows["ts"]) - began) // pd.Timedelta(hours=1)).to_numpy(np.int64)
    sums = hour_sums(site, hour, rows["actual"].to_numpy(), rows[list(QUANTILE_COLUMNS)].to_numpy(), len(due))
    return due.loc[sites, ["target_day", "role", "site"]].assign(**{name: list(values[sites].tolist()) for name, values in sums.items()})


def _completeness(due: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    by_site = rows.assign(last_reading=rows["ts"].where(rows["actual"].notna())).groupby("site")
    found = by_site.agg(expected=("ts", "size"), readings=("actual", "count"), last_reading=("last_reading", "max"))
    return due.loc[found.index, ["target_day", "site"]].join(found)


def _anomalies(due: pd.DataFrame, rows: pd.DataFrame, steps: int) -> pd.DataFrame:
    found = find_anomalies(rows, steps)
    names = due["site"].to_numpy()[found["site"].to_numpy(np.int64)]
    return found.assign(site=names, target_day=due["target_day"][0])[list(monitoring.ANOMALIES)]


def _write(writer: Connection, day: ScoredDay) -> int:
    if len(day.completeness):
        monitoring.write_completeness(writer, day.completeness)
    if len(day.forgotten):
        forget_scores(writer, day.forgotten)
    if not len(day.scores):
        return 0
    target_day, role = day.scores["target_day"].iloc[0], day.scores["role"].iloc[0]
    monitoring.write_hours(writer, day.hours)
    if role == CHAMPION:
        monitoring.replace_anomalies(writer, target_day, list(day.scores["site"]), day.anomalies)
    if len(day.plan):
        write_plan_scores(writer, day.plan)
    return write_scores(writer, day.scores)


def _report(day: ScoredDay) -> dict[str, Any]:
    scores = day.scores
    target_day, role, actual = scores["target_day"].iloc[0].isoformat(), scores["role"].iloc[0], scores["actual_total"].sum()
    wape = float((scores["wape"] * scores["actual_total"]).sum() / actual) if actual > 0 else None
    log.info("scored target_day=%s role=%s sites=%d wape=%s anomalies=%d", target_day, role, len(scores), wape, len(day.anomalies))
    return {"target_day": target_day, "role": role, "sites": len(scores), "wape": wape, "anomalies": len(day.anomalies)}


def _changed(due: pd.DataFrame, steps: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return which sites have actuals that were not scored like this, by this forecast, before."""
    same = due["scored_steps"].to_numpy(np.float64) == steps
    same &= np.isclose(due["scored_total"].to_numpy(np.float64), total, rtol=1e-12, atol=0)
    same &= (due["scored_version"] == due["model_version"]).to_numpy(bool) & (due["scored_cutoff"] == due["cutoff"]).to_numpy(bool)
    return ~same & (steps > 0)


def _track(settings: Settings, since: date, until: date) -> None:
    """Bring MLflow up to the figures in the database; it may be away, and then a later run does."""
    if not settings.tracking_url:
        return
    with connect(settings, "writer", work="monitor") as connection:
        figures = monitoring.read_daily_figures(connection, since, until)
    try:
        log_monitoring(settings, figures)
    except (ServiceError, ConfigurationError) as error:
        log.warning("figures not in MLflow yet, the next run tries again reason=%s", error)
