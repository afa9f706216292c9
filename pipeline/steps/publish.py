"""The forecast into the database: all of it or nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from functools import partial, reduce
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy import Connection

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import FORECASTS, TABLES, ensure_partitions, is_published, slices_of, stage_days, swap_days
from pipeline.adapters.postgres.publications import Fleet
from pipeline.adapters.postgres.whole_days import OF_FLEET, OF_SITES, replace_fleet, replace_sites
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.scenarios.billing import Month, to_total_bills
from pipeline.core.scenarios.day_ahead import to_total_frames
from pipeline.core.scenarios.totals import Totals
from pipeline.errors import DataError, NothingToForecastError
from pipeline.steps.extract import join_fleets

CHAMPION_RUNG = "none"  # as column degradation names it
TEXTS = [name for name, kind in FORECASTS.items() if kind == "text"]

log = logging.getLogger(__name__)


def publish(run: Run, settings: Settings) -> dict[str, Any]:
    """Write what ``forecast`` left of every shard in one transaction; a second call changes nothing.

    Shards are read one at a time, so memory does not grow with their number.

    Raises:
        StoreError: ``forecast`` has not run for every shard; nothing is written.
        DataError: A row breaks the data contract, or no shard has a forecast; nothing is written.
        ServiceError: The database did not answer; nothing is written.
    """
    store = Store(settings.store_url)
    made = [result for part in run.parts() if (result := store.read_result(part, "forecast")).get("forecasts")]
    if not made:
        raise NothingToForecastError(f"none of the {run.shards} shards of {run.folder} has a site to forecast: check that readings arrive")
    return store.write_result(run, "publish", write_made(run, settings, made) | {"fleet": join_fleets(made)})


def write_made(run: Run, settings: Settings, made: list[dict[str, Any]]) -> dict[str, Any]:
    """Write the files of each result, and their totals added up, in one transaction and return how much they hold.

    The days then hold the sites that were forecast and no other; where sites were ``chosen`` for the run, the others keep their rows.
    """
    store = Store(settings.store_url)
    keys = [
        store.get(part["forecasts"], partial(_read, columns=["role", "target_day", "site", "model_version", "degradation"]))
        for part in made
    ]
    slices = {part for key in keys for part in slices_of(key)}
    days = sorted({day for _, day in slices})
    with connect(settings, "writer", work="publish") as connection:
        for table in TABLES:
            ensure_partitions(connection, table, days)
    digest = _digest(made)
    with connect(settings, "writer", work="publish") as connection:
        if changed := not is_published(connection, slices, digest):
            frames = {table: _frames(store, [part[table] for part in made]) for table in TABLES}
            fleet = None if join_fleets(made)["chosen"] else Fleet(next(iter(slices))[0], run.cutoff, run.folder)
            staged = stage_days(connection, slices, **frames, peaks=_peaks(store, made), digest=digest, fleet=fleet)
            kept = {(each.role, each.day): each.kept for each in staged if each.table == "forecasts"}
            for name, of_sites in OF_SITES.items():
                replace_sites(connection, of_sites, kept, _frames(store, [part[name] for part in made if part.get(name)]))
            if fleet is not None:
                _write_totals(connection, settings, fleet, run, made)
            swap_days(connection, staged)
    sites, rows = sum(key["site"].nunique() for key in keys), sum(len(key) for key in keys)
    degraded = sum(key.loc[key["degradation"] != CHAMPION_RUNG, "site"].nunique() for key in keys)
    versions = sorted({str(version) for key in keys for version in key["model_version"].unique()})
    log.info("published forecasts target_day=%s sites=%d rows=%d changed=%s", run.target_day, sites, rows, changed)
    found: dict[str, Any] = {"rows": rows, "sites": sites, "degraded": degraded, "versions": versions}
    found["target_days"] = [day.isoformat() for day in days]
    found["strains"] = {}
    for version, strain in (item for part in made for item in part.get("strains", {}).items()):
        found["strains"][version] = max(strain, found["strains"].get(version, strain))
    return found


def _frames(store: Store, urls: list[str]) -> Iterator[pd.DataFrame]:
    return (store.get(url, _read) for url in urls)


def _peaks(store: Store, made: list[dict[str, Any]]) -> pd.DataFrame | None:
    """Return the quantiles of all peaks; None where the forecasts were made before there were any."""
    frames = list(_frames(store, [part["peaks"] for part in made if part.get("peaks")]))
    return pd.concat(frames) if frames else None


def _write_totals(connection: Connection, settings: Settings, fleet: Fleet, run: Run, made: list[dict[str, Any]]) -> None:
    """Add up the shards' paths and write the totals; none where a shard was forecast before there were any."""
    store = Store(settings.store_url)
    if any(not part.get("totals") for part in made):
        return
    try:
        totals = _added_up(store, made, "totals")
        frames = to_total_frames(totals)
        if settings.billing_timezone and all(part.get("billed") for part in made):
            month = Month.of(run.target_day, settings.billing_timezone, run.cutoff, totals.step_minutes)
            frames["total_billing"] = to_total_bills(_added_up(store, made, "billed"), totals, month)
    except DataError as error:
        log.warning("no totals target_day=%s reason=%s", run.target_day, error)
        frames = {}
    for name, table in OF_FLEET.items():
        frame = frames.get(name, pd.DataFrame()).assign(cutoff=pd.Timestamp(run.cutoff))
        replace_fleet(connection, table, (fleet.role, run.target_day), frame)


def _added_up(store: Store, made: list[dict[str, Any]], name: str) -> Totals:
    return reduce(Totals.plus, (store.get(part[name], Totals.load) for part in made))


def _read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Return rows of a file with text as categories and days as instants: no Python object per row."""
    table = pq.read_table(path, columns=columns, read_dictionary=TEXTS)
    return table.to_pandas(date_as_object=False, ignore_metadata=True)


def _digest(made: list[dict[str, Any]]) -> str:
    """Return what names the content of the files: each has the hash of its own in its name."""
    names = sorted(
        part[table].rsplit("/", 1)[-1] for part in made for table in (*TABLES, "peaks", *OF_SITES, "totals", "billed") if part.get(table)
    )
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:32]
