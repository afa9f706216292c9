import gzip

import pandas as pd
import pytest

from pipeline.adapters.files.readings_file import read_readings_file
from pipeline.core.series.frames import Site, check_readings
from pipeline.core.series.grid import to_grid
from pipeline.errors import DataError

ROWS = "site,ts,throughput\na,2026-01-01 00:00:00,1.5\na,2026-01-01 00:15:00,\nb,2026-01-01 00:00:00,2\n"


def write(tmp_path, text, name="readings.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def instants(readings):
    return [str(ts) for ts in readings["ts"]]


def test_csv_without_offsets_is_read_as_utc(tmp_path):
    readings = read_readings_file(write(tmp_path, ROWS))

    check_readings(readings)
    assert instants(readings)[1] == "2026-01-01 00:15:00+00:00"
    assert readings["throughput"].tolist()[::2] == [1.5, 2.0]
    assert readings["throughput"].isna().tolist() == [False, True, False]


def test_gzipped_csv_and_parquet_give_the_same_readings(tmp_path):
    plain = read_readings_file(write(tmp_path, ROWS))
    zipped = tmp_path / "readings.csv.gz"
    zipped.write_bytes(gzip.compress(ROWS.encode()))
    plain.to_parquet(tmp_path / "readings.parquet")

    pd.testing.assert_frame_equal(read_readings_file(zipped), plain)
    pd.testing.assert_frame_equal(read_readings_file(tmp_path / "readings.parquet"), plain)


def test_offsets_in_the_file_win_over_the_time_zone(tmp_path):
    text = "site,ts,throughput\na,2026-01-01T00:00:00Z,1\na,2026-01-01T01:15:00+01:00,2\n"

    readings = read_readings_file(write(tmp_path, text), timezone="Asia/Tokyo")

    assert instants(readings) == ["2026-01-01 00:00:00+00:00", "2026-01-01 00:15:00+00:00"]


def test_columns_are_taken_by_the_names_of_the_file_and_covariates_are_carried(tmp_path):
    text = "perf_name,created_at,thp,device_num,note\n007,2026-01-01 00:00:00,1,5,x\n"
    names = {"site": "perf_name", "ts": "created_at", "throughput": "thp"}

    readings = read_readings_file(write(tmp_path, text), names, covariates=("device_num",))

    assert list(readings.columns) == ["site", "ts", "throughput", "device_num"]
    assert readings["site"].tolist() == ["007"]
    assert readings["device_num"].tolist() == [5.0]


def test_the_hour_that_spring_skips_is_left_out_and_the_day_stays(tmp_path):
    stamps = pd.date_range("2026-03-29", periods=96, freq="15min")
    text = "site,ts,throughput\n" + "".join(f"a,{ts},1\n" for ts in stamps)

    readings = read_readings_file(write(tmp_path, text), timezone="Europe/Berlin")

    assert len(readings) == 92
    assert to_grid(readings, (Site("a", "Europe/Berlin"),)).observed.sum() == 92


def test_the_hour_that_autumn_repeats_gives_two_passes_per_site(tmp_path):
    stamps = pd.date_range("2025-10-26", "2025-10-27", freq="15min", tz="Europe/Berlin", inclusive="left").tz_localize(None)
    text = "site,ts,throughput\n" + "".join(f"{site},{ts},1\n" for site in "ab" for ts in stamps)

    readings = read_readings_file(write(tmp_path, text), timezone="Europe/Berlin")

    assert len(readings) == 200
    assert not readings.duplicated(["site", "ts"]).any()


def test_a_repeated_hour_that_stands_once_is_its_first_pass(tmp_path):
    text = "site,ts,throughput\na,2025-10-26 02:30:00,1\n"

    assert instants(read_readings_file(write(tmp_path, text), timezone="Europe/Berlin")) == ["2025-10-26 00:30:00+00:00"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("site,time,throughput\na,2026-01-01,1\n", "has no column ts; found site, time, throughput: .* --columns ts=NAME"),
        ("site,ts,throughput\n", "holds no rows"),
        ("", "cannot read .*expected CSV"),
        ("site,ts,throughput\na,2026-01-01,1\na,2026-01-02,lots\n", "column throughput is not a number, row 2: 'lots'"),
        ("site,ts,throughput\na,2026-01-01,1\na,yesterday,2\n", "column ts is not an instant, row 2: 'yesterday'"),
        ("site,ts,throughput\na,1767225600,1\n", "column ts is not an instant"),
        ("site,ts,throughput\na,2026-01-01T00:00Z,1\na,2026-01-02T00:00,2\n", "row 2: .* names no offset where others do"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_words(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_readings_file(write(tmp_path, text))


def test_a_missing_or_broken_file_is_told_in_words(tmp_path):
    with pytest.raises(DataError, match=r"no file .*nothing\.csv"):
        read_readings_file(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="cannot read"):
        read_readings_file(write(tmp_path, "no parquet", "a.parquet"))
    with pytest.raises(DataError, match="cannot read"):
        read_readings_file(write(tmp_path, "no gzip", "a.csv.gz"))


def test_a_number_as_instant_in_parquet_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"site": ["a"], "ts": [1767225600], "throughput": [1.0]}).to_parquet(path)

    with pytest.raises(DataError, match="1767225600"):
        read_readings_file(path)
