"""The data paths that ``benchmarks.data`` measures: what each needs beforehand, and the path itself. One process runs one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import SecretStr

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.core.series.frames import Site

if TYPE_CHECKING:
    from pipeline.core.models.contract import Forecaster, Split
    from pipeline.core.series.grid import Grid

STEPS, LOADED_DAYS, GRID_DAYS, CONTEXT_DAYS = 144, 35, 60, 30
DAY = date(2026, 8, 21)
CUTOFF = datetime(2026, 8, 21, tzinfo=UTC)
RUN = Run("forecast", DAY, CUTOFF)
CHANGED = Run("forecast-changed", DAY, CUTOFF)
COVARIATES = ("device_num", "dxcc_usage")
Timed = Callable[[], Any]


@dataclass(frozen=True)
class Bench:
    """Where everything of one benchmark lies, and how large it is; 1.0 is the size that docs/scale.md speaks of."""

    url: str
    folder: Path
    scale: float = 1.0

    @property
    def settings(self) -> Settings:
        """Settings of a run on the benchmark's own database and store."""
        return Settings(home=self.folder, database_url=SecretStr(self.url), forecast_days=LOADED_DAYS)

    @property
    def csv(self) -> Path:
        """The file of readings."""
        return self.folder / "readings.csv"

    def sites(self, rows: float) -> int:
        """Return how many sites make ``rows`` readings of a day, scaled."""
        return max(2, round(rows * self.scale / STEPS))


def readings_of(sites: int, days: int, seed: int = 0) -> pd.DataFrame:
    """Return readings of a fleet up to the cutoff: a daily cycle and noise, sorted by site and ts."""
    rng = np.random.default_rng(seed)
    ts = np.datetime64(CUTOFF.replace(tzinfo=None), "us") - np.arange(days * STEPS, 0, -1) * np.timedelta64(10, "m")
    cycle = np.tile(1.2 - np.cos(2 * np.pi * np.arange(STEPS) / STEPS), days)
    throughput = rng.uniform(1e6, 1e9, (sites, 1)) * cycle * np.exp(0.1 * rng.standard_normal((sites, days * STEPS)))
    names = pd.array([f"edge-{i:05d}" for i in range(sites)], dtype="str")
    frame = pd.DataFrame({"site": names.repeat(days * STEPS), "ts": pd.DatetimeIndex(np.tile(ts, sites), tz="UTC")})
    frame["throughput"] = throughput.ravel().round(1)
    frame["device_num"] = rng.integers(1, 400, len(frame)).astype(float)
    frame["dxcc_usage"] = rng.random(len(frame)).round(3)
    return frame


def forecast_rows(sites: int, level: float) -> pd.DataFrame:
    """Return a day's forecast of a fleet in the columns of the table."""
    ts = pd.date_range(CUTOFF, periods=STEPS, freq="10min").as_unit("us")
    names = pd.array([f"edge-{i:05d}" for i in range(sites)], dtype="str")
    frame = pd.DataFrame({"target_day": DAY, "site": names.repeat(STEPS), "ts": np.tile(ts, sites)})
    base = level * np.random.default_rng(1).uniform(1e6, 1e9, len(frame))
    for i, name in enumerate(QUANTILE_COLUMNS):
        frame[name] = base * (1 + 0.1 * i)
    keys = {"role": "champion", "cutoff": pd.Timestamp(CUTOFF), "model_version": "3", "degradation": "none", "run_id": RUN.folder}
    return frame.assign(**keys, snapshot="grid-0123456789abcdef.safetensors")


def prepare(bench: Bench) -> Timed:
    """Make the schema, the file of readings and the forecasts to publish."""
    from pyarrow import Table, csv

    from pipeline.adapters.postgres.migrations import migrate

    migrate(bench.settings)
    readings = readings_of(bench.sites(5e6 / LOADED_DAYS), LOADED_DAYS)
    csv.write_csv(Table.from_pandas(readings, preserve_index=False), bench.csv)
    store, nothing = Store(bench.settings.store_url), pd.DataFrame(columns=["target_day", "role", "site", "band", "past_day", "weight"])
    for run, level in ((RUN, 1.0), (CHANGED, 1.1)):
        rows = forecast_rows(bench.sites(1e6), level)
        attention = store.put_frame(run, "attention", nothing)
        store.write_result(run, "forecast", {"forecasts": store.put_frame(run, "forecasts", rows), "attention": attention})
    return lambda: None


