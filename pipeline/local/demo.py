"""The journey in one go: train and forecast as DAG runs of the embedded Airflow, then tomorrow out of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import last_reading
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.clock import target_day_at
from pipeline.errors import DataError, DayaheadError, ServiceError, StoreError
from pipeline.local.airflow_api import Airflow

TRAIN, FORECAST = "train_model", "forecast_day_ahead"
POLL_SECONDS = 1.0
PARSE_SECONDS = 120
SHOWN_BEFORE = timedelta(days=3)  # of what was, beside what will be, in the plot


@dataclass(frozen=True)
class Moment:
    """Where a DAG run stands.

    Args:
        dag: The DAG.
        seconds: Since the run was asked for.
        done: Tasks that have ended: name, state and seconds they took.
        running: The task that runs; empty between two.
        said: The last line of its log.
    """

    dag: str
    seconds: float
    done: tuple[tuple[str, str, float], ...]
    running: str
    said: str


@dataclass(frozen=True)
class Peak:
    """The busiest moment that is forecast for a site; throughputs in the unit of the readings.

    Args:
        site: The site.
        target_day: The day being forecast.
        at: Local time of the site.
        q05: Lower end of the 90 % interval.
        q50: Median.
        q95: Upper end.
        degradation: Which rung of the ladder made it.
        timezone: Zone of ``at``.
    """

    site: str
    target_day: date
    at: datetime
    q05: float
    q50: float
    q95: float
    degradation: str
    timezone: str


def day_after_last_reading(settings: Settings) -> date:
    """Return the first local day, in the zone of the schedule, that starts after the last reading.

    Raises:
        DataError: There is no reading.
    """
    with connect(settings, "reader", work="demo") as connection:
        last = last_reading(connection)
    if last is None:
        raise DataError("the table dayahead.traffic is empty; load readings first: python -m pipeline load FILE")
    return target_day_at(last + timedelta(microseconds=1), settings.timezone)


def is_trained(settings: Settings, target_day: date) -> bool:
    """Tell whether a training for this day has gone through to the decision on its promotion."""
    try:
        Store(settings.store_url).read_result(Run("train", target_day, settings.cutoff_of(target_day)), "promote")
    except StoreError:
        return False
    return True


def run_dag(airflow: Airflow, dag: str, conf: dict[str, Any], show: Callable[[Moment], None]) -> None:
    """Start a run of a DAG, follow it to its end, and leave the DAG switched on or off as it was.

    Args:
        airflow: The running Airflow.
        dag: Name of the DAG.
        conf: Params of the run.
        show: Called with every look at the run.

    Raises:
        DayaheadError: A task failed; the message has the end of its log and the address of the run.
        ServiceError: Airflow does not answer, or cannot parse the DAG.
    """
    _wait_parsed(airflow, dag)
    was_paused = airflow.set_paused(dag, False)
    try:
        run = airflow.trigger(dag, conf)
        began = time.monotonic()
        while (state := airflow.run_state(dag, run)) not in ("success", "failed"):
            show(_look(airflow, dag, run, time.monotonic() - began))
            time.sleep(POLL_SECONDS)
        show(_look(airflow, dag, run, time.monotonic() - began))
        if state == "failed":
            raise DayaheadError(_failure(airflow, dag, run))
    finally:
        if was_paused:
            airflow.set_paused(dag, True)


def read_peaks(settings: Settings) -> list[Peak]:
    """Return every site's forecast peak, the greatest first."""
    with connect(settings, work="demo") as connection:
        rows = connection.execute(statement("read_peaks")).mappings().all()
    peaks = [Peak(**{"at" if name == "peak" else name: value for name, value in row.items()}) for row in rows]
    return sorted(peaks, key=lambda peak: -peak.q50)


def draw_site(settings: Settings, peak: Peak, path: Path) -> Path:
    """Write the forecast of one site, after what it did in the days before, as a PNG; return its path."""
    import numpy as np
    import pandas as pd

    from pipeline.core.evaluation.plots import plot_forecast
    from pipeline.core.models.contract import QUANTILE_COLUMNS
    from pipeline.core.series.clock import day_start

    since = day_start(peak.target_day, peak.timezone) - SHOWN_BEFORE
    with connect(settings, work="demo") as connection:
        frame = pd.read_sql_query(statement("read_site_ahead"), connection, params={"site": peak.site, "since": since})
    ts = pd.DatetimeIndex(pd.to_datetime(frame["ts"], utc=True)).tz_convert(peak.timezone)
    path.parent.mkdir(parents=True, exist_ok=True)
    title = f"{peak.site}: forecast for {peak.target_day:%A, %d %B %Y}"
    quantiles, actual = frame[list(QUANTILE_COLUMNS)].to_numpy(np.float64), frame["actual"].to_numpy(np.float64)
    return plot_forecast(path, ts, quantiles, actual, title=title, unit=settings.unit)


def _wait_parsed(airflow: Airflow, dag: str) -> None:
    deadline = time.monotonic() + PARSE_SECONDS
    while not airflow.find_dag(dag):
        broken = airflow.import_errors()
        if broken:
            raise ServiceError("Airflow cannot parse a DAG file:\n" + "\n".join(broken))
        if time.monotonic() > deadline:
            raise ServiceError(f"Airflow has not found the DAG {dag} in {PARSE_SECONDS} s; see: make logs SERVICE=dag-processor")
        time.sleep(POLL_SECONDS)


def _look(airflow: Airflow, dag: str, run: str, seconds: float) -> Moment:
    tasks = airflow.tasks(dag, run)
    ended = [task for task in tasks if task["state"] in ("success", "failed", "upstream_failed")]
    running = next((task for task in tasks if task["state"] == "running"), None)
    return Moment(
        dag,
        seconds,
        tuple((task["task_id"], task["state"], float(task["duration"] or 0)) for task in ended),
        running["task_id"] if running else "",
        airflow.log(dag, run, running, 1) if running else "",
    )


def _failure(airflow: Airflow, dag: str, run: str) -> str:
    where = airflow.page(dag, run)
    failed = [task for task in airflow.tasks(dag, run) if task["state"] == "failed"]
    if not failed:
        return f"the run of {dag} failed before a task did; see {where}"
    log = airflow.log(dag, run, failed[0], 15)
    return f"task {failed[0]['task_id']} of {dag} failed. The end of its log:\n{log}\nThe run, with every log: {where}"
