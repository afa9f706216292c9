"""Expected events from the note to the forecast, and in a backtest of a file."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.store.snapshots import Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from tests.fixtures.snapshots import CUTOFF, RUN, make_readings
from tests.steps.test_features import put_clean

SITES = (Site("a"), Site("b"))
EVENING = timedelta(hours=20)
PAST = (16, 9, 5, 2)  # days before the target day with a match at site a
FACTOR = 1.8


def is_match(rows: pd.DataFrame, *days_before: int) -> pd.Series:
    starts = [pd.Timestamp(CUTOFF - timedelta(days=days) + EVENING) for days in days_before]
    there = [(rows["ts"] >= start) & (rows["ts"] < start + timedelta(hours=3)) for start in starts]
    return (rows["site"] == "a") & np.logical_or.reduce(there)


def put_history(settings: Settings, *noted: int, known: str = "2025-12-01") -> None:
    readings = make_readings("a", "b", days=40)
    readings.loc[is_match(readings, *PAST), "throughput"] *= FACTOR
    put_clean(settings, readings, sites=SITES)
    store = Store(settings.store_url)
    starts = [pd.Timestamp(CUTOFF - timedelta(days=days) + EVENING).as_unit("us") for days in noted]
    if not noted:
        return
    frame = pd.DataFrame({"starts_at": starts, "ends_at": [start + timedelta(hours=3) for start in starts]}).assign(
        kind="expected", category="match", site="a", labels=pd.Series([None] * len(starts), dtype="str"), expected_factor=np.nan,
        known_from=pd.Timestamp(known, tz="UTC").as_unit("us"), id=1,
    )  # fmt: skip
    store.write_result(RUN, "extract", store.read_result(RUN, "extract") | {"events": store.put_frame(RUN, "events", frame)})


def forecast_rows_of(settings: Settings) -> pd.DataFrame:
    return Store(settings.store_url).get_frame(forecast(RUN, settings, last_rung_only=True)["forecasts"])


def test_a_forecast_expects_of_tonights_match_what_the_last_ones_did(tmp_path):
    with_match, without = (Settings(home=tmp_path / name) for name in ("with", "without"))
    put_history(with_match, *PAST, 0)
    put_history(without, *PAST)

    features(RUN, with_match)
    found = forecast_rows_of(with_match)
    features(RUN, without)
    plain = forecast_rows_of(without)

    tonight = is_match(plain, 0)
    assert tonight.sum() == 3
    assert (found["q50"] / plain["q50"])[tonight].to_numpy() == pytest.approx(FACTOR, rel=0.15)
    assert found[plain["site"] == "b"].equals(plain[plain["site"] == "b"].assign(snapshot=found["snapshot"]))
    far = (plain["site"] == "a") & (plain["ts"] < pd.Timestamp(CUTOFF + timedelta(hours=18)))
    assert np.array_equal(found.loc[far, "q50"], plain.loc[far, "q50"])


def test_past_matches_do_not_leak_into_days_without(tmp_path):
    noted, unnoted, quiet = (Settings(home=tmp_path / name) for name in ("noted", "unnoted", "quiet"))
    put_history(noted, *PAST)
    put_history(unnoted)
    put_clean(quiet, make_readings("a", "b", days=40), sites=SITES)
    said = {}
    for settings in (noted, unnoted, quiet):
        features(RUN, settings)
        rows = forecast_rows_of(settings)
        said[settings] = rows.loc[is_match(rows, 0), "q95"].to_numpy()

    assert said[noted] == pytest.approx(said[quiet], rel=0.02)
    assert (said[unnoted] > 1.05 * said[quiet]).any()


def test_a_match_that_nobody_ever_saw_widens_the_interval_and_says_so(tmp_path):
    settings = Settings(home=tmp_path)
    put_history(settings, 0)

    assert features(RUN, settings)["unseen"] == ["match"]
    assert forecast(RUN, settings, last_rung_only=True)["unseen"] == ["match"]


def test_a_backtest_takes_events_from_a_file(tmp_path):
    readings = make_readings("a", "b", days=40)
    rng = np.random.default_rng(0)
    readings["throughput"] = (readings["throughput"] + 30) * np.exp(0.1 * rng.standard_normal(len(readings)))
    readings.loc[is_match(readings, *PAST), "throughput"] *= FACTOR
    readings[["site", "ts", "throughput"]].to_csv(tmp_path / "traffic.csv", index=False)
    rows = [f"expected,{CUTOFF - timedelta(days=days) + EVENING},{CUTOFF - timedelta(days=days) + EVENING + timedelta(hours=3)},match,a"
            for days in PAST]  # fmt: skip
    (tmp_path / "events.csv").write_text("\n".join(["kind,from,to,category,site", *rows]))
    wape = {}
    for name, more in (("without", []), ("with", ["--events", str(tmp_path / "events.csv")])):
        words = ["backtest", str(tmp_path / "traffic.csv"), "--models", "seasonal_naive_mean", "--test-days", "3"]
        result = CliRunner().invoke(app, [*words, "--json", str(tmp_path / "found.json"), *more], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        wape[name] = json.loads((tmp_path / "found.json").read_text())["models"]["seasonal_naive_mean"]["wape_by_site"]

    assert wape["with"]["a"] < 0.9 * wape["without"]["a"]
    assert wape["with"]["b"] == wape["without"]["b"]
