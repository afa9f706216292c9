"""Rows to the grid and back: in any zone of the world, at any interval, whatever the clock does, no instant is lost or doubled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.models.contract import QUANTILES, Forecast, Origins
from pipeline.core.models.rows import to_rows
from pipeline.core.series.clock import MINUTES_PER_DAY, day_instants, day_start, target_day_at
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import to_grid

zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
intervals = st.sampled_from([step for step in range(1, 61) if MINUTES_PER_DAY % step == 0])
instants = st.datetimes(datetime(2012, 1, 3), datetime(2030, 12, 28)).map(
    lambda moment: moment.replace(tzinfo=UTC, second=0, microsecond=0)
)
CHANGE = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
LEAP = datetime(2028, 2, 29, 18, tzinfo=UTC)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=zones, step=intervals, cutoff=instants, data=st.data())
@example(zone="Europe/Berlin", step=15, cutoff=CHANGE, data=None)
@example(zone="Australia/Lord_Howe", step=60, cutoff=LEAP, data=None)
@example(zone="Antarctica/Troll", step=48, cutoff=CHANGE, data=None)
def test_what_is_read_before_a_cutoff_comes_back_at_its_own_instants(zone: str, step: int, cutoff: datetime, data):
    phase = data.draw(st.integers(0, step - 1)) if data else 0
    first = int((cutoff - timedelta(days=3)).timestamp()) // 60
    first += (phase - first) % step
    minutes = np.arange(first, int(cutoff.timestamp()) // 60 + 24 * 60, step, dtype=np.int64)
    ts = pd.DatetimeIndex(minutes.astype("datetime64[m]").astype("datetime64[us]"), tz="UTC")
    frame = pd.DataFrame({"site": "a", "ts": ts, "throughput": np.arange(1.0, len(ts) + 1)})

    grid = to_grid(frame, (Site("a", zone),), step_minutes=step).known_at(cutoff)

    known = set(frame["ts"][frame["ts"] < cutoff])
    seen = [
        moment for day in range(grid.shape[1]) for moment, slot in zip(*grid.instants(0, day), strict=True) if grid.observed[0, day, slot]
    ]
    torn = {moment for moment in known - set(seen) if repeats(moment, zone, step, cutoff)}
    assert len(seen) == len(set(seen))
    assert set(seen) | torn == known


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=zones, step=intervals, cutoff=instants, data=st.data())
def test_the_rows_of_a_target_day_fill_it_from_its_first_instant_to_the_next_day_s(zone: str, step: int, cutoff: datetime, data):
    phase = data.draw(st.integers(0, step - 1))
    day = target_day_at(cutoff, zone)
    ts = pd.DatetimeIndex(
        np.concatenate([day_instants(day + timedelta(days=d), zone, step, phase)[0].to_numpy() for d in (-2, -1)]), tz="UTC"
    )
    grid = to_grid(pd.DataFrame({"site": "a", "ts": ts, "throughput": 1.0}), (Site("a", zone),), step_minutes=step).known_at(cutoff)
    slots = np.broadcast_to(np.arange(grid.shape[2])[None, :, None], (1, grid.shape[2], len(QUANTILES))).astype(np.float32)

    rows = to_rows(grid, Forecast(Origins(np.array([0]), np.array([grid.index_of(day)]), np.array([0])), slots, None))

    start, end = (day_start(day + timedelta(days=d), zone) for d in (0, 1))
    minute = rows["ts"].to_numpy(dtype="datetime64[m]").astype(np.int64)
    assert rows["target_day"].unique().tolist() == [day]
    assert (np.diff(minute) == step).all()
    assert start <= rows["ts"].iloc[0] < start + timedelta(minutes=step)
    assert end - timedelta(minutes=step) <= rows["ts"].iloc[-1] < end
    local = rows["ts"].dt.tz_convert(zone)
    assert (rows["q50"] == (local.dt.hour * 60 + local.dt.minute) // step).all()


def repeats(moment: pd.Timestamp, zone: str, step: int, cutoff: datetime) -> bool:
    """Whether another instant, from the cutoff on, falls into the same step of the same local day: of such a step nothing is known yet."""
    later = [cutoff + timedelta(minutes=minute) for minute in range(0, 3 * 60 + step)]
    return slot(moment.to_pydatetime(), zone, step) in {slot(each, zone, step) for each in later}


def slot(moment: datetime, zone: str, step: int) -> tuple[date, int]:
    local = moment.astimezone(ZoneInfo(zone))
    return local.date(), (local.hour * 60 + local.minute) // step
