"""The 95th percentile of a month: what the definition says, by a loop; and the same however the fleet is divided."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from pipeline.core.scenarios.billing import WEEK, WEEKS, Month, bills, carried, month_ends, percentile, readings_of, to_total_bills
from pipeline.core.scenarios.totals import Totals
from tests.fixtures.grids import make_grid

CUTOFF = datetime(2026, 3, 11, tzinfo=UTC)
MONTH = Month.of(date(2026, 3, 11), "UTC", CUTOFF, 60)
TODAY = np.arange(MONTH.until, MONTH.until + 24 * 60, 60)
RNG = np.random.default_rng(0)
READINGS = RNG.gamma(4, 10, (3, len(MONTH.past)))
PATHS = RNG.gamma(4, 10, (20, 3, 24))


def billed(values) -> float:
    """The definition: sort, leave the largest 5 % out, bill the largest of the others."""
    known = sorted(value for value in values if np.isfinite(value))
    return known[len(known) - int(0.05 * len(known)) - 1]


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 744), ("Europe/Berlin", 743), ("Asia/Kolkata", 744)]
)  # Berlin's clock changes; Kolkata's month begins on the half hour
def test_a_month_is_one_of_its_zone(zone, hours):
    month = Month.of(date(2026, 3, 11), zone, CUTOFF, 60)

    assert month.first == date(2026, 3, 1)
    assert len(month.instants) == hours
    assert (month.instants % 60 == 0).all()


def test_december_ends_with_the_year():
    assert Month.of(date(2026, 12, 31), "UTC", CUTOFF, 60).end * 60 == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


def test_the_end_of_a_month_is_that_of_a_loop():
    found = month_ends(READINGS, MONTH, PATHS, TODAY)

    at = {instant: i for i, instant in enumerate(MONTH.past)}
    for path in range(len(PATHS)):
        for site in range(3):
            values = [READINGS[site, at[t]] for t in MONTH.instants if t < MONTH.until] + list(PATHS[path, site])
            for t in range(TODAY[-1] + 60, MONTH.end, 60):
                back = 1 + (t - MONTH.until) // WEEK
                values.append(READINGS[site, at[t - WEEK * (back + (path % WEEKS + back) % WEEKS)]])
            assert len(values) == len(MONTH.instants)
            assert found[path, site] == billed(values)


def test_holes_are_no_readings():
    holes = READINGS.copy()
    holes[:, 100:900:3] = np.nan
    holes[1] = np.nan

    found = bills(holes, MONTH, PATHS, TODAY)

    assert found["readings"].tolist()[1] == 0
    assert np.isnan(found["to_date"][1])
    assert found["to_date"][0] == billed(holes[0, MONTH.past >= MONTH.start])
    assert all(np.isfinite(found[name]).all() for name in ("q05", "q50", "q95"))
    assert np.isnan(percentile(np.full(5, np.nan)))


def test_a_month_that_is_nearly_over_is_nearly_known():
    late = Month.of(date(2026, 3, 30), "UTC", datetime(2026, 3, 30, tzinfo=UTC), 60)
    today = TODAY + late.until - MONTH.until

    early, known = (bills(READINGS, month, PATHS, at) for month, at in ((MONTH, TODAY), (late, today)))

    assert ((known["q95"] - known["q05"]) < 0.5 * (early["q95"] - early["q05"])).all()
    assert np.allclose(known["q50"], known["to_date"], rtol=0.05)


def test_readings_are_those_of_the_grid_before_the_cutoff():
    grid = make_grid(sites=2, days=70)
    cutoff = datetime.combine(grid.day_at(66), datetime.min.time(), UTC) - timedelta(hours=6)
    month = Month.of(grid.day_at(66), "UTC", cutoff, grid.step_minutes)

    found = readings_of(grid.known_at(cutoff), np.arange(2), month)

    assert np.array_equal(found[:, -18:], grid.throughput[:, 65, :18])
    assert np.array_equal(found[:, -42:-18], grid.throughput[:, 64])
    assert np.isfinite(found).all()
    assert found.shape == (2, WEEKS * 7 * 24)


def test_a_group_is_added_up_before_its_percentile_is_taken_whatever_the_shards():
    labels = [{"pop": "fra"}, {"pop": "fra"}, {"pop": "ams"}]
    readings = READINGS.copy()
    readings[0, -3:] = np.nan

    def sums(sites: list[int]) -> tuple[Totals, Totals]:
        totals, billed_ = (Totals.of([labels[i] for i in sites], at, 60) for at in (TODAY, MONTH.past))
        totals.add(PATHS[:, sites].astype(np.float32), [labels[i] for i in sites], TODAY)
        billed_.add(carried(readings[sites].astype(np.float32), 60)[None], [labels[i] for i in sites], MONTH.past)
        return totals, billed_

    whole, (first, second) = sums([0, 1, 2]), (sums([0, 2]), sums([1]))
    found = to_total_bills(whole[1], whole[0], MONTH)

    assert found.equals(to_total_bills(first[1].plus(second[1]), first[0].plus(second[0]), MONTH))
    assert found[["label", "value", "sites"]].to_numpy().tolist() == [["", "", 3], ["pop", "ams", 1], ["pop", "fra", 2]]
    last = readings[0, -4].astype(np.float32)
    added = readings[:2, MONTH.past >= MONTH.start].astype(np.float32).sum(axis=0)
    added[-3:] = [last + READINGS[1, -3].astype(np.float32), READINGS[1, -2], READINGS[1, -1]]
    assert np.isclose(found.loc[2, "to_date"], billed(added), rtol=1e-6)
