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


def read(path, *arguments, **options):
    """The readings alone, without what became of the rows."""
    return read_readings_file(path, *arguments, **options)[0]


def instants(readings):
    return [str(ts) for ts in readings["ts"]]


def test_csv_without_offsets_is_read_as_utc(tmp_path):
    readings = read(write(tmp_path, ROWS))

    check_readings(readings)
    assert instants(readings) == ["2026-01-01 00:00:00+00:00"] * 2
    assert readings["throughput"].tolist() == [1.5, 2.0]


def test_gzipped_csv_and_parquet_give_the_same_readings(tmp_path):
    plain = read(write(tmp_path, ROWS))
    zipped = tmp_path / "readings.csv.gz"
    zipped.write_bytes(gzip.compress(ROWS.encode()))
    plain.to_parquet(tmp_path / "readings.parquet")

    pd.testing.assert_frame_equal(read(zipped), plain)
    pd.testing.assert_frame_equal(read(tmp_path / "readings.parquet"), plain)


def test_offsets_in_the_file_win_over_the_time_zone(tmp_path):
    text = "site,ts,throughput\na,2026-01-01T00:00:00Z,1\na,2026-01-01T01:15:00+01:00,2\n"

    readings = read(write(tmp_path, text), timezone="Asia/Tokyo")

    assert instants(readings) == ["2026-01-01 00:00:00+00:00", "2026-01-01 00:15:00+00:00"]


def test_columns_are_taken_by_the_names_of_the_file_and_covariates_are_carried(tmp_path):
    text = "perf_name,created_at,thp,device_num,note\n007,2026-01-01 00:00:00,1,5,x\n"
    names = {"site": "perf_name", "ts": "created_at", "throughput": "thp"}

    readings = read(write(tmp_path, text), names, covariates=("device_num",))

    assert list(readings.columns) == ["site", "ts", "throughput", "device_num"]
    assert readings["site"].tolist() == ["007"]
    assert readings["device_num"].tolist() == [5.0]


def test_the_hour_that_spring_skips_is_left_out_and_the_day_stays(tmp_path):
    stamps = pd.date_range("2026-03-29", periods=96, freq="15min")
    text = "site,ts,throughput\n" + "".join(f"a,{ts},1\n" for ts in stamps)

    readings = read(write(tmp_path, text), timezone="Europe/Berlin")

    assert len(readings) == 92
    assert to_grid(readings, (Site("a", "Europe/Berlin"),)).observed.sum() == 92


def test_the_hour_that_autumn_repeats_gives_two_passes_per_site(tmp_path):
    stamps = pd.date_range("2025-10-26", "2025-10-27", freq="15min", tz="Europe/Berlin", inclusive="left").tz_localize(None)
    text = "site,ts,throughput\n" + "".join(f"{site},{ts},1\n" for site in "ab" for ts in stamps)

    readings = read(write(tmp_path, text), timezone="Europe/Berlin")

    assert len(readings) == 200
    assert not readings.duplicated(["site", "ts"]).any()


def test_a_repeated_hour_that_stands_once_is_its_first_pass(tmp_path):
    text = "site,ts,throughput\na,2025-10-26 02:30:00,1\n"

    assert instants(read(write(tmp_path, text), timezone="Europe/Berlin")) == ["2025-10-26 00:30:00+00:00"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("site,time,throughput\na,2026-01-01,1\n", "has no column ts; found site, time, throughput: .* --columns ts=NAME"),
        ("site,ts,throughput\n", "holds no rows; expected a row per site and instant below the header"),
        ("", "is empty; expected a header"),
        ("site,ts,throughput\na,yesterday,2\n", "none of the 1 rows of .*, 1 because ts is no instant: check --columns"),
        ("site,ts,throughput\na,1767225600,1\n", "1 because ts is no instant"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_words(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, text))


def test_a_row_that_is_no_reading_is_left_out_and_counted(tmp_path):
    bad = "a,2026-01-01 02:00,lots\na,2026-01-01 03:00,\na,2026-01-01 00:00,1\n"
    bad += "a,2026-01-01 00:00,9\na,2026-01-01 04:00\na,2026-01-01 00:07,1\n"
    rows = "".join(f"a,{ts},1\n" for ts in pd.date_range("2026-01-01", periods=24, freq="h") if ts.hour not in (2, 3, 4))

    readings, report = read_readings_file(write(tmp_path, "site,ts,throughput\n" + rows + bad))

    assert len(readings) == report.loaded == 21
    assert (report.rows, report.missing, report.repeated) == (27, 1, 1)
    assert dict(report.quarantined) == {
        "throughput is not a number": 1,
        "the row has more or fewer values than the header": 1,
        "ts is off the grid of 60 minutes": 1,
        "another value for the same site and ts came before": 1,
    }


def test_a_missing_or_broken_file_is_told_in_words(tmp_path):
    with pytest.raises(DataError, match=r"no file .*nothing\.csv"):
        read(tmp_path / "nothing.csv")
    for name in ("a.parquet", "a.csv.gz"):
        with pytest.raises(DataError, match="has no column site, ts, throughput; found no table"):
            read(write(tmp_path, "no table", name))


def test_a_number_as_instant_in_parquet_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"site": ["a"], "ts": [1767225600], "throughput": [1.0]}).to_parquet(path)

    with pytest.raises(DataError, match="column of ts holds numbers"):
        read(path)


def test_readings_of_142_steps_a_day_are_kept_whole_and_lie_on_144(tmp_path):
    ts = [pd.Timestamp("2026-01-01") + pd.Timedelta(seconds=i * 86_400 // 142) for i in range(3 * 142)]
    rows = "".join(f"a,{at},1\n" for at in ts)

    readings, report = read_readings_file(write(tmp_path, "site,ts,throughput\n" + rows))
    grid = to_grid(readings, (Site("a"),))

    assert (report.loaded, report.loose, report.step_minutes) == (3 * 142, 1, 10)
    assert grid.observed.sum(axis=2).tolist() == [[142, 142, 142]]
    assert (grid.shape[2], grid.phase_minutes.tolist()) == (144, [0])
