"""Clean readings on each site's wall-clock grid."""

import logging
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid
from pipeline.errors import ConfigurationError, DataError, StoreError
from pipeline.steps.features import features
from pipeline.steps.forecast import live_origins
from tests.fixtures.snapshots import CUTOFF, RUN, make_readings, put_snapshot

SITES = (Site("a"), Site("b", "Europe/Berlin", 500.0, "DE"), Site("new"))


def put_clean(settings: Settings, readings: pd.DataFrame, run: Run = RUN, sites: tuple[Site, ...] = SITES) -> None:
    """Leave the readings as ``extract`` and ``validate`` would have."""
    put_snapshot(settings, readings, sites, run)
    store = Store(settings.store_url)
    store.write_result(run, "validate", {"readings": store.put_frame(run, "clean", readings), "ladder": {"b": "stale"}, "dead": ["new"]})


def grid_in(settings: Settings, result: dict) -> Grid:
    return Store(settings.store_url).get(result["grid"], Grid.load)


def test_features_lays_every_site_on_the_grid_and_hands_the_ladder_on(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))

    result = features(RUN, settings)
    grid = grid_in(settings, result)

    assert grid.sites == SITES
    assert list(grid.shape) == result["shape"] == [3, 16, 24]  # fourteen days, the target day of UTC and that of Berlin
    assert (result["first_day"], result["step_minutes"]) == ("2026-01-01", 60)
    assert (result["ladder"], result["dead"]) == ({"b": "stale"}, ["new"])
    assert not grid.observed[2].any()
    assert sorted(grid.covariates) == ["device_num", "dxcc_usage"]
    assert Store(settings.store_url).read_result(RUN, "features") == result


def test_features_twice_gives_the_same_file(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))

    assert {features(RUN, settings)["grid"] for _ in range(3)} == {features(RUN, settings)["grid"]}


def test_features_of_a_site_in_another_zone_end_before_its_own_target_day(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))

    grid = grid_in(settings, features(RUN, settings))

    assert (
        grid.observed[1, grid.index_of(date(2026, 1, 15))].sum() == 1
    )  # 00:00 in Berlin, known; 15 January began an hour before the cutoff
    assert not grid.observed[0, grid.index_of(date(2026, 1, 15)) :].any()


def test_features_do_not_move_when_everything_from_the_cutoff_on_changes(tmp_path):
    settings = Settings(home=tmp_path)
    whole = make_readings("a", "b", days=20, cutoff=CUTOFF + timedelta(days=3))
    later = whole["ts"] >= CUTOFF
    changed = whole.assign(throughput=whole["throughput"].where(~later, 1e12), device_num=whole["device_num"].where(~later, -3.0))

    urls = []
    for purpose, readings in (("forecast-whole", whole), ("forecast-changed", changed), ("forecast-cut", whole[~later])):
        run = Run(purpose, RUN.target_day, RUN.cutoff)
        put_clean(settings, readings, run)
        urls.append(features(run, settings)["grid"].rsplit("/", 1)[-1])

    assert len(set(urls)) == 1


def test_features_carry_only_covariates_that_the_readings_have(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a").drop(columns="dxcc_usage"))

    assert list(grid_in(settings, features(RUN, settings)).covariates) == ["device_num"]


def test_features_makes_the_features_that_the_settings_name_and_the_table_s_own_win(tmp_path):
    settings = Settings(home=tmp_path, features="mean_thp,device_num,thp_1", covariates="device_num,thp_1")
    readings = make_readings("a", "b").assign(thp_1=7.0)
    put_clean(settings, readings)

    grid = grid_in(settings, features(RUN, settings))

    assert sorted(grid.covariates) == ["device_num", "mean_thp", "thp_1"]
    assert set(grid.covariates["thp_1"][0, :14].ravel()) == {7.0}
    assert grid.covariates["mean_thp"][0, 13, 23] == pytest.approx(grid.throughput[0, 13].mean())


def test_features_refuses_a_name_that_nobody_knows(tmp_path):
    settings = Settings(home=tmp_path, features="mean_thp,mean_fortnight")
    put_clean(settings, make_readings("a"))

    with pytest.raises(ConfigurationError, match=r"unknown feature 'mean_fortnight'; expected some of .*mean_week.*device_num"):
        features(RUN, settings)


def test_features_keep_values_of_ordinary_readings_exactly(tmp_path):
    settings = Settings(home=tmp_path)
    readings = make_readings("a")
    put_clean(settings, readings)

    grid = grid_in(settings, features(RUN, settings))

    np.testing.assert_array_equal(grid.throughput[0, :14].ravel(), readings["throughput"].to_numpy(np.float32))


def test_features_log_what_they_made(tmp_path, caplog):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a"))

    with caplog.at_level(logging.INFO):
        features(RUN, settings)

    assert "features target_day=2026-01-15 sites=3 days=16 steps=24 observed=336" in caplog.text


def test_features_refuse_a_cutoff_before_every_reading(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", cutoff=CUTOFF + timedelta(days=30)))

    with pytest.raises(DataError, match="no reading before the cutoff"):
        features(RUN, settings)


def test_features_without_validate_name_the_step_to_run(tmp_path):
    settings = Settings(home=tmp_path)
    put_snapshot(settings, make_readings("a"), SITES)

    with pytest.raises(StoreError, match="python -m pipeline validate --target-day 2026-01-15"):
        features(RUN, settings)


def note(settings: Settings, run: Run = RUN, **columns: object) -> None:
    """Add an event to what ``extract`` left."""
    store = Store(settings.store_url)
    row = {
        "id": 1,
        "kind": "ignore",
        "category": None,
        "site": None,
        "labels": None,
        "expected_factor": np.nan,
        "known_from": "2026-01-01T00:00Z",
    }
    row |= columns
    frame = pd.DataFrame([row]).astype({"category": "str", "site": "str", "labels": "str"})
    frame = frame.assign(
        **{name: pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]") for name in ("starts_at", "ends_at", "known_from")}
    )
    store.write_result(run, "extract", store.read_result(run, "extract") | {"events": store.put_frame(run, "events", frame)})


def test_readings_of_an_ignored_span_are_as_if_never_measured_on_each_sites_own_clock(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))
    plain = grid_in(settings, features(RUN, settings))
    note(settings, starts_at="2026-01-10T22:30Z", ends_at="2026-01-11T02:00Z")

    grid = grid_in(settings, features(RUN, settings))

    changed = np.argwhere(plain.observed != grid.observed).tolist()
    utc = [[0, 9, 22], [0, 9, 23], [0, 10, 0], [0, 10, 1]]
    assert changed == [*utc, [1, 9, 23], [1, 10, 0], [1, 10, 1], [1, 10, 2]]
    assert (grid.throughput[~grid.observed] == 0).all()
    assert np.isnan(grid.covariates["device_num"][~grid.observed]).all()
    assert np.array_equal(plain.throughput[grid.observed], grid.throughput[grid.observed])


@pytest.mark.parametrize(("kind", "site"), [("expected", "elsewhere"), ("ignore", "elsewhere"), ("break", "elsewhere")])
def test_other_events_leave_the_very_grid(tmp_path, kind, site):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))
    before = features(RUN, settings)
    note(settings, kind=kind, site=site, starts_at="2026-01-10T22:30Z", ends_at="2026-01-11T02:00Z")

    assert features(RUN, settings) == before


