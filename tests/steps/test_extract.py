"""Step extract against a real PostgreSQL."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.readings import last_reading, read_readings
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site, to_sites
from pipeline.errors import ConfigurationError, DataError, ServiceError
from pipeline.steps.extract import extract, history_days

CUTOFF = datetime(2026, 8, 21, tzinfo=UTC)
RUN = Run("forecast", date(2026, 8, 21), CUTOFF)
ODD_NAMES = ("plain", 'it\'s "quoted"', "new\nline", "{braces} %s", "📡 Straße")

FILL = """
SELECT dayahead.ensure_partition('traffic', d) FROM (VALUES ('2026-08-01'::date), ('2026-07-01')) AS days (d);
INSERT INTO dayahead.sites (site, timezone, capacity) SELECT n, 'Europe/Berlin', 10 FROM unnest(%s::text[]) AS n;
INSERT INTO dayahead.traffic (site, ts, throughput, device_num)
SELECT n, ts, extract(epoch FROM ts)::bigint %% 977, nullif(extract(minute FROM ts), 0)
FROM unnest(%s::text[]) AS n, generate_series('2026-07-30 00:00+00'::timestamptz, '2026-08-21 06:00+00', '15 min') AS ts;
"""


@pytest.fixture
def filled(database, run_sql):
    run_sql(FILL, list(ODD_NAMES), list(ODD_NAMES))
    return database


def test_extract_stores_what_is_known_before_the_cutoff_sorted_by_site_and_ts(filled):
    result = extract(RUN, filled)

    readings = Store(filled.store_url).get_frame(result["readings"])
    assert result["rows"] == len(readings) == len(ODD_NAMES) * 96 * 22
    assert result["step_minutes"] == 15
    assert readings["ts"].max() == pd.Timestamp("2026-08-20 23:45", tz="UTC")
    assert str(readings["ts"].dtype) == "datetime64[us, UTC]"
    assert sorted(readings["site"].unique()) == sorted(ODD_NAMES)
    assert readings.equals(readings.sort_values(["site", "ts"], ignore_index=True))
    assert list(readings.columns) == ["site", "ts", "throughput", "device_num", "dxcc_usage"]


def test_extract_gives_the_values_that_stand_in_the_table(filled):
    readings = Store(filled.store_url).get_frame(extract(RUN, filled)["readings"])

    seconds = readings["ts"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    assert (readings["throughput"] == seconds % 977).all()
    assert readings["device_num"].isna().sum() == len(readings) / 4
    assert readings["dxcc_usage"].isna().all()


def test_extract_twice_gives_the_same_snapshot(filled):
    assert extract(RUN, filled) == extract(RUN, filled)


def test_extract_keeps_sites_with_zone_and_capacity_and_only_those_in_scope(filled):
    result = extract(RUN, filled, sites=["plain"], days=3)

    store = Store(filled.store_url)
    assert to_sites(store.get_frame(result["sites"])) == (Site("plain", "Europe/Berlin", 10.0, None),)
    assert store.get_frame(result["readings"])["ts"].min() == pd.Timestamp(CUTOFF - timedelta(days=3))
    assert result["rows"] == 3 * 96


def test_extract_keeps_readings_of_a_site_that_is_not_known_for_validate_to_judge(filled, run_sql):
    run_sql("DELETE FROM dayahead.sites WHERE site = 'plain'")

    readings = Store(filled.store_url).get_frame(extract(RUN, filled)["readings"])

    assert "plain" in set(readings["site"])


def test_shards_of_a_run_hold_every_site_once(filled, run_sql):
    run_sql("DELETE FROM dayahead.sites WHERE site = 'plain'")  # validate is to judge it in whatever shard it falls into
    store, whole = Store(filled.store_url), extract(RUN, filled)

    parts = [extract(part, filled) for part in replace(RUN, shards=2).parts()]

    together = pd.concat([store.get_frame(part["readings"]).astype({"site": "str"}) for part in parts])
    expected = store.get_frame(whole["readings"]).astype({"site": "str"})
    assert together.sort_values(["site", "ts"], ignore_index=True).equals(expected)
    assert all(0 < part["rows"] < whole["rows"] for part in parts)
    known = [site for part in parts for site in to_sites(store.get_frame(part["sites"]))]
    assert sorted(known, key=lambda site: site.name) == sorted(to_sites(store.get_frame(whole["sites"])), key=lambda site: site.name)


def test_shard_keeps_to_the_sites_in_scope(filled):
    shard = next(part for part in replace(RUN, shards=2).parts() if part.holds("plain"))

    assert extract(shard, filled, sites=["plain", "new\nline"], days=3)["rows"] == 3 * 96 * (1 + shard.holds("new\nline"))


@pytest.mark.parametrize(("asked", "way_out"), [("nowhere", "load their readings first"), ("plian", "was 'plain' meant?")])
def test_extract_of_an_unknown_site_names_it_and_one_that_is_like_it(filled, asked, way_out):
    with pytest.raises(DataError, match=rf"unknown site\(s\) '{asked}'; 5 are known: {re.escape(way_out)}"):
        extract(RUN, filled, sites=[asked])


def test_extract_without_readings_names_the_last_one(filled):
    early = Run("forecast", date(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC))

    with pytest.raises(DataError, match=r"no reading from .* the last reading is of 2026-08-21"):
        extract(early, filled)


def test_extract_from_an_empty_table_says_how_to_load(database):
    with pytest.raises(DataError, match="the table traffic is empty: python -m pipeline load"):
        extract(RUN, database)


def test_a_covariate_that_traffic_lacks_is_named_with_the_way_out(filled):
    with pytest.raises(DataError, match=r"lacks weather; found .*DAYAHEAD_COVARIATES"):
        extract(RUN, filled.model_copy(update={"covariates": ("weather",)}))


def test_the_reader_may_not_write_and_the_writer_may_not_read_traffic(filled):
    with pytest.raises(ConfigurationError, match="permission denied"), connect(filled, "reader") as connection:
        connection.exec_driver_sql("DELETE FROM dayahead.traffic")
    with pytest.raises(ConfigurationError, match="permission denied"), connect(filled, "writer") as connection:
        connection.exec_driver_sql("SELECT FROM dayahead.traffic")
    with pytest.raises(ConfigurationError, match="permission denied"), connect(filled, "viewer") as connection:
        connection.exec_driver_sql("SELECT FROM dayahead.forecasts")


def test_the_last_reading_is_found_and_missing_throughput_of_a_view_arrives_as_nan(filled, run_sql):
    run_sql(
        "ALTER TABLE dayahead.traffic RENAME TO traffic_before;"
        "CREATE VIEW dayahead.traffic AS SELECT 'v' AS site, now() AS ts, NULL::real AS throughput, 1 AS device_num, 2 AS dxcc_usage;"
        "GRANT SELECT ON dayahead.traffic TO dayahead_reader"
    )

    with connect(filled, "reader") as connection:
        last = last_reading(connection)
        readings = read_readings(connection, last, last + timedelta(days=1), ["v"], filled.covariates)

    assert readings["throughput"].isna().all()
    assert readings[["device_num", "dxcc_usage"]].to_numpy().tolist() == [[1, 2]]


def test_history_suits_the_purpose():
    settings, train = Settings(train_days=99, context_days=14, dead_after_days=20), Run("train-b", RUN.target_day, CUTOFF)

    assert history_days(train, settings) == 99
    assert history_days(RUN, settings) == 90
    assert history_days(RUN, settings.model_copy(update={"forecast_days": 21})) == 22
    assert history_days(RUN, settings.model_copy(update={"forecast_days": 21, "context_days": None})) == 58


def test_extract_while_the_database_is_down_says_where_it_looked(tmp_path):
    settings = Settings(home=tmp_path, database_url=SecretStr("postgresql://x:y@127.0.0.1:1/traffic"))

    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1/traffic does not answer"):
        extract(RUN, settings)


NOTE = """INSERT INTO dayahead.events (kind, category, site, labels, starts_at, ends_at, known_from)
VALUES ('expected', 'match', %s, %s, %s, %s, %s)"""


def test_without_an_event_extract_leaves_what_it_left_before(filled):
    assert "events" not in extract(RUN, filled)


@pytest.mark.parametrize(
    ("site", "labels", "starts", "known", "seen"),
    [
        (None, None, "2026-08-21 20:00Z", "2026-08-20Z", True),
        ("plain", None, "2026-08-21 20:00Z", "2026-08-20Z", True),
        (None, '{"country": "DE"}', "2026-08-21 20:00Z", "2026-08-20Z", False),
        (None, None, "2026-08-10 20:00Z", "2026-08-20Z", True),
        (None, None, "2026-08-21 20:00Z", "2026-08-21Z", False),
        (None, None, "2025-06-01 20:00Z", "2025-05-20Z", False),
        (None, None, "2026-08-29 20:00Z", "2026-08-20Z", False),
    ],
)
def test_extract_keeps_the_events_that_were_known_and_touch_the_run(filled, run_sql, site, labels, starts, known, seen):
    run_sql(NOTE, site, labels, starts, str(pd.Timestamp(starts) + pd.Timedelta(hours=3)), known)

    result = extract(RUN, filled)

    assert ("events" in result) is seen
    if seen:
        (found,) = Store(filled.store_url).get_frame(result["events"]).to_dict("records")
        assert (found["category"], found["starts_at"]) == ("match", pd.Timestamp(starts))
        assert result == extract(RUN, filled)


def test_events_known_later_change_nothing(filled, run_sql):
    run_sql(NOTE, None, None, "2026-08-21 20:00Z", "2026-08-21 23:00Z", "2026-08-20Z")
    before = extract(RUN, filled)

    run_sql(NOTE, None, None, "2026-08-21 12:00Z", "2026-08-21 13:00Z", "2026-08-21 00:00Z")

    assert extract(RUN, filled) == before


PLAN = "INSERT INTO dayahead.planned (name, site, labels, ts, value, known_from) VALUES ('weather', %s, %s, %s, 20, %s)"


@pytest.mark.parametrize(
    ("site", "labels", "ts", "known", "seen"),
    [
        (None, None, "2026-08-21 20:00Z", "2026-08-20Z", True),
        ("plain", None, "2026-08-01 20:00Z", "2026-07-20Z", True),
        (None, '{"country": "DE"}', "2026-08-21 20:00Z", "2026-08-20Z", False),
        (None, None, "2026-08-21 20:00Z", "2026-08-21Z", False),
        (None, None, "2025-06-01 20:00Z", "2025-05-20Z", False),
        (None, None, "2026-08-29 20:00Z", "2026-08-20Z", False),
    ],
)
def test_extract_keeps_what_was_planned_for_the_run_and_known(filled, run_sql, site, labels, ts, known, seen):
    before = extract(RUN, filled)
    run_sql(PLAN, site, labels, ts, known)

    result = extract(RUN, filled)

    assert ("planned" in result) is seen
    assert {key: value for key, value in result.items() if key != "planned"} == before
    if seen:
        (found,) = Store(filled.store_url).get_frame(result["planned"]).to_dict("records")
        assert (found["name"], found["value"], found["ts"]) == ("weather", 20.0, pd.Timestamp(ts))
        assert result == extract(RUN, filled)


def test_plans_known_later_change_nothing(filled, run_sql):
    run_sql(PLAN, None, None, "2026-08-21 20:00Z", "2026-08-20Z")
    before = extract(RUN, filled)

    run_sql(PLAN, None, None, "2026-08-21 20:00Z", "2026-08-21 00:00Z")
    run_sql(PLAN, None, None, "2026-08-20 20:00Z", "2026-08-21 00:00Z")

    assert extract(RUN, filled) == before
