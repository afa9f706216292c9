import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from pipeline.commands.backtest import backtest
from pipeline.commands.backtest_run import BacktestRequest, read_grid
from pipeline.errors import ConfigurationError, DataError, ModelError
from tests.fixtures.grids import make_grid, make_planned_grid

app = typer.Typer()
app.command()(backtest)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    grid = make_grid(sites=3, days=40, noise=0.2)
    start = pd.Timestamp(grid.first_day)
    ts = pd.DatetimeIndex([start + timedelta(hours=i) for i in range(40 * 24)])
    sites = [pd.DataFrame({"site": f"site-{i}", "ts": ts, "throughput": grid.throughput[i].ravel()}) for i in range(3)]
    path = tmp_path_factory.mktemp("backtest") / "fleet.csv.gz"
    pd.concat(sites).to_csv(path, index=False)
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(error, *arguments):
    result = run(*arguments)
    assert isinstance(result.exception, error), result.output
    return str(result.exception)


def test_backtest_prints_a_table_and_writes_json_and_plots(file, tmp_path):
    json_file, plots = tmp_path / "out" / "result.json", tmp_path / "plots"

    result = run(file, "--models", "seasonal_naive_mean", "--test-days", 7, "--validation-days", 5, "--json", json_file, "--plots", plots)

    assert result.exit_code == 0, result.output
    found = json.loads(json_file.read_text())
    assert set(found["models"]) == {"seasonal_naive_day", "seasonal_naive_week", "seasonal_naive_mean"}
    assert found["data"]["test_days"] == 7
    assert found["data"]["last_test_day"] == "2026-02-13"
    assert found["models"]["seasonal_naive_mean"]["wape"] < found["models"]["seasonal_naive_day"]["wape"]
    peak = found["models"]["seasonal_naive_mean"]["peak"]
    assert set(peak) == {"pinball", "below50", "coverage80"}
    assert {"volume", "total", "peak_of_quantiles", "sum_of_quantiles", "total_of_quantiles"} < set(found["models"]["seasonal_naive_day"])
    assert f"{peak['pinball']:.3f}" in result.output
    assert {path.name for path in plots.iterdir()} >= {"reliability.png", "error_by_step.png", "forecast_seasonal_naive_mean.png"}
    assert "seasonal_naive_mean" in result.output
    assert max(len(line) for line in result.output.splitlines() if "wrote" not in line) <= 80


def test_backtest_draws_attention_where_the_model_pays_some(file, tmp_path):
    from pipeline.commands.backtest_report import write_plots
    from pipeline.commands.backtest_run import BacktestRequest, run_backtest

    grid, result, about = run_backtest(BacktestRequest(file, ("seasonal_naive_day", "seasonal_naive_week"), test_days=7, validation_days=5))
    forecast = result.forecasts["seasonal_naive_day"][0]
    weights = np.full((len(forecast.origins), 4, 14), 1 / 14, np.float32)
    result.forecasts["seasonal_naive_day"] = [type(forecast)(forecast.origins, forecast.quantiles, weights)]

    written = write_plots(tmp_path, grid, result, result.to_json(about))

    assert tmp_path / "attention_seasonal_naive_day.png" in written


def test_backtest_masks_the_hours_before_the_target_day(file, tmp_path):
    out = tmp_path / "r.json"

    result = run(file, "--models", "seasonal_naive_day", "--test-days", 7, "--cutoff-lead-hours", 6, "--json", out)

    assert json.loads(out.read_text())["data"]["unknown_steps"] == 6
    assert "last 6 steps" in result.output


def test_backtest_leaves_out_sites_by_pattern(file, tmp_path):
    out = tmp_path / "r.json"

    run(file, "--models", "seasonal_naive_day", "--test-days", 7, "--exclude-sites", "*-1, nothing", "--json", out)

    assert set(json.loads(out.read_text())["models"]["seasonal_naive_day"]["wape_by_site"]) == {"site-0", "site-2"}


def test_backtest_runs_every_seed_of_a_model_that_has_some(file, tmp_path):
    out = tmp_path / "r.json"

    result = run(file, "--models", "lightgbm", "--test-days", 7, "--validation-days", 5, "--seeds", 2, "--context-days", 14, "--json", out)

    found = json.loads(out.read_text())["models"]
    assert len(found["lightgbm"]["seeds"]) == 2
    assert len(found["seasonal_naive_day"]["seeds"]) == 1
    assert "±" in result.output


def test_backtest_offers_features_and_columns_of_the_file_to_its_models(file, tmp_path):
    told = tmp_path / "told.csv"
    pd.read_csv(file).assign(queue=1.0).to_csv(told, index=False)
    options = ("--models", "lightgbm", "--test-days", 7, "--validation-days", 5)

    assert run(told, *options, "--features", "queue,mean_week").exit_code == 0
    assert "unknown feature 'mean_year'" in refused(ConfigurationError, told, *options, "--features", "mean_year")


def test_backtest_takes_what_was_planned_and_known_in_time(tmp_path):
    grid = make_planned_grid(days=60)
    ts = pd.date_range(grid.first_day, periods=60 * 24, freq="h", tz="UTC")
    rows = pd.concat(
        pd.DataFrame({"site": f"site-{i}", "ts": ts, "throughput": grid.throughput[i].ravel(), "value": grid.planned["booked"][i].ravel()})
        for i in range(3)
    )
    rows.drop(columns="value").to_csv(tmp_path / "fleet.csv", index=False)
    plan = rows.drop(columns="throughput").assign(name="booked")
    plan.to_csv(tmp_path / "plan.csv", index=False)
    plan.assign(known_from=plan["ts"].dt.floor("D")).to_csv(tmp_path / "late.csv", index=False)

    def wape(*options) -> float:
        words = (tmp_path / "fleet.csv", "--models", "lightgbm", "--test-days", 7, "--frozen", "--json", tmp_path / "found.json", *options)
        assert run(*words).exit_code == 0
        return json.loads((tmp_path / "found.json").read_text())["models"]["lightgbm"]["wape"]

    without = wape()

    assert wape("--planned", tmp_path / "plan.csv") < 0.8 * without
    assert wape("--planned", tmp_path / "late.csv") == without


def test_backtest_says_what_is_wrong_with_its_options(file):
    assert "unknown model 'magic'" in refused(ModelError, file, "--models", "magic")
    assert "Europe/Berlin" in refused(ConfigurationError, file, "--timezone", "Berlin")
    assert "it reads site, ts, throughput alone, not time" in refused(ConfigurationError, file, "--columns", "time=ts")
    assert "leaves none of the 3 sites" in refused(DataError, file, "--exclude-sites", "*")
    assert "to learn from after 39 test days" in refused(DataError, file, "--test-days", 39)
    assert "no column when" in refused(DataError, file, "--columns", "ts=when")


def test_backtest_takes_kinds_of_day_from_a_file(file, tmp_path):
    (tmp_path / "schools.csv").write_text("from,to,kind\n2026-07-20,2026-07-21,\n2026-07-31,,company\n")

    grid = read_grid(BacktestRequest(file, (), country="DE-NW", calendar=tmp_path / "schools.csv"))

    assert {site.country for site in grid.sites} == {"DE-NW,file"}
    assert grid.calendars == {"file": {"company": ["2026-07-31"], "schools": ["2026-07-20", "2026-07-21"]}}
