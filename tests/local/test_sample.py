"""The made-up fleet: the same for the same seed, sane, and forecastable to a realistic degree."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.files.sites_file import read_sites_file
from pipeline.adapters.postgres.loading import load_readings
from pipeline.core.series.clock import infer_step_minutes
from pipeline.local.sample import sample_fleet
from pipeline.local.sample_file import sites_file, write_sample


@pytest.fixture(scope="module")
def fleet():
    return sample_fleet()


def test_equal_arguments_give_an_equal_fleet_and_another_seed_another():
    one, same, other = (sample_fleet(3, 10, seed=seed) for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(one[0], same[0])
    pd.testing.assert_frame_equal(one[1], same[1])
    assert not one[0]["throughput"].equals(other[0]["throughput"])


def test_the_fleet_is_one_a_user_could_have(fleet):
    readings, sites = fleet

    scale = readings.groupby("site")["throughput"].median()
    assert len(sites) == 20
    assert sites["timezone"].nunique() > 8
    assert scale.max() / scale.min() > 100
    assert infer_step_minutes(readings) == 10
    assert readings["ts"].max() == pd.Timestamp("2026-08-20 23:50", tz="UTC")
    assert readings["ts"].nunique() == 120 * 144
    assert (readings["throughput"] >= 0).all()
    assert readings["dxcc_usage"].between(0, 100).all()
    assert not readings.duplicated(["site", "ts"]).any()
    assert readings.equals(readings.sort_values(["site", "ts"], ignore_index=True))


def test_some_sites_are_new_and_some_die(fleet):
    span = fleet[0].groupby("site")["ts"].agg(["min", "max"])

    assert (span["min"] > span["min"].min()).sum() == 2
    assert (span["max"] < span["max"].max()).sum() == 2


def test_covariates_follow_the_throughput(fleet):
    for _, site in fleet[0].groupby("site"):
        assert site["device_num"].corr(site["throughput"]) > 0.8
        assert site["dxcc_usage"].corr(site["throughput"]) > 0.8


def test_level_and_weekday_reward_a_model_over_the_same_time_yesterday_and_last_week(fleet):
    wide = fleet[0].pivot_table(index="ts", columns="site", values="throughput").dropna(axis=1).to_numpy()
    day, (test, before) = 144, (slice(-14 * 144, None), np.arange(-14, 0))

    def wape(forecast: np.ndarray) -> float:
        return float(np.abs(wide[test] - forecast).sum() / wide[test].sum())

    yesterday, last_week = wide[-15 * day : -day], wide[-21 * day : -7 * day]

    def weeks_ago(start: int, weeks: int) -> np.ndarray:
        level = wide[start - 2 * day : start].mean(axis=0) / wide[start - (7 * weeks + 2) * day : start - 7 * weeks * day].mean(axis=0)
        return level * wide[start - 7 * weeks * day : start - (7 * weeks - 1) * day]

    scaled = [np.median([weeks_ago(start, w) for w in (1, 2, 3)], axis=0) for start in len(wide) + before * day]
    honest = wape(np.concatenate(scaled))
    assert 0.03 < honest < 0.08
    assert honest < 0.75 * min(wape(yesterday), wape(last_week), wape((yesterday + last_week) / 2) / 0.95)


def test_outages_lose_readings_on_request():
    whole, holed = sample_fleet(5, 30)[0], sample_fleet(5, 30, outages=True)[0]

    assert len(holed) < len(whole)


@pytest.mark.parametrize("name", ["fleet.csv.gz", "fleet.csv", "fleet.parquet"])
def test_a_sample_with_every_fault_is_loaded_without_them(database, tmp_path, name):
    readings, sites = sample_fleet(3, 12, step_minutes=30, end=date(2026, 3, 31), seed=4)
    path = tmp_path / name
    write_sample(path, readings, sites, late=True, duplicates=True, poison=True)

    report = load_readings(database, path)

    assert report.loaded == len(readings)
    assert report.quarantined["throughput is not a number"] == 2
    assert report.quarantined["ts is off the grid of 30 minutes"] == 1
    assert report.repeated > 0
    assert report.rows == report.loaded + report.repeated + report.quarantined.total()
    assert list(read_sites_file(sites_file(path), "UTC")["site"]) == list(sites["site"])


def test_the_same_sample_is_the_same_file(tmp_path):
    readings, sites = sample_fleet(2, 3)
    for name in ("one.csv.gz", "two.csv.gz"):
        write_sample(tmp_path / name, readings, sites, seed=1, late=True, poison=True)

    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()
