"""Faulty readings to the quarantine, broken sites to the ladder, a broken batch refused: Great Expectations over the snapshot."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adapters.expectations import Expectations
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.quarantine import quarantine_rows
from pipeline.adapters.postgres.sites import add_found_sites
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.checks import Check, covariate_checks, first_fault, row_checks, schema_checks, schema_of, site_checks
from pipeline.core.series.faults import find_faults
from pipeline.core.series.frames import Site, to_sites
from pipeline.core.series.measures import site_measures
from pipeline.errors import DataError, NothingToForecastError

log = logging.getLogger(__name__)


def validate(run: Run, settings: Settings) -> dict[str, Any]:
    """Check the snapshot of ``extract`` and keep what is fit to learn from.

    A reading that fails a row check leaves the readings and goes to table ``quarantine``; one with a bad covariate keeps its throughput,
    loses the covariate and is recorded too. A site that is stale, incomplete or flat goes to ``ladder``, a dead one to ``dead``.

    Raises:
        DataError: The batch is broken: wrong schema, no reading, or too many stale sites. The failed expectation is named.
        NothingToForecastError: No site is live.
    """
    store = Store(settings.store_url)
    extracted = store.read_result(run, "extract")
    readings, sites = store.get_frame(extracted["readings"], ["site"]), to_sites(store.get_frame(extracted["sites"]))
    step_minutes = int(extracted["step_minutes"])
    covariates = [name for name in settings.covariates if name in readings.columns]
    expectations = Expectations(settings.home / "gx" / run.folder)
    try:
        check_batch(expectations, readings, covariates)
        clean, rejected = judge_rows(expectations, readings, sites, run.cutoff, step_minutes, covariates)
        told = run.purpose.startswith("forecast")  # a training tells nobody, and leaves newcomers to be met by a forecast
        newcomers = extracted.get("fleet", {}).get("added", []) if told else []
        if len(rejected) or newcomers:
            with connect(settings, "writer", work="validate") as connection:
                quarantine_rows(connection, rejected, run.folder)
                add_found_sites(connection, newcomers, settings.timezone)
        measures = site_measures(clean, sites, cutoff=run.cutoff, step_minutes=step_minutes, dead_after_days=settings.dead_after_days)
        by_reason = {str(reason): int(rows) for reason, rows in rejected["reason"].value_counts().items()}
        ladder = judge_sites(expectations, measures, settings, by_reason)
    finally:
        data_docs = expectations.publish()
        log.info("data docs of %s at %s", run.folder, data_docs)
    dead = measures["site"][measures["dead"]].tolist()
    log.info("validated readings=%d quarantined=%d ladder=%d dead=%d", len(clean), len(rejected), len(ladder), len(dead))
    return store.write_result(
        run,
        "validate",
        {
            "readings": extracted["readings"] if clean is readings else store.put_frame(run, "clean", clean),
            "rows": len(clean),
            "quarantined": by_reason,
            "ladder": ladder,
            "dead": dead,
            "data_docs": data_docs,
        },
    )


def check_batch(expectations: Expectations, readings: pd.DataFrame, covariates: Sequence[str]) -> None:
    """Raise unless the readings have their columns, types and at least one row."""
    schema = schema_of(readings, covariates)
    failed = [v for v in expectations.judge("schema", schema, schema_checks(covariates)) if not v.success]
    size = Check("there are readings", "empty", "rows", minimum=1)
    failed += [v for v in expectations.judge("snapshot", {"rows": np.array([len(readings)])}, [size]) if not v.success]
    if failed:
        found = f"the snapshot has columns {', '.join(map(str, readings.columns))}"
        raise DataError(f"{'; '.join(map(str, failed))}; {found}: fix the table or view 'traffic', then run extract again")


def judge_rows(
    expectations: Expectations,
    readings: pd.DataFrame,
    sites: tuple[Site, ...],
    cutoff: datetime,
    step_minutes: int,
    covariates: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the clean readings and the rejected ones as ``site, ts, reason, payload``; all clean gives the same frame back."""
    found = find_faults(readings, sites, cutoff=cutoff, step_minutes=step_minutes, covariates=covariates)
    rows, extras = row_checks(), covariate_checks(covariates)
    if all(verdict.success for verdict in expectations.judge("readings", found.telling, [*rows, *extras])):
        return readings, to_rejected(readings[:0], [])
    good = found.first == len(rows)
    rejected = to_rejected(readings[~good], [rows[i].fault for i in found.first[~good]])
    clean = readings[good].reset_index(drop=True)
    lost = [np.isin(np.flatnonzero(good), broken) for broken in found.covariates]
    for check, bad in zip(extras, lost, strict=True):
        rejected = pd.concat([rejected, to_rejected(clean[bad], [check.fault] * int(bad.sum()))], ignore_index=True)
    for check, bad in zip(extras, lost, strict=True):
        clean.loc[bad, check.column.removesuffix("_multiple_of_usual")] = np.nan
    return clean, rejected


def judge_sites(expectations: Expectations, measures: pd.DataFrame, settings: Settings, rejected: dict[str, int]) -> dict[str, str]:
    """Return the live sites that are too broken to feed a model, each with the reason.

    Raises:
        DataError: More than ``max_stale_share`` of the live sites are stale.
        NothingToForecastError: No site is live.
    """
    live = measures[~measures["dead"]]
    checks = site_checks(
        stale_after_hours=settings.stale_after_hours,
        max_stale_share=settings.max_stale_share,
        min_completeness=settings.min_completeness,
        flat_after_hours=settings.flat_after_hours,
    )
    found = "; ".join(f"{rows} reading(s) were rejected: {reason}" for reason, rows in rejected.items()) or "no reading was rejected"
    way_out = f"({found}): check that readings arrive, or choose an earlier target day"
    if live.empty:
        silent = f"all {len(measures)} silent for more than {settings.dead_after_days} days before the cutoff"
        raise NothingToForecastError(f"expectation failed: a site is live; found {silent}, expected 1 or more live {way_out}")
    freshness, *_ = expectations.judge("sites", live, checks)
    if not freshness.success:
        raise DataError(f"{freshness}: hours since the last reading of {len(live)} live sites {way_out}")
    fault = first_fault(live, checks)
    return {
        str(site): reason_of(checks[i], live.iloc[row])
        for row, (site, i) in enumerate(zip(live["site"], fault, strict=True))
        if i < len(checks)
    }


def reason_of(check: Check, site: pd.Series) -> str:
    """Return why a site fails a check, with the figure found and the one expected."""
    return f"{check.fault}: {check.column.replace('_', ' ')} {site[check.column]:.4g}, expected {check.bounds}"


def to_rejected(readings: pd.DataFrame, reasons: list[str]) -> pd.DataFrame:
    """Return readings as rows of the table ``quarantine``: ``site, ts, reason, payload`` (the row as it came, JSON)."""
    records = json.loads(readings.to_json(orient="records", date_format="iso", date_unit="us", double_precision=15))
    for record, value in zip(records, readings["throughput"], strict=True):
        if isinstance(value, float) and np.isinf(value):
            record["throughput"] = str(value)  # JSON knows no infinity
    payload = [json.dumps(record, ensure_ascii=False, sort_keys=True) for record in records]
    return pd.DataFrame({"site": readings["site"].to_numpy(), "ts": readings["ts"].to_numpy(), "reason": reasons, "payload": payload})
