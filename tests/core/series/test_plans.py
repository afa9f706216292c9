"""Covariates of the future on the grid: each day as its own cutoff knew it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.core.learning.keys import Chain
from pipeline.core.learning.state import State
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid, join
from pipeline.core.series.plans import cutoffs_of, meant_on, planned_on
from pipeline.core.series.windows import WindowGrid
from tests.fixtures.grids import make_grid

LABELS = {"site-0": {"tier": "edge"}, "site-1": {"tier": "edge"}, "site-2": {}}
EARLY = "2025-12-01"


def plan(*rows: tuple) -> pd.DataFrame:
    """Rows of ts, value, known_from, site and labels."""
    padded = [(*row, *(None,) * (5 - len(row))) for row in rows]
    frame = pd.DataFrame(padded, columns=["ts", "value", "known_from", "site", "labels"]).assign(name="temperature")
    stamps = {name: pd.to_datetime(frame[name], utc=True, format="ISO8601").astype("datetime64[us, UTC]") for name in ("ts", "known_from")}
    return frame.assign(**stamps).astype({"value": "float64", "site": "str", "labels": "str"})


def midnights(grid: Grid) -> np.ndarray:
    first = np.datetime64(grid.first_day, "us")
    return np.broadcast_to(first + np.arange(grid.shape[1]) * np.timedelta64(1, "D"), grid.shape[:2])


def laid(grid: Grid, planned: pd.DataFrame) -> np.ndarray:
    return planned_on(grid, planned, LABELS, midnights(grid))["temperature"]


def test_each_day_has_the_newest_value_that_its_own_cutoff_knew():
    rows = plan(
        ("2026-01-06 10:00", 1.0, EARLY),
        ("2026-01-06 10:00", 2.0, "2026-01-05 18:00"),
        ("2026-01-06 10:00", 3.0, "2026-01-06 00:00"),
        ("2026-01-07 10:00", 4.0, "2026-01-06 06:00"),
    )

    found = laid(make_grid(days=4), rows)

    assert found[:, 1, 10].tolist() == [2.0] * 3
    assert found[:, 2, 10].tolist() == [4.0] * 3
    assert np.isfinite(found).sum() == 6


def test_nothing_known_later_changes_what_is_laid():
    grid = make_grid(days=4)
    rows = plan(*((f"2026-01-0{day} {hour:02}:00", day + hour / 100, EARLY) for day in (5, 6, 7) for hour in range(24)))
    late = rows.assign(value=-9.0, known_from=rows["ts"].dt.floor("D"))

    np.testing.assert_array_equal(laid(grid, pd.concat([rows, late], ignore_index=True)), laid(grid, rows))


def test_what_names_a_site_goes_before_labels_and_labels_before_the_fleet():
    edge = '{"tier": "edge"}'
    rows = plan(
        ("2026-01-06 10:00", 1.0, "2025-12-03"),
        ("2026-01-06 10:00", 2.0, "2025-12-02", None, edge),
        ("2026-01-06 10:00", 3.0, "2025-12-01", "site-1"),
        ("2026-01-06 12:00", 4.0, EARLY),
        ("2026-01-06 12:00", 5.0, EARLY, "stranger"),
    )

    found = laid(make_grid(days=3), rows)

    assert found[:, 1, 10].tolist() == [2.0, 3.0, 1.0]
    assert found[:, 1, 12].tolist() == [4.0] * 3
    assert len(meant_on(rows, LABELS)) == 4


def test_values_lie_on_the_site_s_own_clock_and_its_own_cutoffs():
    grid = make_grid(sites=2, days=3)
    grid = replace(grid, sites=(replace(grid.sites[0], timezone="Asia/Tokyo"), grid.sites[1]))
    cutoffs = midnights(grid) - np.array([[9], [0]]) * np.timedelta64(1, "h")

    found = planned_on(grid, plan(("2026-01-06 10:00", 1.0, "2026-01-05 16:00")), LABELS, cutoffs)

    assert np.isnan(found["temperature"][0]).all()  # known an hour after Tokyo's day was forecast
    assert found["temperature"][1, 1, 10] == 1.0
    earlier = planned_on(grid, plan(("2026-01-06 10:00", 1.0, "2026-01-05 14:00")), LABELS, cutoffs)
    assert earlier["temperature"][0, 1, 19] == 1.0


def test_finer_values_are_averaged_and_coarser_ones_hold_for_an_hour():
    finer = laid(make_grid(days=2), plan(*((f"2026-01-06 10:{minute:02}", minute, EARLY) for minute in (0, 15, 30, 45))))
    coarser = laid(make_grid(days=2, steps=96), plan(("2026-01-06 10:00", 1.0, EARLY), ("2026-01-06 10:30", 2.0, EARLY)))

    assert finer[0, 1, 10] == 22.5
    np.testing.assert_array_equal(coarser[0, 1, 39:48], [np.nan, 1, 1, 2, 2, 2, 2, np.nan, np.nan])


def test_a_name_without_a_value_that_was_known_is_left_out():
    grid = make_grid(days=3)

    assert planned_on(grid, plan(("2026-01-06 10:00", 1.0, "2026-01-06")), LABELS, midnights(grid)) == {}
    assert planned_on(grid, plan(), LABELS, midnights(grid)) == {}


def test_days_are_forecast_so_many_days_before_the_target():
    cutoff = datetime(2026, 1, 8, 18, tzinfo=UTC)

    found = cutoffs_of(np.array([3, 2]), 4, {i: cutoff - timedelta(days=i) for i in range(4)})

    assert found[0].astype("datetime64[D]").astype(date).tolist() == [date(2026, 1, day) for day in (5, 6, 7, 8)]
    assert found[1, 2:].tolist() == [cutoff.replace(tzinfo=None)] * 2


@pytest.fixture
def planning():
    grid = make_grid(days=10)
    return replace(grid, planned={"weather": np.arange(grid.throughput.size, dtype=np.float32).reshape(grid.shape)})


def test_a_grid_keeps_what_is_planned_in_its_file_and_for_the_target_day(planning, tmp_path):
    planning.save(tmp_path / "grid")
    known = planning.known_at(datetime(2026, 1, 10, 18, tzinfo=UTC))

    np.testing.assert_array_equal(Grid.load(tmp_path / "grid").planned["weather"], planning.planned["weather"])
    np.testing.assert_array_equal(known.planned["weather"], planning.planned["weather"][:, :7])


def test_parts_of_a_fleet_may_differ_in_what_is_planned(planning):
    other = replace(make_grid(sites=1, days=10), sites=(Site("other"),))

    joined = join([planning, other])

    assert joined.sites[0].name == "other"
    assert np.isnan(joined.planned["weather"][0]).all()
    np.testing.assert_array_equal(joined.planned["weather"][1:], planning.planned["weather"])


def test_a_window_ends_with_what_is_planned_for_the_target_day(planning):
    windows = WindowGrid(planning, 3, "cpu", planned=["weather"])

    window = windows.gather(np.array([1, 1]), np.array([5, 10]), np.array([20, 0]), 3)

    np.testing.assert_array_equal(window.planned[0, :, :, 0], planning.planned["weather"][1, 2:6])
    assert window.planned[1, 3].isnan().all()
    assert window.of_last(2).planned.shape == (2, 3, 24, 1)


def test_what_is_planned_is_part_of_the_name_of_what_was_learnt_and_said(planning):
    def names(grid: Grid) -> tuple[str, str, str]:
        nothing = np.zeros(3, np.int64)
        chain = Chain(grid, 4, 3, "1", State.empty(("a",)).of_sites(tuple(site.name for site in grid.sites)), nothing, nothing)
        return chain.of(6), chain.through(6), chain.of(7)

    def changed(day: int) -> Grid:
        values = planning.planned["weather"].copy()
        values[:, day] += 1
        return replace(planning, planned={"weather": values})

    assert all(one != other for one, other in zip(names(changed(6)), names(planning), strict=True))
    assert names(changed(7))[:2] == names(planning)[:2]
    assert names(changed(9)) == names(planning)
