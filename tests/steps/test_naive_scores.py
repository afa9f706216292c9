"""The naive rules, and the champion without its daily learning, scored beside it, against a real PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.store.snapshots import Run
from pipeline.steps.monitor import monitor
from tests.fixtures.published import replace_forecasts
from tests.steps.test_publish import attention_rows, forecast_rows

DAY = date(2026, 8, 21)
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 8, 21, tzinfo=BERLIN).astimezone(UTC)
CUTOFF = START - timedelta(hours=6)  # 18:00 in Berlin: six hours of the evening are not known
NEXT = Run("monitor", date(2026, 8, 22), START + timedelta(days=1))
RULES = ("wape_seasonal_naive_day", "wape_seasonal_naive_week", "wape_seasonal_naive_mean")
NAIVES = f"SELECT {', '.join(RULES)} FROM dayahead.scores WHERE site = %s AND role = %s"


def reading(ts: datetime) -> float:
    local = ts.astimezone(BERLIN)
    return 5.0 + (7 * local.day + 3 * local.hour) % 11


@pytest.fixture
def published(database, run_sql):
    """A day in Berlin as champion and challenger forecast it at 18:00; site 'a' has a month of readings, the second none before the day."""
    run_sql("SELECT dayahead.ensure_partition('traffic', d) FROM (VALUES ('2026-08-01'::date), ('2026-07-01')) AS days (d)")
    hours = [START - timedelta(days=30) + timedelta(hours=hour) for hour in range(31 * 24)]
    rows = [("a", ts, reading(ts)) for ts in hours] + [("it's b", ts, 3.0) for ts in hours if ts >= START]
    for site in ("a", "it's b"):
        run_sql("INSERT INTO dayahead.sites (site, timezone) VALUES (%s, 'Europe/Berlin')", site)
    for row in rows:
        run_sql("INSERT INTO dayahead.traffic (site, ts, throughput) VALUES (%s, %s, %s)", *row)
    with connect(database, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [DAY])
    for role in ("champion", "challenger"):
        frame = forecast_rows(sites=("a", "it's b"), role=role).assign(cutoff=pd.Timestamp(CUTOFF))
        frame["ts"] -= pd.Timedelta(hours=2)
        with connect(database, "writer") as connection:
            replace_forecasts(connection, frame, attention_rows()[:0])
    return database


def test_monitor_scores_the_naive_rules_as_a_loop_would_from_what_was_known_at_the_cutoff(published, run_sql):
    monitor(NEXT, published)

    def before(ts: datetime, days: int) -> datetime:
        return ts - timedelta(days=days if ts - timedelta(days=days) < CUTOFF else days + 1)

    steps = [START + timedelta(hours=hour) for hour in range(24)]
    yesterday, last_week = [reading(before(ts, 1)) for ts in steps], [reading(ts - timedelta(days=7)) for ts in steps]
    rules = (yesterday, last_week, [(a + b) / 2 for a, b in zip(yesterday, last_week, strict=True)])
    actual = [reading(ts) for ts in steps]
    expected = [sum(abs(a - f) for a, f in zip(actual, rule, strict=True)) / sum(actual) for rule in rules]
    assert run_sql(NAIVES, "a", "champion") == [pytest.approx(tuple(expected))]


def test_readings_from_the_cutoff_on_change_no_naive_rule(published, run_sql):
    monitor(NEXT, published)
    before = run_sql(NAIVES, "a", "champion")

    run_sql("UPDATE dayahead.traffic SET throughput = 1000 WHERE ts >= %s AND ts < %s", CUTOFF, START)
    run_sql("DELETE FROM dayahead.scores")
    monitor(NEXT, published)

    assert run_sql(NAIVES, "a", "champion") == before


def test_a_challenger_and_a_site_without_readings_before_the_cutoff_have_no_naive(published, run_sql):
    monitor(NEXT, published)

    assert run_sql(NAIVES, "a", "challenger") == [(None, None, None)]
    assert run_sql(NAIVES, "it's b", "champion") == [(None, None, None)]


def test_monitor_twice_leaves_the_naive_scores_as_they_are(published, run_sql):
    monitor(NEXT, published)
    before = run_sql("SELECT *, xmin FROM dayahead.scores ORDER BY role, site")

    monitor(NEXT, published)

    assert run_sql("SELECT *, xmin FROM dayahead.scores ORDER BY role, site") == before


def test_the_fleet_is_pooled_over_the_sites_that_the_rules_know(published, run_sql):
    monitor(NEXT, published)

    pooled = run_sql(f"SELECT {', '.join(RULES)} FROM dayahead.accuracy_by_day WHERE role = 'champion'")

    assert pooled == [pytest.approx(run_sql(NAIVES, "a", "champion")[0])]


def test_what_the_champion_would_have_said_without_learning_is_scored_beside_it(published, run_sql):
    medians = [6.0 + hour % 5 for hour in range(24)]
    write = "INSERT INTO dayahead.frozen (target_day, role, site, medians) VALUES (%s, 'champion', %s, %s)"
    run_sql(write, DAY, "a", medians)
    run_sql(write, DAY, "it's b", medians[:20])
    run_sql("DELETE FROM dayahead.traffic WHERE site = 'a' AND ts = %s", START + timedelta(hours=5))

    monitor(NEXT, published)

    known = [hour for hour in range(24) if hour != 5]
    actual = [reading(START + timedelta(hours=hour)) for hour in known]
    expected = sum(abs(value - medians[hour]) for hour, value in zip(known, actual, strict=True)) / sum(actual)
    found = dict(run_sql("SELECT site || ' ' || role, wape_frozen FROM dayahead.scores"))
    assert found == {"a champion": pytest.approx(expected), "it's b champion": None, "a challenger": None, "it's b challenger": None}
    assert run_sql("SELECT wape_frozen FROM dayahead.accuracy_by_day WHERE role = 'champion'") == [(pytest.approx(expected),)]
