"""Step monitor against a real PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.store.snapshots import Run
from pipeline.core.models.contract import QUANTILES
from pipeline.steps.monitor import monitor
from tests.fixtures.published import replace_forecasts
from tests.steps.test_publish import attention_rows, forecast_rows

DAY = date(2026, 8, 21)
NEXT = Run("monitor", date(2026, 8, 22), datetime(2026, 8, 22, tzinfo=UTC))
TABLES = ("scores", "scores_by_hour", "completeness", "anomalies")
SCORES = "SELECT * FROM dayahead.scores ORDER BY target_day, role, site"
FILL = """
SELECT dayahead.ensure_partition('traffic', d) FROM (VALUES ('2026-08-01'::date), ('2026-07-01')) AS days (d);
INSERT INTO dayahead.sites (site, capacity) VALUES ('a', 6.5), ('it''s b', 1), ('📡 Straße', NULL);
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT 'a', ts, 4 + extract(day FROM ts)::int % 2
FROM generate_series('2026-07-20 00:00+00'::timestamptz, '2026-08-21 23:00+00', '1 hour') AS ts;
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT 'it''s b', ts, 0 FROM generate_series('2026-08-21 00:00+00'::timestamptz, '2026-08-21 11:00+00', '1 hour') AS ts;
"""


@pytest.fixture
def published(database, run_sql):
    """A day of three sites: 'a' is complete at 5, 'it's b' is zero until noon, the third has no actual."""
    run_sql(FILL)
    with connect(database, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [DAY])
    with connect(database, "writer") as connection:
        replace_forecasts(connection, forecast_rows(), attention_rows())
    return database


def scores_of(run_sql, site: str) -> dict[str, float]:
    columns = "steps, actual_total, wape, mase, pinball, coverage50, coverage80, coverage90, bias"
    rows = run_sql(f"SELECT {columns} FROM dayahead.scores WHERE site = %s", site)
    return dict(zip(columns.split(", "), rows[0], strict=True)) if rows else {}


def test_monitor_scores_a_day_as_a_loop_would(published, run_sql):
    monitor(NEXT, published)

    quantiles, actual, scores = [1.0 + i for i in range(7)], 5.0, scores_of(run_sql, "a")
    pinball = np.mean([max(q * (actual - f), (q - 1) * (actual - f)) for q, f in zip(QUANTILES, quantiles, strict=True)])
    assert scores["steps"] == 24
    assert scores["actual_total"] == 120
    assert scores["wape"] == pytest.approx(1 / 5)
    assert scores["mase"] == pytest.approx(1.0 / (27 / 28))  # July 31 and August 1 are both odd: one day in 28 does not change
    assert scores["pinball"] == pytest.approx(pinball)
    assert (scores["coverage50"], scores["coverage80"], scores["coverage90"]) == (1.0, 1.0, 1.0)
    assert scores["bias"] == pytest.approx(-1 / 5)


def test_monitor_counts_only_steps_with_an_actual_and_leaves_ratios_to_zero_empty(published, run_sql):
    result = monitor(NEXT, published)

    scores = scores_of(run_sql, "it's b")
    assert scores["steps"] == 12
    assert (scores["wape"], scores["mase"], scores["bias"]) == (None, None, None)
    assert scores["coverage90"] == 0.0
    assert scores_of(run_sql, "📡 Straße") == {}
    assert result["rows"] == 2


def test_monitor_does_not_score_a_day_that_is_not_over(published, run_sql):
    monitor(Run("monitor", DAY, datetime(2026, 8, 21, 23, tzinfo=UTC)), published)

    assert run_sql(SCORES) == []


def test_monitor_twice_writes_nothing_more(published, run_sql):
    monitor(NEXT, published)
    before = [run_sql(f"SELECT * FROM dayahead.{table} ORDER BY 1, 2, 3") for table in TABLES]

    again = monitor(NEXT, published)

    assert (again["scored"], again["rows"]) == ([], 0)
    assert [run_sql(f"SELECT * FROM dayahead.{table} ORDER BY 1, 2, 3") for table in TABLES] == before
    assert all(before)


