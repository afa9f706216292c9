"""Row-level faults to the quarantine, broken sites to the ladder, a broken batch refused."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.store.snapshots import Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site
from pipeline.errors import DataError, ServiceError, StoreError
from pipeline.steps.validate import validate
from tests.fixtures.snapshots import CUTOFF, RUN, make_readings, put_snapshot

SITES = tuple(Site(name) for name in "abcd")


def clean_of(settings, result) -> pd.DataFrame:
    return Store(settings.store_url).get_frame(result["readings"])


def page(result) -> Path:
    return Path(urlparse(result["data_docs"]).path)


def test_validate_passes_clean_readings_on_as_they_are_and_touches_no_database(tmp_path):
    settings = Settings(home=tmp_path)
    put_snapshot(settings, make_readings(*"abcd"), SITES)

    result = validate(RUN, settings)

    assert (result["quarantined"], result["ladder"], result["dead"]) == ({}, {}, [])
    assert result["readings"] == Store(settings.store_url).read_result(RUN, "extract")["readings"]
    assert "Data Docs" in page(result).read_text()
    assert len(list(page(result).parent.rglob("validations/**/*.html"))) == 4  # schema, snapshot, readings, sites


def test_validate_puts_faulty_rows_into_quarantine_with_site_ts_reason_and_the_row_as_it_came(database, run_sql):
    readings = make_readings(*"abcd")
    readings.loc[[10, 400], "throughput"] = [-5.0, np.inf]
    stranger = make_readings("Straße ✗", days=1).iloc[:2]
    put_snapshot(database, pd.concat([readings, stranger], ignore_index=True), SITES)

    result = validate(RUN, database)

    assert result["quarantined"] == {"unknown site": 2, "throughput is negative": 1, "throughput is not finite": 1}
    assert result["rows"] == len(clean_of(database, result)) == len(readings) - 2
    rows = run_sql("SELECT site, ts, reason, payload, run_id FROM dayahead.quarantine ORDER BY reason, site")
    assert [row[:3] for row in rows[:2]] == [
        ("a", readings["ts"][10], "throughput is negative"),
        ("b", readings["ts"][400], "throughput is not finite"),
    ]
    assert rows[0][3] == {"site": "a", "ts": "2026-01-01T10:00:00.000000Z", "throughput": -5, "device_num": 7, "dxcc_usage": 0.5}
    assert rows[1][3]["throughput"] == "inf"
    assert {row[4] for row in rows} == {RUN.folder}
    assert rows[2][0] == "Straße ✗"


def test_validate_twice_leaves_the_same_result_and_quarantines_no_row_twice(database, run_sql):
    readings = make_readings(*"abcd")
    readings.loc[[10, 11], "throughput"] = -5.0
    put_snapshot(database, readings, SITES)

    first, second = validate(RUN, database), validate(RUN, database)

    assert first == second
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(2,)]
    assert len(list(page(second).parent.rglob("snapshot-readings.html"))) == 1


def test_validate_blanks_a_bad_covariate_and_keeps_the_throughput(database, run_sql):
    readings = make_readings(*"abcd")
    readings.loc[5, ["device_num", "dxcc_usage"]] = [-1.0, 5000.0]
    put_snapshot(database, readings, SITES)

    result = validate(RUN, database)

    clean = clean_of(database, result)
    assert result["quarantined"] == {"device_num is out of range": 1, "dxcc_usage is far above the site's history": 1}
    assert clean.loc[5, ["device_num", "dxcc_usage"]].isna().all()
    assert clean["throughput"].tolist() == readings["throughput"].tolist()
    payloads = run_sql("SELECT payload FROM dayahead.quarantine")
    assert all(payload["device_num"] == -1 and payload["dxcc_usage"] == 5000 for (payload,) in payloads)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f[f["ts"] < CUTOFF - timedelta(hours=60)], "stale: hours silent 61, expected at most 48"),
        (lambda f: f[(f.index % 3 == 0) | (f["ts"] >= CUTOFF - timedelta(hours=2))], "incomplete: completeness 0.3"),
        (lambda f: f.assign(throughput=f["throughput"].where(f["ts"] < CUTOFF - timedelta(hours=30), 9.0)), "flat line: hours flat 30"),
    ],
)
def test_validate_leaves_a_broken_site_to_the_ladder_with_the_reason(tmp_path, change, reason):
    settings = Settings(home=tmp_path)
    put_snapshot(settings, pd.concat([make_readings(*"bcd"), change(make_readings("a"))], ignore_index=True), SITES)

    result = validate(RUN, settings)

    assert list(result["ladder"]) == ["a"]
    assert result["ladder"]["a"].startswith(reason)


def test_validate_takes_constant_zero_and_a_site_with_one_day_for_ordinary(tmp_path):
    settings = Settings(home=tmp_path)
    quiet, young = make_readings("a").assign(throughput=0.0), make_readings("b", days=1)
    put_snapshot(settings, pd.concat([quiet, young, make_readings("c", "d")], ignore_index=True), SITES)

    result = validate(RUN, settings)

    assert (result["quarantined"], result["ladder"], result["dead"]) == ({}, {}, [])


def test_validate_lists_dead_sites_and_does_not_count_them_as_stale(tmp_path):
    settings = Settings(home=tmp_path)
    gone = make_readings("b", "c", cutoff=CUTOFF - timedelta(days=30))
    put_snapshot(settings, pd.concat([make_readings("a"), gone], ignore_index=True), SITES)

    result = validate(RUN, settings)

    assert result["dead"] == ["b", "c", "d"]
    assert result["ladder"] == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="throughput"), "column throughput holds the right type; found missing in 1 row.s., expected number"),
        (
            lambda f: f.assign(throughput=f["throughput"].astype(str)),
            "throughput holds the right type; found text in 1 row.s., expected number",
        ),
        (
            lambda f: f.assign(ts=f["ts"].dt.tz_localize(None)),
            "column ts .* found time without a zone .* expected instant with a time zone",
        ),
        (lambda f: f[:0], "there are readings; found 0 in 1 row.s., expected at least 1"),
        (
            lambda f: f[f["ts"] < CUTOFF - timedelta(days=3)],
            "most sites are fresh; found 73, 73, 73, 73 in 4 row.s., expected at most 48 for 50%",
        ),
        (lambda f: f.assign(ts=f["ts"] - pd.Timedelta(days=40)), "a site is live; found all 4 silent for more than 28 days"),
    ],
)
def test_validate_refuses_a_broken_batch_and_names_the_failed_expectation(tmp_path, change, message):
    settings = Settings(home=tmp_path)
    put_snapshot(settings, change(make_readings(*"abcd")), SITES)

    with pytest.raises(DataError, match=f"expectation failed: .*{message}"):
        validate(RUN, settings)

    assert (tmp_path / "gx" / RUN.folder / "index.html").exists()
    with pytest.raises(StoreError):
        Store(settings.store_url).read_result(RUN, "validate")


def test_validate_says_why_sites_are_stale_when_their_readings_were_rejected_and_keeps_those(database, run_sql):
    readings = make_readings(*"abcd")
    readings.loc[readings["ts"] >= CUTOFF - timedelta(days=4), "throughput"] = np.nan
    put_snapshot(database, readings, SITES)

    with pytest.raises(DataError, match=r"most sites are fresh.*384 reading.s. were rejected: throughput is missing"):
        validate(RUN, database)

    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(384,)]


def test_validate_with_the_database_down_says_so_and_leaves_no_result(tmp_path):
    settings = Settings(home=tmp_path, database_url="postgresql://postgres@127.0.0.1:1/none")
    readings = make_readings(*"abcd")
    readings.loc[3, "throughput"] = -1
    put_snapshot(settings, readings, SITES)

    with pytest.raises(ServiceError, match="does not answer"):
        validate(RUN, settings)

    with pytest.raises(StoreError):
        Store(settings.store_url).read_result(RUN, "validate")
