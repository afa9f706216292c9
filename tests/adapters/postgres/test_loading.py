"""Loading files into a real PostgreSQL: what becomes of every row."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.files import row_chunks
from pipeline.adapters.postgres import loading
from pipeline.adapters.postgres.loading import load_readings
from pipeline.adapters.postgres.queries import statement
from pipeline.errors import DataError

HEADER = "site,ts,throughput\n"
TABLE = "SELECT site, ts::text, throughput FROM dayahead.traffic ORDER BY site, ts"


def written(tmp_path: Path, text: str, name: str = "readings.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def hours(count: int, site: str = "a", start: str = "2026-08-01") -> str:
    ts = pd.date_range(start, periods=count, freq="h")
    return "".join(f"{site},{t},{i % 24}\n" for i, t in enumerate(ts))


def test_load_twice_changes_nothing_and_says_so(database, run_sql, tmp_path):
    path = written(tmp_path, HEADER + hours(48), "readings.csv.gz")

    first, before = load_readings(database, path), run_sql(TABLE)
    second = load_readings(database, path)

    assert (first.rows, first.loaded, first.unchanged, first.step_minutes, first.new_sites) == (48, 48, 0, 60, 1)
    assert (second.rows, second.loaded, second.unchanged, second.new_sites) == (48, 0, 48, 0)
    assert run_sql(TABLE) == before


def test_load_replaces_a_corrected_value_and_counts_it(database, run_sql, tmp_path):
    load_readings(database, written(tmp_path, HEADER + hours(48)))

    report = load_readings(database, written(tmp_path, HEADER + "a,2026-08-01 01:00,99\na,2026-08-01 02:00,2\n"))

    assert (report.updated, report.unchanged, report.loaded) == (1, 1, 0)
    assert run_sql("SELECT throughput FROM dayahead.traffic WHERE ts = '2026-08-01 01:00+00'") == [(99.0,)]


def test_a_file_loaded_again_with_rows_out_of_order_is_judged_as_a_whole(database, run_sql, tmp_path):
    rows = hours(48) + hours(48, site="b")
    load_readings(database, written(tmp_path, HEADER + rows))
    run_sql("UPDATE dayahead.traffic SET throughput = 5 WHERE site = 'b' AND ts = '2026-08-02 03:00+00'")
    contradicted = written(tmp_path, HEADER + rows + "a,2026-08-01 02:00,77\na,2026-08-05 00:00,1\n")

    report = load_readings(database, contradicted)

    assert (report.loaded, report.updated, report.unchanged, report.quarantined.total()) == (1, 1, 95, 1)
    assert run_sql("SELECT throughput FROM dayahead.traffic WHERE site = 'a' AND ts = '2026-08-01 02:00+00'") == [(2.0,)]
    assert (str(report.first), str(report.last)) == ("2026-08-01 00:00:00+00:00", "2026-08-05 00:00:00+00:00")


def test_chunks_out_of_order_after_known_rows_are_judged_as_a_whole(database, run_sql, tmp_path, monkeypatch):
    monkeypatch.setattr(row_chunks, "BLOCK_BYTES", 2_000)
    rows = hours(200) + hours(200, site="b")
    load_readings(database, written(tmp_path, HEADER + rows))

    report = load_readings(database, written(tmp_path, HEADER + rows + "a,2026-08-01 02:00,77\n"))

    assert (report.rows, report.loaded, report.updated, report.unchanged) == (401, 0, 0, 400)
    assert dict(report.quarantined) == {"another value for the same site and ts came before": 1}


def test_new_months_are_let_in_beside_months_that_stand(database, run_sql, tmp_path):
    load_readings(database, written(tmp_path, HEADER + hours(24, start="2026-06-15")))

    report = load_readings(database, written(tmp_path, HEADER + hours(60 * 24, start="2026-05-20")))

    assert (report.rows, report.loaded, report.unchanged, report.updated) == (1440, 1416, 24, 0)
    assert run_sql("SELECT count(*), count(DISTINCT ts) FROM dayahead.traffic") == [(1440, 1440)]
    assert (str(report.first), str(report.last)) == ("2026-05-20 00:00:00+00:00", "2026-07-18 23:00:00+00:00")
    months = run_sql("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'dayahead.traffic'::regclass ORDER BY 1")
    assert [name for (name,) in months] == [f"dayahead.traffic_2026_0{month}" for month in (5, 6, 7)]
    keys = run_sql("SELECT conname, contype FROM pg_constraint WHERE conrelid = 'dayahead.traffic_2026_05'::regclass ORDER BY 1")
    assert ("traffic_2026_05_pkey", "p") in keys
    assert "one_month" not in dict(keys)


def test_a_month_that_got_a_table_while_it_was_filled_is_loaded_all_the_same(database, run_sql, tmp_path, monkeypatch):
    def with_intruder(name):
        if name == "attach_month":
            run_sql("SELECT dayahead.ensure_partition('traffic', '2026-08-01')")
            run_sql("INSERT INTO dayahead.traffic (site, ts, throughput) VALUES ('a', '2026-08-01 00:00+00', 0)")
        return statement(name)

    monkeypatch.setattr(loading, "statement", with_intruder)

    report = load_readings(database, written(tmp_path, HEADER + hours(24)))

    assert (report.loaded, report.unchanged) == (23, 1)
    assert run_sql("SELECT count(*) FROM dayahead.traffic") == [(24,)]


def test_every_faulty_row_goes_to_quarantine_as_it_came_with_its_reason(database, run_sql, tmp_path):
    faults = {
        "a,2026-08-05 00:00,many": "throughput is not a number",
        "a,2026-08-05 01:00,-1": "throughput is negative",
        "a,2026-08-05 02:00,inf": "throughput is infinite",
        "a,yesterday,1": "ts is no instant",
        "a,1066-10-14 00:00,1": "ts lies outside 1970 to 2100",
        "a,2099-08-05 00:00,1": "ts lies in the future",
        ",2026-08-05 03:00,1": "site is missing",
        "a,2026-08-02 00:30,1": "ts is off the grid of 60 minutes",
        "a,2026-08-01 05:00,77": "another value for the same site and ts came before",
        "a,2026-08-05 04:00,1,surplus": "the row has more or fewer values than the header",
    }
    path = written(tmp_path, HEADER + hours(48) + "\n".join(faults) + "\n")

    report = load_readings(database, path)
    load_readings(database, path)

    assert dict(report.quarantined) == dict.fromkeys(faults.values(), 1)
    assert report.loaded == 48
    assert report.rows == 48 + len(faults)
    kept = run_sql("SELECT reason, payload FROM dayahead.quarantine")
    assert sorted(reason for reason, _ in kept) == sorted(faults.values())
    payload = dict(kept)["throughput is not a number"]
    assert payload == {"file": "readings.csv", "row": 49, "site": "a", "ts": "2026-08-05 00:00", "throughput": "many"}


def test_two_torn_rows_that_read_alike_are_both_kept_with_their_lines(database, run_sql, tmp_path):
    report = load_readings(database, written(tmp_path, HEADER + hours(24) + "a,2026-08-03 00:00\na,2026-08-03 00:00\n"))

    assert report.quarantined.total() == 2
    assert run_sql("SELECT payload->>'line' FROM dayahead.quarantine ORDER BY id") == [("26",), ("27",)]


def test_an_empty_throughput_is_missing_and_not_a_fault(database, run_sql, tmp_path):
    report = load_readings(database, written(tmp_path, HEADER + hours(24) + "a,2026-08-03 00:00,\na,2026-08-03 01:00,NaN\n"))

    assert (report.loaded, report.missing, report.quarantined.total()) == (24, 2, 0)
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(0,)]


def test_a_row_that_repeats_an_earlier_one_is_counted_and_not_a_fault(database, tmp_path):
    report = load_readings(database, written(tmp_path, HEADER + hours(24) + hours(3)))

    assert (report.loaded, report.repeated, report.quarantined.total()) == (24, 3, 0)


def test_local_times_follow_the_zone_through_both_clock_changes(database, run_sql, tmp_path):
    spring = "b,2026-03-29 01:00,1\nb,2026-03-29 02:30,2\nb,2026-03-29 03:00,3\n"
    autumn = "a,2025-10-26 01:00,1\na,2025-10-26 02:00,2\na,2025-10-26 02:00,3\na,2025-10-26 03:00,4\n"

    report = load_readings(database, written(tmp_path, HEADER + autumn + spring), timezone="Europe/Berlin")

    assert dict(report.quarantined) == {"ts is a local time that the clock skips": 1}
    assert run_sql(TABLE) == [
        ("a", "2025-10-25 23:00:00+00", 1.0),
        ("a", "2025-10-26 00:00:00+00", 2.0),
        ("a", "2025-10-26 01:00:00+00", 3.0),
        ("a", "2025-10-26 02:00:00+00", 4.0),
        ("b", "2026-03-29 00:00:00+00", 1.0),
        ("b", "2026-03-29 01:00:00+00", 3.0),
    ]
    assert run_sql("SELECT DISTINCT timezone FROM dayahead.sites") == [("Europe/Berlin",)]


def test_a_repeated_local_time_that_stands_once_is_the_first_pass(database, run_sql, tmp_path):
    load_readings(database, written(tmp_path, HEADER + "a,2025-10-26 02:00,2\na,2025-10-26 03:00,4\n"), timezone="Europe/Berlin")

    assert [ts for _, ts, _ in run_sql(TABLE)] == ["2025-10-26 00:00:00+00", "2025-10-26 02:00:00+00"]


def test_an_offset_is_respected_beside_local_times(database, run_sql, tmp_path):
    rows = "a,2026-08-01T02:00:00+02:00,1\na,2026-08-01 03:00,2\na,2026-08-01T02:00:00Z,3\na,2026-08-01T03:00Z,4\n"

    load_readings(database, written(tmp_path, HEADER + rows), timezone="Europe/Berlin")

    assert [(ts[11:13], value) for _, ts, value in run_sql(TABLE)] == [("00", 1.0), ("01", 2.0), ("02", 3.0), ("03", 4.0)]


def test_site_names_are_any_text(database, run_sql, tmp_path):
    names = ['it\'s "quoted"', "new\nline", "📡 Straße", "a,b;c", "{x} %s \\N"]
    frame = pd.DataFrame({"site": np.repeat(names, 2), "ts": ["2026-08-01 00:00", "2026-08-01 01:00"] * 5, "throughput": 1})
    path = tmp_path / "names.csv"
    frame.to_csv(path, index=False)

    report = load_readings(database, path)

    assert report.loaded == 10
    assert sorted(name for (name,) in run_sql("SELECT DISTINCT site FROM dayahead.traffic")) == sorted(names)


def test_a_parquet_file_with_own_names_and_covariates_is_loaded(database, run_sql, tmp_path):
    ts = pd.date_range("2026-08-01", periods=6, freq="10min", tz="Asia/Tokyo")
    frame = pd.DataFrame({"perf_name": "x", "created_at": ts, "thp": np.arange(6), "device_num": [1, None] * 3, "temp": 20.5})
    path = tmp_path / "own.parquet"
    frame.to_parquet(path)

    report = load_readings(database, path, {"site": "perf_name", "ts": "created_at", "throughput": "thp", "temperature": "temp"})
    again = load_readings(database, path, {"site": "perf_name", "ts": "created_at", "throughput": "thp", "temperature": "temp"})

    assert (report.loaded, report.step_minutes, again.unchanged) == (6, 10, 6)
    found = run_sql("SELECT ts::text, throughput, device_num, temperature FROM dayahead.traffic ORDER BY ts LIMIT 2")
    assert found == [("2026-07-31 15:00:00+00", 0.0, 1.0, 20.5), ("2026-07-31 15:10:00+00", 1.0, None, 20.5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; expected a header"),
        (HEADER, "holds no rows"),
        (
            "site,ts,thp\na,2026-08-01,1\n",
            "has no column throughput; found site, ts, thp: name the right ones with --columns throughput=NAME",
        ),
        ("just text\n", "has no column site, ts, throughput; found just text"),
    ],
)
def test_a_file_that_is_no_readings_is_refused_with_what_was_found(database, tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        load_readings(database, written(tmp_path, text))


def test_a_missing_file_and_a_cut_one_are_refused_and_nothing_is_loaded(database, run_sql, tmp_path):
    whole = written(tmp_path, HEADER + hours(5000), "cut.csv.gz")
    whole.write_bytes(whole.read_bytes()[:-200])

    with pytest.raises(DataError, match="no file"):
        load_readings(database, tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match=r"cannot read .*cut\.csv\.gz"):
        load_readings(database, whole)

    assert run_sql(TABLE) == []


def test_columns_that_are_mixed_up_are_refused_before_everything_is_quarantined(database, run_sql, tmp_path):
    path = written(tmp_path, HEADER + hours(2000))

    told = r"2000 of the first 2000 rows .* throughput is not a number.*nothing was taken from the file: check --columns"
    with pytest.raises(DataError, match=told):
        load_readings(database, path, {"throughput": "site", "site": "throughput"})

    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(0,)]


def test_an_unknown_time_zone_is_refused(database, tmp_path):
    with pytest.raises(DataError, match="time zone 'Mars/Olympus'"):
        load_readings(database, written(tmp_path, HEADER + hours(2)), timezone="Mars/Olympus")


KILLED = """
import os, signal, sys
from pathlib import Path
from pydantic import SecretStr
from pipeline.adapters.postgres import loading
from pipeline.config import Settings

def merge_and_die(*arguments, merge=loading._merge):
    merge(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

loading._merge = merge_and_die
loading.load_readings(Settings(database_url=SecretStr(sys.argv[1])), Path(sys.argv[2]))
"""


def test_a_load_killed_half_way_leaves_the_table_as_it_was(database, run_sql, tmp_path):
    load_readings(database, written(tmp_path, HEADER + hours(24)))
    path = written(tmp_path, HEADER + hours(60_000, site="k", start="2020-01-01"), "more.csv")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database.database_url.get_secret_value(), str(path)], env=os.environ, check=False
    )

    assert killed.returncode == -signal.SIGKILL
    assert run_sql("SELECT count(*) FROM dayahead.traffic") == [(24,)]
    assert load_readings(database, path).loaded == 60_000


def test_a_view_in_the_place_of_traffic_is_not_loaded_into(database, run_sql, tmp_path):
    run_sql("ALTER TABLE dayahead.traffic RENAME TO t; CREATE VIEW dayahead.traffic AS SELECT * FROM dayahead.t")

    with pytest.raises(DataError, match="a view of your own table"):
        load_readings(database, written(tmp_path, HEADER + hours(2)))
