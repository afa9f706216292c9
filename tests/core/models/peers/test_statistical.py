import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from pipeline.core.evaluation.backtest import backtest, spans_of
from pipeline.core.models import create, load
from pipeline.core.models.contract import FitOptions, Origins, Split
from pipeline.errors import ModelError
from tests.fixtures.grids import make_grid

NAMES = ("auto_ets", "mstl")
ENDS = {"lo-90": -3, "lo-80": -2, "lo-50": -1, "hi-50": 1, "hi-80": 2, "hi-90": 3}


class RepeatsYesterday:
    """Stands for the library: its columns, in its own order, around the last day of each series."""

    def __init__(self, models, freq):
        self.name = models[0]

    def forecast(self, df, h, level):
        assert sorted(level) == [50, 80, 90]
        last = df.groupby("unique_id").tail(h)
        return last[["unique_id", "ds"]].assign(
            **{self.name: last["y"].to_numpy()}, **{f"{self.name}-{end}": last["y"].to_numpy() + by for end, by in ENDS.items()}
        )


@pytest.fixture
def library(monkeypatch):
    package = ModuleType("statsforecast")
    package.StatsForecast = RepeatsYesterday
    package.models = SimpleNamespace(AutoETS=lambda season_length: "AutoETS", MSTL=lambda season_length: "MSTL")
    monkeypatch.setitem(sys.modules, "statsforecast", package)
    monkeypatch.setitem(sys.modules, "statsforecast.models", package.models)


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_the_intervals_become_the_quantiles_and_a_silent_site_gets_none(name, library):
    grid = make_grid(sites=3, days=40)
    grid.observed[1] = False
    model = create(name, context_days=7)

    model.fit(grid, Split(range(1, 20), range(20, 30)), FitOptions())
    forecast = model.forecast(grid, Origins.every(3, range(35, 37)))

    assert np.isnan(forecast.quantiles[[1, 4]]).all()
    expected = grid.throughput[2, 35][:, None] + np.arange(-3, 4)
    np.testing.assert_allclose(forecast.quantiles[5], np.maximum(expected, 0), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_day_before_which_no_site_has_a_reading_gets_no_forecast(name, library):
    grid = make_grid(sites=2, days=40)
    grid.observed[:, 25:] = False

    forecast = create(name, context_days=7).forecast(grid, Origins.every(2, range(35, 36)))

    assert np.isnan(forecast.quantiles).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_statistical_peer_learns_every_day_as_networks_do_and_is_fitted_once(name, library):
    result = backtest(make_grid(days=60), {name: {"context_days": 7}, "seasonal_naive_day": {}}, spans_of(60, 14, 7), seeds=range(2))

    assert len(result.forecasts[name]) == 1
    learnt = {model: result.scores.figures(model)["wql"] - result.frozen.figures(model)["wql"] for model in (name, "seasonal_naive_day")}
    assert learnt["seasonal_naive_day"] == 0
    assert learnt[name] < 0


@pytest.mark.parametrize("name", NAMES)
def test_a_statistical_peer_names_its_group_and_refuses_to_be_stored(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)

    with pytest.raises(ModelError, match=r"run it with \.venv-peers/bin/python, which make peers makes"):
        create(name).fit(make_grid(), Split(range(1, 30), range(30, 40)), FitOptions())
    with pytest.raises(ModelError, match="for backtests"):
        create(name).save(tmp_path)
    (tmp_path / "config.json").write_text(f'{{"name": "{name}"}}')
    with pytest.raises(ModelError, match="never saved"):
        load(tmp_path)