def test_days_before_a_break_are_laid_at_the_level_of_those_after_it_and_readings_stay(tmp_path):
    settings = Settings(home=tmp_path)
    readings = make_readings("a", "b")
    moved = (readings["site"] == "a") & (readings["ts"] >= pd.Timestamp("2026-01-12", tz="UTC"))
    put_clean(settings, readings.assign(throughput=readings["throughput"].where(~moved, 3 * readings["throughput"])))
    plain = grid_in(settings, features(RUN, settings))
    note(settings, kind="break", site="a", starts_at="2026-01-12T00:00Z", ends_at="2026-01-12T00:00Z")

    grid = grid_in(settings, features(RUN, settings))

    assert np.allclose(grid.throughput[0, :11], 3 * plain.throughput[0, :11])
    assert np.array_equal(grid.throughput[0, 11:], plain.throughput[0, 11:])
    assert np.array_equal(grid.throughput[1], plain.throughput[1])
    assert np.array_equal(grid.observed, plain.observed)


def test_a_site_whose_last_days_are_ignored_is_neither_dead_nor_broken(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))
    alone = live_origins(grid_in(settings, features(RUN, settings)), RUN, settings)
    note(settings, site="b", starts_at="2025-12-30T00:00Z", ends_at="2026-01-16T00:00Z")

    result = features(RUN, settings)
    grid = grid_in(settings, result)

    assert (result["spared"], result["ladder"]) == (["b"], {})
    assert live_origins(grid, RUN, settings, result["spared"]).site.tolist() == alone.site.tolist() == [0, 1]
    assert live_origins(grid, RUN, settings).site.tolist() == [0]


def put_plan(settings: Settings, *known_from: str) -> None:
    """Leave a plan for 20:00 of the target day and of the day before, known since then, as ``extract`` would have."""
    store = Store(settings.store_url)
    rows = [(f"2026-01-{day} 20:00", since) for since in known_from for day in (14, 15)]
    frame = pd.DataFrame(rows, columns=["ts", "known_from"]).apply(
        lambda column: pd.to_datetime(column, utc=True, format="ISO8601").dt.as_unit("us")
    )
    frame = frame.assign(name="weather", value=np.arange(1.0, len(rows) + 1), site=None, labels=None).astype(
        {"site": "str", "labels": "str"}
    )
    store.write_result(RUN, "extract", store.read_result(RUN, "extract") | {"planned": store.put_frame(RUN, "planned", frame)})


def test_features_lays_what_was_planned_as_each_day_s_own_cutoff_knew_it(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))
    put_plan(settings, "2026-01-01", "2026-01-14 12:00", "2026-01-15 00:00")

    weather = grid_in(settings, features(RUN, settings)).planned["weather"]

    assert weather[0, 13:15, 20].tolist() == [1.0, 4.0]  # what came at noon of the 14th, the 14th's cutoff did not know
    assert weather[1, 13:15, 21].tolist() == [1.0, 2.0]  # Berlin's 15th was forecast the day before
    assert np.isfinite(weather).sum() == 6


def test_without_a_plan_features_leaves_the_very_file_that_it_left_before(tmp_path):
    settings = Settings(home=tmp_path)
    put_clean(settings, make_readings("a", "b"))
    before = features(RUN, settings)

    put_plan(settings, "2026-01-15 00:00")

    assert features(RUN, settings) == before
