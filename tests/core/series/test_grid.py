"""The wall-clock grid."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.series.clock import day_instants
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid, join, to_grid
from pipeline.errors import DataError

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Asia/Tehran", "Australia/Lord_Howe",
    "Africa/Cairo", "Pacific/Apia", "America/St_Johns", "Asia/Beirut", "Antarctica/Troll",
)  # fmt: skip
zones = st.sampled_from(ZONES)
steps = st.sampled_from((1, 5, 10, 15, 20, 30, 60))
days = st.dates(date(2012, 1, 1), date(2030, 12, 31))  # until 2011 St John's put its clocks back across midnight


def readings(site: str, start: str, hours: int, step_minutes: int = 15) -> pd.DataFrame:
    ts = pd.date_range(start, periods=hours * 60 // step_minutes, freq=f"{step_minutes}min", tz="UTC")
    return pd.DataFrame({"site": site, "ts": ts, "throughput": np.arange(len(ts), dtype=float)})


def test_grid_leaves_a_hole_and_shifts_nothing_when_a_row_is_lost():
    whole = readings("a", "2026-01-01", 48)

    grid = to_grid(whole.drop(index=5), (Site("a"),))

    assert grid.shape == (1, 2, 96)
    assert grid.observed.sum() == 191
    assert grid.throughput[0, 0, 6] == 6


def test_grid_known_at_masks_everything_from_the_cutoff_on():
    grid = to_grid(readings("a", "2026-01-01", 72), (Site("a"),))

    known = grid.known_at(datetime(2026, 1, 2, 18, tzinfo=UTC))

    assert known.shape == (1, 3, 96)
    assert known.observed[0].sum(axis=1).tolist() == [96, 72, 0]


@pytest.mark.parametrize(("day", "observed", "instants"), [("2026-03-29", 92, 92), ("2025-10-26", 96, 100), ("2026-06-01", 96, 96)])
def test_grid_masks_the_skipped_hour_and_folds_the_repeated_one(day, observed, instants):
    site = Site("a", "Europe/Berlin")
    whole = readings("a", str(date.fromisoformat(day) - timedelta(days=1)), 72)

    grid = to_grid(whole, (site,))
    index = grid.index_of(date.fromisoformat(day))

    assert grid.observed[0, index].sum() == observed
    assert len(grid.instants(0, index)[0]) == instants == grid.instants(0, index)[0].nunique()


def test_each_site_has_the_lead_that_its_zone_gives_it_on_one_schedule():
    sites = tuple(Site(zone, zone) for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"))
    grid = to_grid(pd.concat(readings(site.name, "2026-07-01", 240, 60) for site in sites), sites)

    days, unknown = grid.targets_at(datetime(2026, 7, 8, tzinfo=UTC))
    _, evening = grid.targets_at(datetime(2026, 7, 7, 18, tzinfo=UTC))
    _, winter = grid.targets_at(datetime(2026, 1, 8, tzinfo=UTC))

    assert [grid.day_at(day).day for day in days] == [8, 9, 8, 9]
    assert unknown.tolist() == [0, 22, 4, 19]  # Kathmandu is 5 h 45 min ahead and reads at a quarter past
    assert evening.tolist() == [6, 4, 10, 1]
    assert winter.tolist() == [0, 23, 5, 19]


def test_grid_averages_the_hour_that_autumn_repeats():
    grid = to_grid(readings("a", "2025-10-25T22:00", 25, step_minutes=60), (Site("a", "Europe/Berlin"),))

    assert grid.throughput[0, 0, :4].tolist() == [0, 1, 2.5, 4]


def test_grid_keeps_a_leap_day_as_a_day_like_any_other():
    grid = to_grid(readings("a", "2028-02-28", 72, step_minutes=60), (Site("a"),))

    assert grid.shape == (1, 3, 24)
    assert grid.day_at(1) == date(2028, 2, 29)


def test_grid_gives_a_site_without_readings_an_unobserved_row():
    grid = to_grid(readings("a", "2026-01-01", 24), (Site("new"), Site("a")))

    assert grid.observed.any(axis=(1, 2)).tolist() == [False, True]


def test_grid_counts_a_nan_throughput_as_unobserved_and_keeps_its_covariate():
    frame = readings("a", "2026-01-01", 24, step_minutes=60).assign(device_num=7.0)
    frame.loc[3, "throughput"] = np.nan

    grid = to_grid(frame, (Site("a"),), covariates=("device_num",))

    assert not grid.observed[0, 0, 3]
    assert grid.covariates["device_num"][0, 0, 3] == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="throughput"), "throughput missing"),
        (lambda f: f.assign(ts=f["ts"].dt.tz_localize(None)), "time zone"),
        (lambda f: f.assign(site="stranger"), "unknown site 'stranger'"),
        (lambda f: f[:0], "no readings"),
    ],
)
def test_grid_refuses_readings_that_break_the_contract(change, message):
    with pytest.raises(DataError, match=message):
        to_grid(change(readings("a", "2026-01-01", 24)), (Site("a"),))


def test_grid_known_at_refuses_a_cutoff_before_the_first_reading():
    grid = to_grid(readings("a", "2026-01-02", 24), (Site("a"),))

    with pytest.raises(DataError, match="no reading before the cutoff 2026-01-01"):
        grid.known_at(datetime(2026, 1, 1, tzinfo=UTC))


def test_grid_comes_back_from_its_file_and_the_same_grid_makes_the_same_file(tmp_path):
    frame = readings("a", "2026-01-01", 48, step_minutes=60).assign(device_num=1.0)
    grid = to_grid(frame, (Site("a", "Europe/Berlin", 5.0, "DE"), Site("b")), covariates=("device_num",))

    for name in ("one", "two", "three", "four"):
        grid.save(tmp_path / name)
    loaded = Grid.load(tmp_path / "one")

    assert (loaded.sites, loaded.first_day, loaded.step_minutes) == (grid.sites, grid.first_day, grid.step_minutes)
    np.testing.assert_array_equal(loaded.throughput, grid.throughput)
    np.testing.assert_array_equal(loaded.covariates["device_num"], grid.covariates["device_num"])
    assert len({(tmp_path / name).read_bytes() for name in ("one", "two", "three", "four")}) == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=zones, step=steps, day=days, data=st.data())
def test_instants_of_neighbouring_days_follow_each_other_by_one_step(zone, step, day, data):
    phase = data.draw(st.integers(0, step - 1))

    instants = [day_instants(day + timedelta(days=d), zone, step, phase)[0] for d in range(3)]
    minutes = np.concatenate([part.to_numpy(dtype="datetime64[m]").astype(np.int64) for part in instants])

    assert (np.diff(minutes) == step).all()
    assert (minutes % step == phase).all()
    for d, part in enumerate(instants):
        assert {moment.astimezone(ZoneInfo(zone)).date() for moment in part.to_pydatetime()} <= {day + timedelta(days=d)}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=zones, step=steps, start=days, hours=st.integers(25, 60), data=st.data())
def test_every_reading_lies_where_its_instant_says(zone, step, start, hours, data):
    phase = data.draw(st.integers(0, step - 1))
    first = datetime.combine(start, datetime.min.time(), UTC) + timedelta(minutes=phase)
    frame = readings("a", first.replace(tzinfo=None).isoformat(), hours, step)
    lost = data.draw(st.sets(st.integers(0, len(frame) - 1), max_size=5))
    kept = frame.drop(index=list(lost))

    grid = to_grid(kept, (Site("a", zone),), step_minutes=step)

    assert grid.phase_minutes.tolist() == [phase]
    value = dict(zip(kept["ts"], kept["throughput"], strict=True))
    seen = 0
    for day in range(grid.shape[1]):
        cells: dict[int, list[float]] = {}
        for instant, slot in zip(*grid.instants(0, day), strict=True):
            if instant in value:
                cells.setdefault(int(slot), []).append(value[instant])
        assert np.flatnonzero(grid.observed[0, day]).tolist() == sorted(cells)
        assert [float(grid.throughput[0, day, slot]) for slot in sorted(cells)] == [np.mean(cells[slot]) for slot in sorted(cells)]
        seen += sum(map(len, cells.values()))
    assert seen == len(kept)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=zones, step=steps, start=days, minutes=st.integers(1, 60 * 24 * 3), seed=st.integers(0, 999))
def test_nothing_known_moves_when_everything_from_the_cutoff_on_changes(zone, step, start, minutes, seed):
    frame = readings("a", start.isoformat(), 96, step).assign(device_num=1.0)
    cutoff = datetime.combine(start, datetime.min.time(), UTC) + timedelta(days=1, minutes=minutes)
    rng = np.random.default_rng(seed)
    later = (frame["ts"] >= cutoff).to_numpy()
    changed = frame.assign(
        throughput=np.where(later, rng.gamma(1, 1e9, len(frame)), frame["throughput"]), device_num=np.where(later, -9.0, 1.0)
    )
    changed = changed[~(later & (rng.random(len(frame)) < 0.3))]

    known, other = (
        to_grid(f, (Site("a", zone),), step_minutes=step, covariates=("device_num",)).known_at(cutoff) for f in (frame, changed)
    )

    assert known.shape == other.shape
    np.testing.assert_array_equal(known.throughput, other.throughput)
    np.testing.assert_array_equal(known.observed, other.observed)
    np.testing.assert_array_equal(known.covariates["device_num"], other.covariates["device_num"])


def test_instants_count_23_24_or_25_hours_and_no_other_in_a_zone_with_summer_time():
    counts = [len(day_instants(date(2026, 1, 1) + timedelta(days=d), "America/New_York", 60)[0]) for d in range(365)]

    assert sorted(set(counts)) == [23, 24, 25]
    assert all(a == 24 or b == 24 for a, b in pairwise(counts))


def test_parts_of_a_fleet_join_to_the_grid_of_the_whole_wherever_their_days_begin_and_end():
    starts = {"c": ("2026-01-03", 30), "a": ("2026-01-01", 80), "d": ("2026-01-05", 20), "b": ("2026-01-02", 200)}
    fleet = [readings(name, start, hours).assign(devices=7.0) for name, (start, hours) in starts.items()]
    sites = tuple(Site(name) for name in sorted(starts))

    parts = [to_grid(pd.concat(fleet[i : i + 2]), tuple(Site(n) for n in list(starts)[i : i + 2]), covariates=("devices",)) for i in (0, 2)]
    joined, whole = join(parts), to_grid(pd.concat(fleet), sites, covariates=("devices",))

    assert (joined.sites, joined.first_day, joined.step_minutes) == (whole.sites, whole.first_day, whole.step_minutes)
    for name in ("throughput", "observed", "phase_minutes"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    np.testing.assert_array_equal(joined.covariates["devices"], whole.covariates["devices"])


def test_parts_with_different_steps_are_not_joined():
    parts = [to_grid(readings(name, "2026-01-01", 48, step), (Site(name),)) for name, step in (("a", 15), ("b", 60))]

    with pytest.raises(DataError, match="readings every 15, 60 minutes; expected one interval"):
        join(parts)