def load(bench: Bench) -> Timed:
    """Load the file into the table ``traffic``."""
    from pipeline.adapters.postgres.loading import load_readings

    return lambda: load_readings(bench.settings, bench.csv, {name: name for name in COVARIATES})


def extract(bench: Bench) -> Timed:
    """Read the table ``traffic`` into arrays."""
    from pipeline.adapters.postgres.database import connect
    from pipeline.adapters.postgres.readings import read_readings

    def read() -> None:
        with connect(bench.settings, "reader") as connection:
            read_readings(connection, CUTOFF - timedelta(days=LOADED_DAYS), CUTOFF, None, COVARIATES)

    return read


def publish(bench: Bench, run: Run) -> Timed:
    """Write a stored forecast into the table ``forecasts``."""
    from pipeline.steps.publish import publish as step

    return partial(step, run, bench.settings)


def validate(bench: Bench) -> Timed:
    """Check a snapshot; Great Expectations is imported before the clock starts."""
    import great_expectations  # noqa: F401

    from pipeline.steps.extract import extract as extract_step
    from pipeline.steps.validate import validate as step

    extract_step(RUN, bench.settings, days=LOADED_DAYS)
    return partial(step, RUN, bench.settings)


def features(bench: Bench) -> Timed:
    """Lay readings on the wall-clock grid."""
    from pipeline.core.series.grid import to_grid

    sites = max(2, round(1000 * bench.scale))
    readings, fleet = readings_of(sites, GRID_DAYS), tuple(Site(f"edge-{i:05d}") for i in range(sites))
    readings["site"] = readings["site"].astype("category")  # as the step takes them from the store
    return lambda: to_grid(readings, fleet, step_minutes=10, covariates=COVARIATES)


def fitted_small() -> tuple[Grid, Split, Forecaster]:
    """Return the default model, fitted on a small fleet as fast as may be: what it says does not matter, its size is the default's."""
    from pipeline.core import models
    from pipeline.core.models.contract import FitOptions, Split
    from pipeline.core.series.grid import to_grid

    small = readings_of(12, GRID_DAYS, seed=1)
    grid = to_grid(small, tuple(Site(f"edge-{i:05d}") for i in range(12)), step_minutes=10)
    split, model = Split(range(28, 50), range(50, 60)), models.create("gru_attention", iterations=20, refit=False)
    model.fit(grid, split, FitOptions(device="cpu"))
    assert model._share > 0, "the companion takes part, as it does in production"
    return grid, split, model


def forecast(bench: Bench) -> Timed:
    """Forecast 10,000 sites, as rows, by the default model with its companion."""
    from pipeline.core.models.contract import Origins
    from pipeline.core.models.rows import to_attention_rows, to_rows
    from pipeline.core.series.grid import Grid

    grid, _, model = fitted_small()
    sites = max(2, round(10_000 * bench.scale))
    values = np.random.default_rng(2).uniform(1e6, 1e9, (sites, CONTEXT_DAYS, STEPS)).astype(np.float32)
    fleet = tuple(Site(f"edge-{i:05d}") for i in range(sites))
    wide = Grid(fleet, grid.day_at(0), 10, values, np.ones(values.shape, bool), phase_minutes=np.zeros(sites, np.int64))
    origins = Origins(np.arange(sites), np.full(sites, CONTEXT_DAYS), np.zeros(sites, np.int64))

    def ask() -> None:
        made = model.forecast(wide, origins)
        assert len(to_rows(wide, made)) == sites * STEPS
        to_attention_rows(wide, made)

    return ask


READ_ONLY = {"extract", "validate", "features"}
OURS: dict[str, Callable[[Bench], Timed]] = {
    "prepare": prepare,
    "load_new": load,
    "load_again": load,
    "extract": extract,
    "publish_first": partial(publish, run=RUN),
    "publish_again": partial(publish, run=CHANGED),
    "validate": validate,
    "features": features,
    "forecast": forecast,
}


def measure(timed: Timed, *, twice: bool = False) -> dict[str, float]:
    """Return ``seconds`` of a path and ``peak_mb``, the most memory that this process held since it began.

    Args:
        timed: The path.
        twice: True for a path that leaves things as they were: ``first_call`` is what it took over a second call.
    """
    seconds = _seconds(timed)
    status = Path("/proc/self/status").read_text()
    peak_kb = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    again = {"first_call": seconds / _seconds(timed)} if twice else {}
    return {"seconds": seconds, "peak_mb": peak_kb / 1024} | again


def _seconds(timed: Timed) -> float:
    start = time.perf_counter()
    timed()
    return time.perf_counter() - start
