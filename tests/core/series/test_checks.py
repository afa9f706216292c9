"""What must hold for readings, and the figures that checks look at."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.series.checks import Check, covariate_checks, first_fault, row_checks, schema_checks, schema_of, site_checks
from pipeline.core.series.frames import Site, to_sites
from pipeline.core.series.measures import row_measures, site_measures, usual_high

CUTOFF = datetime(2026, 1, 15, tzinfo=UTC)
SITES = (Site("a"), Site("b", "Europe/Berlin"))


def readings(days: int = 14, step_minutes: int = 60, site: str = "a") -> pd.DataFrame:
    ts = pd.date_range(end=CUTOFF, periods=days * 1440 // step_minutes + 1, freq=f"{step_minutes}min", inclusive="left")
    throughput = 100 + 80 * np.sin(np.arange(len(ts)) * 2 * np.pi * step_minutes / 1440)
    return pd.DataFrame({"site": site, "ts": ts.as_unit("us"), "throughput": throughput})


def fault_of(frame: pd.DataFrame, row: int, sites=SITES, step_minutes: int = 60) -> str:
    checks = row_checks()
    fault = first_fault(row_measures(frame, sites, cutoff=CUTOFF, step_minutes=step_minutes), checks)
    good = np.delete(fault, row)
    assert (good == len(checks)).all(), "a good row was rejected"
    return checks[fault[row]].fault if fault[row] < len(checks) else ""


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("site", "stranger", "unknown site"),
        ("site", None, "unknown site"),
        ("ts", pd.NaT, "ts is missing"),
        ("ts", pd.Timestamp(CUTOFF), "ts is at or after the cutoff"),
        ("ts", pd.Timestamp("2031-01-01", tz="UTC"), "ts is at or after the cutoff"),
        ("ts", pd.Timestamp("2026-01-10 10:20", tz="UTC"), "ts is off the site's grid"),
        ("throughput", np.nan, "throughput is missing"),
        ("throughput", np.inf, "throughput is not finite"),
        ("throughput", -np.inf, "throughput is not finite"),
        ("throughput", -0.5, "throughput is negative"),
        ("throughput", 100_000.0, "throughput is far above the site's history"),
        ("throughput", 1_800.0, ""),
        ("throughput", 0.0, ""),
    ],
)
def test_row_is_rejected_for_its_fault_and_no_other_row_is(column, value, fault):
    frame = readings()
    frame.loc[50, column] = value

    assert fault_of(frame, 50) == fault


@pytest.mark.parametrize("ts", ["2026-01-10 10:00", "2026-01-10 10:00:30"])
def test_second_reading_of_a_step_is_rejected_and_the_first_kept(ts):
    frame = readings()
    extra = pd.DataFrame({"site": "a", "ts": [pd.Timestamp(ts, tz="UTC")], "throughput": [7.0]})

    assert fault_of(pd.concat([frame, extra], ignore_index=True), len(frame)) == "second reading of the same step"


def test_duplicate_of_a_faulty_reading_is_kept():
    frame = readings()
    faulty = frame.iloc[[20]].assign(throughput=-1.0)

    assert fault_of(pd.concat([faulty, frame], ignore_index=True), 0) == "throughput is negative"


def test_site_may_stamp_its_readings_some_minutes_after_the_step():
    frame = pd.concat([readings(), readings(site="b")], ignore_index=True)
    frame.loc[frame["site"] == "b", "ts"] += pd.Timedelta(minutes=7)
    frame = frame[frame["ts"] < pd.Timestamp(CUTOFF)]

    fault = first_fault(row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60), row_checks())

    assert (fault == len(row_checks())).all()


def test_half_hour_of_summer_time_does_not_move_a_site_off_its_grid():
    clock = pd.date_range("2025-09-01", "2025-11-20", freq="60min").tz_localize("Australia/Lord_Howe", nonexistent="NaT").dropna()
    frame = pd.DataFrame({"site": "howe", "ts": clock.tz_convert("UTC").as_unit("us"), "throughput": 5.0})

    fault = first_fault(row_measures(frame, (Site("howe", "Australia/Lord_Howe"),), cutoff=CUTOFF, step_minutes=60), row_checks())

    assert frame["ts"].dt.minute.nunique() == 2
    assert (fault == len(row_checks())).all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    step=st.sampled_from((5, 10, 15, 60)),
    days=st.integers(2, 20),
    scale=st.floats(1e-3, 1e12),
    crowd=st.floats(2, 10),
    seed=st.integers(0, 99),
)
def test_flash_crowd_passes_and_a_unit_error_does_not(step, days, scale, crowd, seed):
    rng = np.random.default_rng(seed)
    frame = readings(days, step)
    frame["throughput"] *= scale * np.exp(0.2 * rng.standard_normal(len(frame)))
    row = int(rng.integers(len(frame)))
    typical = frame["throughput"].median()

    flash = frame.assign(throughput=frame["throughput"].where(frame.index != row, typical * crowd))
    error = frame.assign(throughput=frame["throughput"].where(frame.index != row, typical * 1000))

    assert fault_of(flash, row, step_minutes=step) == ""
    assert fault_of(error, row, step_minutes=step) == "throughput is far above the site's history"


@pytest.mark.parametrize("share", [0.01, 0.02])
def test_bound_is_not_moved_by_scattered_unit_errors(share):
    rng = np.random.default_rng(1)
    frame = readings(60, 10)
    wild = rng.random(len(frame)) < share
    frame.loc[wild, "throughput"] = 150_000.0

    fault = first_fault(row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=10), row_checks())

    np.testing.assert_array_equal(fault < len(row_checks()), wild)


def test_bound_is_not_moved_by_whole_days_in_a_wrong_unit():
    frame = readings(60, 10)
    wrong = frame.index < 5 * 144
    frame.loc[wrong, "throughput"] *= 1000

    fault = first_fault(row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=10), row_checks())

    assert (fault[~wrong] == len(row_checks())).all()
    assert (fault[wrong] < len(row_checks())).mean() > 0.95


@pytest.mark.parametrize(("live_days", "accepted"), [(2, False), (4, True)])
def test_site_that_goes_live_after_months_of_noise_is_believed_after_four_days(live_days, accepted):
    frame = readings(100, 60)
    live = frame.index >= (100 - live_days) * 24
    frame.loc[~live, "throughput"] /= 10_000

    fault = first_fault(row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60), row_checks())

    assert (fault[live] == len(row_checks())).all() == accepted
    assert (fault[~live] == len(row_checks())).all()


def test_quiet_site_has_a_bound_once_it_has_spoken():
    values = np.array([4.0, 6.0])

    high = usual_high(values, np.array([3, 30]), (3, 2, 24))

    assert high.tolist() == [4.0, np.inf, np.inf]


def test_bound_is_the_same_when_the_fleet_is_laid_out_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    shape = (7, 5, 24)
    place = rng.permutation(np.prod(shape))[:700]
    values = rng.gamma(2, 10, 700)

    whole = usual_high(values, place, shape)
    monkeypatch.setattr("pipeline.core.series.measures.BLOCK_READINGS", 2 * 5 * 24)

    np.testing.assert_array_equal(usual_high(values, place, shape), whole)


def test_covariate_out_of_range_is_told_from_one_far_above_its_history():
    frame = readings().assign(dxcc_usage=0.5)
    frame.loc[[3, 4, 5, 6], "dxcc_usage"] = [-1, np.inf, 900, np.nan]
    checks = covariate_checks(["dxcc_usage"])

    fault = first_fault(row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60, covariates=["dxcc_usage"]), checks)

    assert fault[3:7].tolist() == [0, 0, 1, 2]
    assert (np.delete(fault, [3, 4, 5]) == 2).all()


def test_no_reading_at_all_has_measures_too():
    empty = readings()[:0]

    assert first_fault(row_measures(empty, SITES, cutoff=CUTOFF, step_minutes=60), row_checks()).size == 0
    assert site_measures(empty, SITES, cutoff=CUTOFF, step_minutes=60, dead_after_days=28)["dead"].all()


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("throughput", ["1", "x"], "text"),
        ("throughput", [1, 2], "number"),
        ("throughput", [True, False], "truth value"),
        ("throughput", [1.0, "x"], "object"),
        ("ts", pd.to_datetime(["2026-01-01", "2026-01-02"]), "time without a zone"),
        ("ts", pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC"), "instant with a time zone"),
        ("site", pd.Categorical(["a", "b"]), "text"),
        ("site", pd.Series(["a", None], dtype=object), "text"),
        ("site", [1, 2], "number"),
    ],
)
def test_schema_says_the_kind_of_a_column(column, values, kind):
    frame = pd.DataFrame({"site": ["a", "b"], "ts": 0, "throughput": 0.0}).assign(**{column: values})

    assert schema_of(frame)[column].tolist() == [kind]


def test_schema_names_a_missing_covariate():
    schema = schema_of(readings(), ["device_num"])

    broken = [check.fault for check in schema_checks(["device_num"]) if check.broken(schema).any()]

    assert broken == ["column device_num has the wrong type"]


def test_check_says_what_it_expects():
    stale = site_checks(stale_after_hours=48, max_stale_share=0.3, min_completeness=0.5, flat_after_hours=24)[0]

    assert stale.mostly == 0.7
    assert stale.expected == "at most 48 for 70% or more"
    assert Check("", "", "x", allowed=("a", "b")).expected == "a or b"
    assert Check("", "", "x", minimum=0, above=True).expected == "more than 0"
    assert Check("", "", "x", minimum=0, maximum=1).expected == "at least 0 and at most 1"
    assert Check("", "", "x").expected == "a value"


def test_sites_come_from_a_frame_with_none_for_what_is_missing():
    frame = pd.DataFrame({"name": ["a", "b"], "timezone": "UTC", "capacity": [np.nan, 5], "country": [None, "DE"]})

    assert to_sites(frame) == (Site("a"), Site("b", "UTC", 5.0, "DE"))
