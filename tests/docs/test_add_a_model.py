"""The worked example of a new model, taken through all that the page about it says."""

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.store.snapshots import Store
from pipeline.core.evaluation.gate import decide
from pipeline.core.models import FORECASTERS, create, load
from pipeline.core.models.contract import MEDIAN, FitOptions, Origins, Split
from pipeline.errors import ModelError
from pipeline.steps.evaluate import evaluate
from pipeline.steps.promote import promote
from pipeline.steps.register import register
from pipeline.steps.train import train
from tests.docs.pages import PROJECT
from tests.fixtures.grids import make_grid
from tests.fixtures.training import RUN

SPLIT = Split(range(14, 40), range(40, 50))


@pytest.fixture(autouse=True)
def named(monkeypatch):
    """The line that the page adds to the table of names, for a module that stands beside the page."""
    page = (PROJECT / "docs" / "add_a_model.md").read_text()
    name, module, kind = re.search(r'^"(\w+)": "pipeline\.core\.models\.(\w+):(\w+)",$', page, re.MULTILINE).groups()
    monkeypatch.setitem(FORECASTERS, name, f"docs.examples.{module}:{kind}")


@pytest.fixture
def fitted():
    grid = make_grid(sites=3, days=60, noise=0.1)
    forecaster = create("drift_naive")
    forecaster.fit(grid, SPLIT, FitOptions())
    return forecaster, grid


def test_quantiles_ascend_and_cover_as_they_should(fitted):
    forecaster, grid = fitted
    origins = Origins.every(3, range(50, 60))

    quantiles = forecaster.forecast(grid, origins).quantiles

    actual = grid.throughput[origins.site, origins.day]
    assert quantiles.shape == (30, 24, 7)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert np.mean((actual >= quantiles[..., 0]) & (actual <= quantiles[..., -1])) == pytest.approx(0.9, abs=0.07)


def test_readings_after_the_cutoff_change_nothing(fitted):
    forecaster, grid = fitted
    origins = Origins.every(3, range(50, 51), unknown_steps=6)
    known = forecaster.forecast(grid, origins).quantiles

    grid.throughput[:, 50:] *= 7
    grid.throughput[:, 49, -6:] *= 7

    np.testing.assert_array_equal(forecaster.forecast(grid, origins).quantiles, known)


def test_growth_of_the_last_week_goes_on():
    grid = make_grid(sites=1, days=30)
    grid.throughput[:, 23:] *= 2
    forecaster = create("drift_naive")

    median = forecaster.forecast(grid, Origins.every(1, range(30, 31))).quantiles[0, :, MEDIAN]

    np.testing.assert_allclose(median, grid.throughput[0, 23] * 2, rtol=0.2)


def test_holes_are_filled_and_a_dead_site_gets_nothing(fitted):
    forecaster, grid = fitted
    grid.observed[0, 53, 3:9] = False
    grid.observed[1] = False

    quantiles = forecaster.forecast(grid, Origins.every(3, range(60, 61))).quantiles

    assert np.isfinite(quantiles[[0, 2]]).all()
    assert np.isnan(quantiles[1]).all()


def test_saved_and_loaded_it_forecasts_the_same(fitted, tmp_path):
    forecaster, grid = fitted
    origins = Origins.every(3, range(60, 61))
    forecaster.save(tmp_path)

    np.testing.assert_array_equal(load(tmp_path).forecast(grid, origins).quantiles, forecaster.forecast(grid, origins).quantiles)
    (tmp_path / "config.json").write_text(json.dumps({"name": "drift_naive", "settings": {}}))
    with pytest.raises(ModelError, match="holds no drift_naive forecaster"):
        load(tmp_path)


def test_backtest_compares_it_by_name(tmp_path):
    runner, file, out = CliRunner(), tmp_path / "traffic.csv.gz", tmp_path / "found.json"
    runner.invoke(app, ["sample", "--out", str(file), "--sites", "2", "--days", "50", "--step-minutes", "60"])

    result = runner.invoke(app, ["backtest", str(file), "--models", "drift_naive", "--test-days", "7", "--json", str(out)])

    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text())["models"]["drift_naive"]["wape"] < 0.5


def test_training_registers_it_and_the_gate_decides(database, tracked):
    settings = tracked.model_copy(update={"database_url": database.database_url, "context_days": None, "model": "drift_naive"})
    store, grid = Store(settings.store_url), make_grid(sites=2, days=60, noise=0.1)
    readings = f"{settings.store_url}/readings-0123456789abcdef.parquet"
    store.write_result(RUN, "extract", {"readings": readings, "rows": int(grid.observed.sum()), "step_minutes": 60})
    store.write_result(RUN, "validate", {"ladder": [], "quarantined": {}})
    store.write_result(RUN, "features", {"grid": store.put(RUN, "grid", ".safetensors", grid.save)})

    trained = train(RUN, settings)
    evaluated = evaluate(RUN, settings)
    register(RUN, settings)
    decision = promote(RUN, settings)

    judged = store.get(evaluated["evaluation"], lambda path: json.loads(path.read_text()))
    assert trained["architecture"] == "drift_naive"
    assert decision["decision"] == ("promoted" if decide(judged).promoted else "rejected")
