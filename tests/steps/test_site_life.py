"""Sites that nobody entered, that are retired, renamed or mistyped: what each step makes of them."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import psycopg2
import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.readings import read_readings
from pipeline.adapters.postgres.sites import rename_site
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.alerts.conditions import after_publish
from pipeline.alerts.messages import write_message
from pipeline.core.series.frames import to_sites
from pipeline.errors import DataError
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.publish import publish
from pipeline.steps.validate import validate

DAY = date(2026, 8, 21)
RUN = Run("forecast", DAY, datetime(2026, 8, 21, tzinfo=UTC))
CHAIN = (extract, validate, features, forecast, publish)
FILL = """
SELECT dayahead.ensure_partition('traffic', day::date) FROM generate_series('2026-06-01'::date, '2026-09-01', '1 month') AS day;
INSERT INTO dayahead.sites (site) VALUES ('a'), ('b');
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT name, ts, 50 + 10 * sin(extract(hour FROM ts) / 4)
FROM unnest(ARRAY['a', 'b']) AS name, generate_series('2026-08-01'::timestamptz, '2026-08-22', '1 hour') AS ts;
"""
LINK = """
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT 'new link', ts, 7 FROM generate_series('2026-08-20 06:00+00'::timestamptz, '2026-08-20 23:00+00', '1 hour') AS ts;
"""


@pytest.fixture
def filled(database, run_sql):
    run_sql(FILL)
    return database


def walk(settings, run: Run = RUN) -> dict:
    for step in CHAIN:
        result = step(run, settings)
    return result


def tomorrow() -> Run:
    return Run("forecast", DAY + timedelta(days=1), RUN.cutoff + timedelta(days=1))


def test_a_new_link_is_added_and_forecast_from_its_first_day_on_and_told(filled, run_sql):
    run_sql(LINK)

    result = walk(filled)

    assert result["fleet"]["added"] == ["new link"]
    assert run_sql("SELECT count(*) FROM dayahead.next_day WHERE site = 'new link'") == [(24,)]
    assert run_sql("SELECT timezone, found, added_at IS NOT NULL FROM dayahead.sites WHERE site = 'new link'") == [("UTC", True, True)]
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(0,)]
    assert walk(filled)["fleet"]["added"] == []


def test_a_new_link_is_only_told_where_nobody_is_to_be_added(filled, run_sql):
    run_sql(LINK)

    result = walk(filled.model_copy(update={"new_sites": "alert"}))

    assert (result["fleet"]["added"], result["fleet"]["unknown"]) == ([], ["new link"])
    assert run_sql("SELECT DISTINCT site FROM dayahead.next_day ORDER BY 1") == [("a",), ("b",)]
    assert run_sql("SELECT DISTINCT site, reason FROM dayahead.quarantine") == [("new link", "unknown site")]


def test_a_training_leaves_newcomers_for_a_forecast_to_tell_of(filled, run_sql):
    run_sql(LINK)
    run = Run("train", DAY, RUN.cutoff)
    for step in (extract, validate):
        step(run, filled)

    assert run_sql("SELECT site FROM dayahead.sites ORDER BY 1") == [("a",), ("b",)]
    assert walk(filled)["fleet"]["added"] == ["new link"]


def test_a_retired_site_is_forecast_no_more_and_keeps_its_history(filled, run_sql):
    walk(filled)
    run_sql("UPDATE dayahead.sites SET retired_at = '2026-08-21 12:00+00' WHERE site = 'b'")

    walk(filled, tomorrow())

    assert run_sql("SELECT DISTINCT site FROM dayahead.next_day") == [("a",)]
    assert run_sql("SELECT count(*) FROM dayahead.forecasts WHERE site = 'b'") == [(24,)]
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(0,)]
    walk(filled)
    assert run_sql("SELECT DISTINCT site FROM dayahead.forecasts WHERE target_day = %s ORDER BY 1", DAY) == [("a",), ("b",)]


def test_a_chosen_site_that_is_retired_is_named(filled, run_sql):
    run_sql("UPDATE dayahead.sites SET retired_at = '2026-08-01' WHERE site = 'b'")

    with pytest.raises(DataError, match=r"unknown site\(s\) 'b'; 1 are known: it is retired"):
        extract(RUN, filled, sites=["b"])


def test_a_renamed_site_keeps_its_past_and_its_source_may_send_the_old_name(filled, run_sql):
    walk(filled)
    with connect(filled) as connection:
        rename_site(connection, "b", "better")
    run_sql(
        "INSERT INTO dayahead.traffic (site, ts, throughput) "
        "SELECT 'b', ts, 99 FROM generate_series('2026-08-22 01:00+00'::timestamptz, '2026-08-22 23:00+00', '1 hour') AS ts"
    )

    result = walk(filled, Run("forecast", DAY + timedelta(days=2), RUN.cutoff + timedelta(days=2)))

    assert result["fleet"]["added"] == []
    assert run_sql("SELECT DISTINCT site FROM dayahead.forecasts ORDER BY 1") == [("a",), ("better",)]
    assert run_sql("SELECT alias, site FROM dayahead.site_aliases") == [("b", "better")]
    with connect(filled, "reader") as connection:
        readings = read_readings(connection, datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 8, 23, tzinfo=UTC), ["better"])
    assert set(readings["site"]) == {"better"}
    assert len(readings) == 22 * 24
    assert (readings["throughput"] == 99).sum() == 23


def test_of_two_readings_of_one_instant_the_one_under_the_sites_own_name_counts(filled, run_sql):
    with connect(filled) as connection:
        rename_site(connection, "b", "better")
    run_sql("INSERT INTO dayahead.traffic (site, ts, throughput) VALUES ('b', '2026-08-20 00:00+00', 1)")

    with connect(filled, "reader") as connection:
        readings = read_readings(connection, datetime(2026, 8, 20, tzinfo=UTC), datetime(2026, 8, 20, 1, tzinfo=UTC))

    assert readings["site"].tolist() == ["a", "better"]
    assert (readings["throughput"] > 1).all()


def test_a_site_that_was_met_under_its_new_name_becomes_one_with_the_old(filled, run_sql):
    run_sql(LINK + "INSERT INTO dayahead.traffic (site, ts, throughput) VALUES ('new link', '2026-08-21 00:00+00', 8)")
    walk(filled)

    with connect(filled) as connection:
        rename_site(connection, "b", "new link")

    assert run_sql("SELECT site, found FROM dayahead.sites ORDER BY 1") == [("a", False), ("new link", False)]
    kept = "SELECT DISTINCT throughput FROM dayahead.traffic WHERE site = 'new link' AND ts BETWEEN '2026-08-20 06:00+00' AND '2026-08-21'"
    assert run_sql(f"{kept} ORDER BY 1") == [(7.0,), (8.0,)]
    assert run_sql("SELECT count(*) FROM dayahead.forecasts WHERE site = 'new link'") == [(24,)]
    assert run_sql("SELECT count(*) FROM dayahead.forecasts WHERE site = 'b'") == [(0,)]
    with pytest.raises(DataError, match="there is a site 'new link' already, entered by a person"), connect(filled) as connection:
        rename_site(connection, "a", "new link")


@pytest.mark.parametrize("zone", ["Europe/Berlinn", "localtime", "posixrules", "right/Europe/Berlin", "CEST", ""])
@pytest.mark.parametrize(
    "statement", ["INSERT INTO dayahead.sites (site, timezone) VALUES ('c', %s)", "UPDATE dayahead.sites SET timezone = %s"]
)
def test_a_zone_that_is_none_is_refused_by_postgres(filled, run_sql, zone, statement):
    with pytest.raises(psycopg2.errors.CheckViolation, match="is no time zone; expected an IANA name such as Europe/Berlin"):
        run_sql(statement, zone)


@pytest.mark.parametrize("zone", ["Europe/Berlinn", "localtime", "right/Europe/Berlin"])
def test_a_mistyped_zone_that_is_there_costs_its_own_site_its_zone_and_nobody_else_anything(filled, run_sql, zone):
    run_sql("INSERT INTO dayahead.sites (site, capacity) VALUES ('odd', 10)")
    run_sql(LINK.replace("new link", "odd"))
    run_sql("SET session_replication_role = replica; UPDATE dayahead.sites SET timezone = %s, capacity = 10 WHERE site = 'odd'", zone)

    result = walk(filled)

    assert result["fleet"]["unusable"] == {"odd": f"{zone!r} is no time zone; it runs in UTC"}
    for view in ("next_day", "capacity_risk", "site_outlook", "forecast_days"):
        assert run_sql(f"SELECT count(*) > 0 FROM dayahead.{view} WHERE site = 'odd'") == [(True,)], view
    run_sql("UPDATE dayahead.sites SET capacity = 11")  # nothing else of the row is held against it
    assert to_sites(Store(filled.store_url).get_frame(extract(RUN, filled)["sites"]))[2].timezone == "UTC"


def test_a_country_that_is_none_costs_its_own_site_its_holidays_and_is_named(filled, run_sql):
    run_sql("UPDATE dayahead.sites SET country = CASE site WHEN 'a' THEN 'XX' ELSE 'DE' END")

    result = walk(filled)

    why = "'XX' is no country with a calendar of holidays; it runs without them"
    assert result["fleet"]["unusable"] == {"a": why}
    [alert] = [each for each in after_publish(filled, result) if each.kind == "zones"]
    assert why in write_message(alert, filled, "").text
    assert run_sql("SELECT site, count(*) FROM dayahead.next_day GROUP BY site ORDER BY 1") == [("a", 24), ("b", 24)]


def test_a_site_whose_zone_is_corrected_moves_to_its_own_day(filled, run_sql):
    walk(filled)
    run_sql("UPDATE dayahead.sites SET timezone = 'Asia/Tokyo' WHERE site = 'b'")

    walk(filled)

    assert run_sql("SELECT DISTINCT site, target_day FROM dayahead.next_day ORDER BY 1") == [("a", DAY), ("b", DAY + timedelta(days=1))]


def test_a_fleet_that_reports_more_rarely_is_forecast_at_the_new_interval_the_day_after(database, run_sql):
    run_sql(FILL.replace("'1 hour'", "'5 minutes'").replace("extract(hour FROM ts)", "extract(epoch FROM ts)"))
    run_sql("DELETE FROM dayahead.traffic WHERE ts >= '2026-08-20' AND extract(minute FROM ts)::int % 15 <> 0")

    result = walk(database)

    assert result["fleet"]["intervals"] == [
        f"site {name} reported every 15 min since 2026-08-20 00:15 UTC, every 5 min before" for name in ("a", "b")
    ]
    assert run_sql("SELECT site, count(*) FROM dayahead.next_day GROUP BY site ORDER BY 1") == [("a", 96), ("b", 96)]
    readings = Store(database.store_url).get_frame(Store(database.store_url).read_result(RUN, "validate")["readings"])
    assert (readings["ts"].diff().dropna() == pd.Timedelta(minutes=15)).mean() > 0.99
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(0,)]
