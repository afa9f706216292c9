"""Validate and features on the public series, faults and all."""

from datetime import timedelta

import numpy as np
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.core.series.clock import day_start, infer_step_minutes
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid
from pipeline.steps.features import features
from pipeline.steps.validate import validate
from tests.fixtures.public_series import STEPS, ZONES, read_series, series_parameters
from tests.fixtures.snapshots import put_snapshot


@pytest.mark.parametrize("name", series_parameters())
def test_public_series_are_validated_and_laid_on_the_grid_without_losing_a_reading(database, name):
    readings = read_series(name, rows=250_000)
    sites = tuple(Site(site, ZONES[name]) for site in sorted(readings["site"].unique()))
    latest = readings["ts"].max().tz_convert(ZONES[name]).date()
    run = Run("train", latest, day_start(latest, ZONES[name]))
    known = readings[readings["ts"] < run.cutoff]
    put_snapshot(database, known, sites, run, infer_step_minutes(readings))

    result = validate(run, database)
    grid = Store(database.store_url).get(features(run, database)["grid"], Grid.load)

    missing = int(known["throughput"].isna().sum())
    assert infer_step_minutes(readings) == STEPS[name]
    assert result["quarantined"] == ({"throughput is missing": missing} if missing else {})
    assert int(grid.observed.sum()) == len(known) - missing
    np.testing.assert_allclose(grid.throughput.sum(dtype=np.float64), known["throughput"].sum(), rtol=1e-6)
    assert grid.day_at(grid.shape[1] - 1) == latest
    assert not grid.observed[:, -1].any()


@pytest.mark.parametrize("name", series_parameters())
def test_public_series_with_one_unit_error_lose_that_reading_alone(database, name):
    readings = read_series(name, rows=60_000)
    first = readings[readings["site"] == readings["site"].iloc[0]].dropna().reset_index(drop=True)
    first.loc[first["throughput"].idxmax(), "throughput"] *= 1000
    end = first["ts"].max() + timedelta(minutes=STEPS[name])
    run = Run("train", end.date(), end.to_pydatetime())
    put_snapshot(database, first, (Site(first["site"].iloc[0], ZONES[name]),), run, STEPS[name])

    result = validate(run, database)

    assert result["quarantined"] == {"throughput is far above the site's history": 1}
