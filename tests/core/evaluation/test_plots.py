import struct

import numpy as np
import pandas as pd

from pipeline.core.evaluation.plots import plot_attention, plot_error_by_step, plot_forecast, plot_reliability
from pipeline.core.models.contract import QUANTILES


def size_of(path):
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return struct.unpack(">II", head[16:24])


def quantiles_of(points):
    return np.linspace(10, 20, len(QUANTILES)) + np.sin(np.arange(points) / 10)[:, None]


def test_forecast_is_drawn_with_and_without_actuals_into_a_new_folder(tmp_path):
    ts = pd.date_range("2026-08-14", periods=7 * 24, freq="h", tz="UTC")
    actual = np.full(len(ts), 15.0)
    actual[5:9] = np.nan

    drawn = plot_forecast(tmp_path / "new" / "a.png", ts, quantiles_of(len(ts)), actual, title="site: model")
    planned = plot_forecast(tmp_path / "b.png", ts[:24], quantiles_of(24), title="site: tomorrow", unit="bit/s")

    assert min(size_of(drawn)) > 300
    assert min(size_of(planned)) > 300


def test_forecast_is_drawn_over_the_hour_that_autumn_repeats(tmp_path):
    ts = pd.date_range("2025-10-25", "2025-10-27", freq="15min", tz="Europe/Berlin", inclusive="left")
    assert len(ts) == 96 + 100

    path = plot_forecast(tmp_path / "autumn.png", ts, quantiles_of(len(ts)), title="autumn")

    assert min(size_of(path)) > 300


def test_forecast_of_a_month_and_with_gaps_is_drawn(tmp_path):
    ts = pd.date_range("2026-01-01", periods=31 * 24, freq="h", tz="UTC")
    quantiles = quantiles_of(len(ts)) * 1e9
    quantiles[100:200] = np.nan

    assert min(size_of(plot_forecast(tmp_path / "month.png", ts, quantiles, title="month"))) > 300


def test_reliability_and_error_by_step_are_drawn_for_many_models(tmp_path):
    names = [f"model_{i}" for i in range(9)]

    reliability = plot_reliability(tmp_path / "r.png", dict.fromkeys(names, QUANTILES), title="reliability")
    by_step = plot_error_by_step(tmp_path / "e.png", dict.fromkeys(names, (0.1, None, 0.3, 0.2)), title="error")

    assert min(size_of(reliability)) > 300
    assert min(size_of(by_step)) > 300


def test_attention_is_drawn_for_short_and_long_contexts(tmp_path):
    for days in (3, 14, 56):
        weights = np.random.default_rng(days).dirichlet(np.ones(days), 4)

        path = plot_attention(tmp_path / f"{days}.png", weights, title="attention")

        assert min(size_of(path)) > 300
