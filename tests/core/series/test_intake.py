"""Raw columns judged row by row."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.series.intake import LONGEST_SITE, judge, to_instants, to_numbers
from pipeline.errors import DataError


def judged(site="a", ts="2026-08-01 00:00", throughput="1", timezone="UTC", **covariates):
    numbers = {"throughput": pa.array([throughput])} | {name: pa.array([value]) for name, value in covariates.items()}
    return judge(pa.array([site]), pa.array([ts]), numbers, timezone)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"site": None}, "site is missing"),
        ({"site": " \t"}, "site is missing"),
        ({"site": "a\0b"}, "NUL character"),
        ({"site": "é" * LONGEST_SITE}, "longer than 1000 bytes"),
        ({"ts": None}, "ts is no instant"),
        ({"ts": "1722470400"}, "ts is no instant"),
        ({"ts": "2026-03-29 02:30", "timezone": "Europe/Berlin"}, "the clock skips"),
        ({"ts": "1969-12-31 23:59"}, "outside 1970 to 2100"),
        ({"ts": "2100-01-01 00:00", "timezone": "Europe/Berlin"}, "outside 1970 to 2100"),
        ({"throughput": "1,5"}, "throughput is not a number"),
        ({"throughput": "-inf"}, "throughput is infinite"),
        ({"throughput": -0.5}, "throughput is negative"),
        ({"device_num": "many"}, "device_num is not a number"),
        ({"device_num": float("inf")}, "device_num is infinite"),
        ({"site": "", "throughput": "-1"}, "site is missing"),
    ],
)
def test_a_faulty_row_gets_its_first_fault(row, reason):
    intake = judged(**row)

    assert reason in intake.fault[0]
    assert not intake.missing[0]


@pytest.mark.parametrize("empty", ["", " ", "NaN", "NULL", "NA", None, float("nan")])
def test_an_empty_throughput_is_missing(empty):
    intake = judged(throughput=empty)

    assert intake.fault[0] is None
    assert intake.missing[0]


def test_a_negative_covariate_is_left_for_validate_to_judge():
    assert judged(temperature="-12.5").fault[0] is None


def test_numbers_are_read_from_text_and_from_every_kind_of_number():
    for column in (
        pa.array(["1", " 2.5", "3e2", ""]),
        pa.array([1, 2.5, 300, None]),
        pa.array(["1", "2.5", "300", None], pa.large_string()),
    ):
        values, wrong = to_numbers(column)

        assert np.array_equal(values, [1, 2.5, 300, np.nan], equal_nan=True)
        assert not wrong.any()


def test_one_bad_number_spoils_no_other():
    values, wrong = to_numbers(pa.array(["1", "x", "", "4"]))

    assert wrong.tolist() == [False, True, False, False]
    assert np.array_equal(values, [1, np.nan, np.nan, 4], equal_nan=True)


def test_instants_are_read_from_text_dates_and_timestamps_with_and_without_zone():
    expected = np.datetime64("2026-08-01T00:00", "us")
    columns = (
        (pa.array(["2026-08-01"]), "UTC"),
        (pa.array(["2026-08-01T00:00:00.000"]), "UTC"),
        (pa.array(["2026-08-01 02:00"]), "Europe/Berlin"),
        (pa.array(["2026-08-01T05:30:00+0530"]), "Europe/Berlin"),
        (pa.array([expected.item().date()]), "UTC"),
        (pa.array([np.datetime64("2026-08-01T02:00", "ns")]), "Europe/Berlin"),
        (pa.array([expected.item()], pa.timestamp("s", "Asia/Tokyo")), "Europe/Berlin"),
    )

    assert [to_instants(column, zone)[0][0] for column, zone in columns] == [expected] * len(columns)


def test_instants_given_as_numbers_are_refused():
    with pytest.raises(DataError, match="the column of ts holds numbers; expected timestamps"):
        to_instants(pa.array([1722470400]), "UTC")


def test_a_repeated_local_time_is_the_first_pass_and_knows_its_second():
    instants, second_pass, skipped = to_instants(pa.array(["2025-10-26 02:15", "2025-10-26 03:15"]), "Europe/Berlin")

    assert instants.tolist() == [np.datetime64(t, "us").item() for t in ("2025-10-26T00:15", "2025-10-26T02:15")]
    assert second_pass.tolist() == [3600, 0]
    assert not skipped.any()


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_no_text_breaks_the_intake(texts):
    rows = pa.array(texts, pa.string())

    intake = judge(rows, rows, {"throughput": rows, "device_num": rows}, "Europe/Berlin")

    good = (intake.fault == None) & ~intake.missing  # noqa: E711
    assert np.isfinite(intake.values["throughput"][good]).all()
    assert not np.isnat(intake.ts[good]).any()