def test_monitor_scores_again_when_late_actuals_arrive(published, run_sql):
    monitor(NEXT, published)
    run_sql(
        "INSERT INTO dayahead.traffic (site, ts, throughput) "
        "SELECT 'it''s b', ts, 3 FROM generate_series('2026-08-21 12:00+00'::timestamptz, '2026-08-21 23:00+00', '1 hour') AS ts"
    )

    again = monitor(NEXT, published)

    assert again["rows"] == 1
    assert scores_of(run_sql, "it's b")["steps"] == 24
    assert scores_of(run_sql, "it's b")["wape"] == pytest.approx((12 * 4 + 12 * 1) / 36)


def test_monitor_without_forecasts_has_nothing_to_say(database):
    result = monitor(NEXT, database)

    assert (result["scored"], result["rows"], result["retrain"]) == ([], 0, None)


def test_monitor_keeps_accuracy_by_lead_time(published, run_sql):
    monitor(NEXT, published)

    rows = run_sql("SELECT hour, wape, bias, coverage80, steps FROM dayahead.accuracy_by_hour ORDER BY hour")
    assert [row[0] for row in rows] == list(range(24))
    # in the morning site 'it's b' lies at 0 where 4 was forecast, beside 'a' at 5; later there is 'a' alone
    assert rows[0][1:] == (pytest.approx((1 + 4) / 5), pytest.approx((-1 + 4) / 5), 0.5, 2)
    assert rows[23][1:] == (pytest.approx(1 / 5), pytest.approx(-1 / 5), 1.0, 1)


def test_monitor_keeps_how_much_of_the_day_arrived(published, run_sql):
    monitor(NEXT, published)

    rows = run_sql("SELECT site, readings, expected, extract(hour FROM last_reading)::int FROM dayahead.completeness ORDER BY site")
    assert rows == [("a", 24, 24, 23), ("it's b", 12, 24, 11), ("📡 Straße", 0, 24, None)]
    silent = "SELECT site, extract(EPOCH FROM now() - last_reading) / 3600 = hours_silent, completeness_7d FROM dayahead.data_freshness"
    assert run_sql(f"{silent} ORDER BY site") == [("a", True, 1.0), ("it's b", True, 0.5), ("📡 Straße", None, 0.0)]


def test_silence_is_counted_from_now_and_from_readings_that_came_since_the_last_monitored_day(published, run_sql):
    monitor(NEXT, published)
    run_sql("SELECT dayahead.ensure_partition('traffic', now()::date)")
    run_sql("INSERT INTO dayahead.traffic (site, ts, throughput) VALUES ('a', date_trunc('hour', now()) - interval '2 hours', 1)")

    [(hours,)] = run_sql("SELECT hours_silent::float FROM dayahead.data_freshness WHERE site = 'a'")

    assert 2 <= hours < 3


def test_monitor_finds_a_stretch_outside_the_band_and_takes_it_back_when_late_readings_change_it(published, run_sql):
    anomalies = "SELECT site, direction, steps, actual, expected, excess FROM dayahead.anomalies"
    monitor(NEXT, published)
    assert run_sql(anomalies) == [("it's b", "below", 12, 0.0, 4.0, 1.0)]

    run_sql("UPDATE dayahead.traffic SET throughput = 4 WHERE site = 'it''s b' AND ts >= '2026-08-21 03:00+00'")
    monitor(NEXT, published)

    assert run_sql(anomalies) == []


def test_pieces_of_an_anomaly_that_meet_at_midnight_are_one_stretch(published, run_sql):
    piece = "INSERT INTO dayahead.anomalies VALUES (%s, 'a', %s, %s, 'above', %s, 9, 5, %s)"
    run_sql(piece, DAY - timedelta(days=1), "2026-08-20 20:00+00", "2026-08-20 23:00+00", 4, 1.0)
    run_sql(piece, DAY, "2026-08-21 00:00+00", "2026-08-21 03:00+00", 4, 3.0)
    run_sql(piece, DAY, "2026-08-21 09:00+00", "2026-08-21 12:00+00", 4, 1.0)
    run_sql("INSERT INTO dayahead.completeness VALUES ('2026-08-21', 'a', 24, 24, NULL)")

    rows = run_sql("SELECT steps, excess, first_day, last_day FROM dayahead.recent_anomalies ORDER BY starts_at")

    assert rows == [(8, 2.0, DAY - timedelta(days=1), DAY), (4, 1.0, DAY, DAY)]


