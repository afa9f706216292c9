"""Days of 23 and 25 hours, days without data, sites that come and go: the chain from extract to publish, run and run again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.errors import DataError
from tests.fixtures.bench import FORECASTS, Bench
from tests.fixtures.journal import Journal

CHAIN = ("extract", "validate", "features", "forecast", "publish")
ZONE = "Europe/Berlin"
FILL = """
INSERT INTO dayahead.sites (site, timezone) SELECT name, 'Europe/Berlin' FROM unnest(%s::text[]) AS name;
SELECT dayahead.ensure_partition('traffic', day::date)
FROM generate_series(%s::date - interval '2 months', %s::date + interval '1 month', '1 month') AS day;
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT name, ts, 50 + 10 * sin(extract(hour FROM ts) / 4)
FROM unnest(%s::text[]) AS name, generate_series(%s::date - interval '30 days', %s::date - interval '30 minutes', '30 minutes') AS ts;
"""


@pytest.fixture
def fleet(bench: Bench, run_sql):
    """Function that gives sites half-hourly readings of the 30 days before a day, and settings in their zone."""

    def make(day: str, *sites: str) -> Bench:
        run_sql(FILL, list(sites), day, day, list(sites), day, day)
        bench.settings = bench.settings.model_copy(update={"timezone": ZONE})
        return bench

    return make


def walk(bench: Bench, day: str) -> None:
    for step in CHAIN:
        bench.here(step, day)


def instants_of(day: str) -> list[datetime]:
    """Every half hour of a local day, counted in UTC."""
    zone, local = ZoneInfo(ZONE), date.fromisoformat(day)
    first, last = (datetime(each.year, each.month, each.day, tzinfo=zone).astimezone(UTC) for each in (local, local + timedelta(days=1)))
    return [first + timedelta(minutes=30 * step) for step in range(int((last - first) / timedelta(minutes=30)))]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2025-10-26", 25), ("2026-03-30", 24)])
def test_a_day_of_a_clock_change_published_twice_has_every_instant_once(fleet, journal: Journal, day: str, hours: int):
    bench = fleet(day, "a", "b")

    walk(bench, day)
    first = bench.sql(FORECASTS)
    walk(bench, day)

    assert [row[3] for row in first if row[2] == "a"] == instants_of(day)
    assert len(first) == 2 * 2 * hours
    journal.note("clock change", f"a day of {hours} hours published twice", expected=first, found=bench.sql(FORECASTS))


def test_a_day_for_which_no_reading_has_come_is_refused_in_words_and_yesterday_stays(fleet, journal: Journal):
    bench = fleet("2026-08-21", "a", "b")
    walk(bench, "2026-08-21")
    whole = bench.sql(FORECASTS)

    bench.here("extract", "2026-08-25")
    with pytest.raises(DataError, match=r"hours since the last reading of 2 live sites .*: check that readings arrive"):
        bench.here("validate", "2026-08-25")
    with pytest.raises(DataError, match=r"no reading from .* to the cutoff .*; the last reading is of 2026-08-20"):
        bench.here("extract", "2026-11-20")

    journal.note("readings stop", "no reading for four days, and for three months", expected=whole, found=bench.sql(FORECASTS))


def test_a_day_without_data_among_days_with_data_costs_no_row(fleet, run_sql, journal: Journal):
    bench = fleet("2026-08-21", "a", "b")
    run_sql("DELETE FROM dayahead.traffic WHERE ts >= '2026-08-18 22:00+00' AND ts < '2026-08-19 22:00+00'")

    walk(bench, "2026-08-21")

    found = [row[2:4] for row in bench.sql(FORECASTS)]
    expected = [(site, instant) for site in "ab" for instant in instants_of("2026-08-21")]
    journal.note("a day without data", "all readings of a day removed, two days before", expected=expected, found=found)


def test_a_site_that_vanishes_keeps_its_past_days_and_one_that_appears_is_forecast_at_once(fleet, run_sql, journal: Journal):
    bench = fleet("2026-08-21", "a", "b")
    walk(bench, "2026-08-21")
    before = bench.sql(FORECASTS)
    run_sql("DELETE FROM dayahead.traffic WHERE site = 'b'; DELETE FROM dayahead.sites WHERE site = 'b'")
    run_sql(
        "INSERT INTO dayahead.sites (site, timezone) VALUES ('c', %s); INSERT INTO dayahead.traffic (site, ts, throughput) "
        "SELECT name, ts, 7 FROM unnest(ARRAY['a', 'c']) AS name, "
        "generate_series('2026-08-20 22:00+00'::timestamptz, '2026-08-21 21:30+00', '30 minutes') AS ts ON CONFLICT DO NOTHING",
        ZONE,
    )

    walk(bench, "2026-08-22")

    found = bench.sql(FORECASTS)
    next_day = [row[2:4] for row in found if row[0] == date(2026, 8, 22)]
    assert [row for row in found if row[0] == date(2026, 8, 21)] == before
    expected = [(site, instant) for site in "ac" for instant in instants_of("2026-08-22")]
    journal.note("a site vanishes, another appears", "rows of `traffic` and `sites` removed and added", expected=expected, found=next_day)
