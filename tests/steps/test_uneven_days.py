"""142 equal steps a day, the shape of the system that the project grew from: loaded, validated, forecast, scored and drawn on 144 steps."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.postgres.loading import load_readings
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.commands.data import describe_report
from pipeline.core.series.grid import Grid
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.monitor import monitor
from pipeline.steps.publish import publish
from pipeline.steps.validate import validate
from pipeline.web.site import Window, site_series

FIRST, DAYS, A_DAY = date(2026, 3, 1), 16, 142
TARGET = FIRST + timedelta(days=DAYS)
SITES = ("ams", "水土")


def uneven_file(path, unit: str) -> pd.DataFrame:
    """Write 142 readings a day and site as a CSV with stamps cut to the unit, the target day's among them, and return them."""
    second = np.arange((DAYS + 1) * A_DAY) * 86_400 / A_DAY
    stamps = (np.datetime64(FIRST, "us") + (second * 1e6).astype("timedelta64[us]")).astype(f"datetime64[{unit}]")
    cycle = 100 + 50 * np.sin(2 * np.pi * second / 86_400) + np.random.default_rng(0).normal(0, 1, len(second))
    rows = pd.concat([pd.DataFrame({"site": name, "ts": stamps.astype("datetime64[s]"), "throughput": cycle}) for name in SITES])
    rows.to_csv(path, index=False)
    return rows


@pytest.mark.parametrize("unit", ["s", "m"])
def test_142_steps_a_day_are_loaded_as_they_came_and_forecast_on_144(database, run_sql, tmp_path, unit):
    rows = uneven_file(tmp_path / "uneven.csv", unit)
    run = Run("forecast", TARGET, datetime(TARGET.year, TARGET.month, TARGET.day, tzinfo=UTC))

    report = load_readings(database, tmp_path / "uneven.csv")
    extract(run, database)
    validated = validate(run, database)
    grid = Store(database.store_url).get(features(run, database)["grid"], Grid.load)
    made = forecast(run, database)
    publish(run, database)
    scored = monitor(Run("monitor", TARGET + timedelta(days=1), run.cutoff + timedelta(days=1)), database)
    drawn = json.loads(site_series(database, Window("水土", 2)).body)["columns"]

    assert (report.loaded, report.step_minutes, report.loose, report.quarantined.total()) == (len(rows), 10, 2, 0)
    assert "2 of them at no fixed time within 10 min: kept as they came" in describe_report(report, 0)
    assert run_sql("SELECT count(DISTINCT ts) FROM dayahead.traffic") == [(rows["ts"].nunique(),)]
    assert (validated["quarantined"], validated["ladder"], validated["dead"]) == ({}, {}, [])
    assert (grid.step_minutes, grid.shape) == (10, (2, DAYS + 1, 144))
    assert grid.observed.sum(axis=2)[:, :-1].tolist() == [[A_DAY] * DAYS] * 2
    assert made["rows"] == 2 * 144
    assert run_sql("SELECT DISTINCT extract(epoch FROM ts)::bigint %% 600 FROM dayahead.forecasts WHERE site <> %s", "x") == [(0,)]
    assert [(day["target_day"], day["sites"]) for day in scored["scored"]] == [(TARGET.isoformat(), 2)]
    assert run_sql("SELECT DISTINCT readings, expected FROM dayahead.completeness") == [(A_DAY, 144)]
    assert run_sql("SELECT DISTINCT steps, mase IS NOT NULL FROM dayahead.scores") == [(A_DAY, True)]
    assert sum(a is not None and f is not None for a, f in zip(drawn["actual"], drawn["q50"], strict=True)) == A_DAY