def test_the_views_for_people_answer_the_viewer(published, run_sql):
    monitor(NEXT, published)

    with connect(published, "viewer") as connection, driver(connection).cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT site) FROM dayahead.next_day")
        assert cursor.fetchone() == (72, 3)
        cursor.execute("SELECT count(actual), sum(error) FROM dayahead.forecast_vs_actual WHERE site = 'a'")
        assert cursor.fetchone() == (24, 24.0)
        cursor.execute("SELECT site, days, wape FROM dayahead.site_accuracy_30d ORDER BY site")
        assert [(site, days, wape and round(wape, 6)) for site, days, wape in cursor.fetchall()] == [("a", 1, 0.2), ("it's b", 1, None)]


def test_next_day_holds_the_sites_of_the_latest_run_and_leaves_out_the_challenger(published, run_sql):
    later = {"target_day": DAY + timedelta(days=1), "cutoff": pd.Timestamp(DAY + timedelta(days=1), tz="UTC")}
    tomorrow = forecast_rows(sites=("a",)).assign(**later)
    tomorrow["ts"] += pd.Timedelta(days=1)
    with connect(published, "writer") as connection:
        replace_forecasts(connection, tomorrow, attention_rows()[:0])
        replace_forecasts(connection, forecast_rows(role="challenger").assign(**later), attention_rows()[:0])

    days = run_sql("SELECT site, min(target_day), max(target_day), count(*) FROM dayahead.next_day GROUP BY site ORDER BY site")

    assert days == [("a", date(2026, 8, 22), date(2026, 8, 22), 24)]


IGNORE = "INSERT INTO dayahead.events (kind, site, starts_at, ends_at, known_from) VALUES ('ignore', 'a', %s, %s, %s)"


def test_readings_that_a_person_ignores_are_judged_nowhere_and_count_as_arrived(published, run_sql):
    monitor(NEXT, published)
    arrived = run_sql("SELECT * FROM dayahead.completeness ORDER BY site")
    run_sql("UPDATE dayahead.traffic SET throughput = 5000 WHERE site = 'a' AND ts >= '2026-08-21 12:00+00' AND ts < '2026-08-21 16:00+00'")
    run_sql(IGNORE, "2026-08-21 12:00+00", "2026-08-21 16:00+00", "2026-08-21 23:00+00")

    monitor(NEXT, published)

    scores = scores_of(run_sql, "a")
    assert (scores["steps"], scores["actual_total"], scores["wape"]) == (20, 100, pytest.approx(1 / 5))
    assert run_sql("SELECT count(*) FROM dayahead.anomalies WHERE site = 'a'") == [(0,)]
    assert run_sql("SELECT * FROM dayahead.completeness ORDER BY site") == arrived


def test_a_day_that_is_wholly_ignored_loses_its_scores(published, run_sql):
    monitor(NEXT, published)
    assert scores_of(run_sql, "a")
    run_sql(IGNORE, "2026-08-21 00:00+00", "2026-08-22 00:00+00", "2026-08-21 23:00+00")

    monitor(NEXT, published)

    assert not scores_of(run_sql, "a")
    for table in ("scores_by_hour", "anomalies"):
        assert run_sql(f"SELECT count(*) FROM dayahead.{table} WHERE site = 'a'") == [(0,)]


def test_what_was_ignored_after_the_cutoff_changes_no_score(published, run_sql):
    monitor(NEXT, published)
    before = run_sql(SCORES)
    run_sql(IGNORE, "2026-08-21 12:00+00", "2026-08-21 16:00+00", "2026-08-22 00:00+00")

    monitor(NEXT, published)

    assert run_sql(SCORES) == before


def test_ignored_days_do_not_move_what_mase_is_measured_by(published, run_sql):
    run_sql("UPDATE dayahead.traffic SET throughput = 5000 WHERE site = 'a' AND ts >= '2026-08-10' AND ts < '2026-08-11'")
    run_sql(IGNORE, "2026-08-10 00:00+00", "2026-08-11 00:00+00", "2026-08-11 00:00+00")

    monitor(NEXT, published)

    assert scores_of(run_sql, "a")["mase"] == pytest.approx(1.0 / (25 / 26))
