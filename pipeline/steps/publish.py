"""The forecast into the database: all of it or nothing."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from pipeline.adapters.database import connect
from pipeline.adapters.forecasts import ensure_partitions, replace_forecasts
from pipeline.adapters.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.errors import NothingToForecastError

log = logging.getLogger(__name__)


def publish(run: Run, settings: Settings) -> dict[str, Any]:
    """Write what ``forecast`` left of every shard to ``forecasts`` and ``attention`` in one transaction; a second call changes nothing.

    Raises:
        StoreError: ``forecast`` has not run for every shard; nothing is written.
        DataError: A row breaks the data contract, or no shard has a forecast; nothing is written.
        ServiceError: The database did not answer; nothing is written.
    """
    store = Store(settings.store_url)
    made = [result for part in run.parts() if (result := store.read_result(part, "forecast")).get("forecasts")]
    if not made:
        raise NothingToForecastError(f"none of the {run.shards} shards of {run.folder} has a site to forecast: check that readings arrive")
    forecasts = pd.concat([store.get_frame(part["forecasts"]) for part in made], ignore_index=True)
    attention = pd.concat([store.get_frame(part["attention"]) for part in made], ignore_index=True)
    for frame in (forecasts, attention):
        for column in frame.columns.intersection(["target_day", "past_day"]):
            frame[column] = pd.to_datetime(frame[column]).dt.date
    days = sorted(set(forecasts["target_day"]))
    with connect(settings, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, days)
    with connect(settings, "writer") as connection:
        replace_forecasts(connection, forecasts, attention)
    sites = forecasts["site"].nunique()
    log.info("published forecasts target_day=%s sites=%d rows=%d", run.target_day, sites, len(forecasts))
    result = {"rows": len(forecasts), "sites": sites, "target_days": [day.isoformat() for day in days]}
    return store.write_result(run, "publish", result)
