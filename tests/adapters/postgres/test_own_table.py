"""A user's own table behind a view named ``dayahead.traffic``, shaped as the system this project grew from: 142 readings a day."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.postgres.migrations import migrate
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.core.series.frames import to_sites
from pipeline.core.series.grid import to_grid
from pipeline.errors import ConfigurationError, DataError
from pipeline.steps.extract import extract
from pipeline.steps.monitor import monitor
from tests.fixtures.published import replace_forecasts
from tests.steps.test_publish import attention_rows, forecast_rows

RUN = Run("forecast", date(2026, 8, 21), datetime(2026, 8, 21, tzinfo=UTC))
OWN_TABLE = """
CREATE TABLE public.cdn_thp (created_at timestamp, perf_name varchar(40), device_num integer, dxcc_usage real, thp bigint);
INSERT INTO public.cdn_thp
SELECT day + step * interval '10 minutes', name, 10 + step, CASE WHEN step % 7 > 0 THEN 50.5 END, 1000000 * step
FROM generate_series('2026-08-01'::timestamp, '2026-08-20', '1 day') AS day, generate_series(0, 141) AS step,
    (VALUES ('hcm-edge'), ('hn-edge')) AS names (name);
"""
VIEW = """
ALTER TABLE dayahead.traffic RENAME TO traffic_unused;
CREATE VIEW dayahead.traffic AS
SELECT perf_name::text AS site, created_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS ts, thp AS throughput, device_num, dxcc_usage
FROM public.cdn_thp;
INSERT INTO dayahead.sites (site, timezone) SELECT DISTINCT perf_name, 'Asia/Ho_Chi_Minh' FROM public.cdn_thp;
"""


@pytest.fixture
def own_table(database, run_sql):
    run_sql(OWN_TABLE + VIEW)
    migrate(database)
    return database


def test_extract_reads_a_users_own_table_through_the_view(own_table):
    result = extract(RUN, own_table)

    store = Store(own_table.store_url)
    readings, sites = store.get_frame(result["readings"]), to_sites(store.get_frame(result["sites"]))
    assert result["rows"] == 2 * 20 * 142
    assert result["step_minutes"] == 10
    assert readings["ts"].min().isoformat() == "2026-07-31T17:00:00+00:00"
    assert readings["dxcc_usage"].isna().mean() == pytest.approx(1 / 7, abs=0.01)
    grid = to_grid(readings, sites, step_minutes=10, covariates=own_table.covariates)
    assert grid.shape == (2, 20, 144)
    assert grid.observed.sum(axis=2).tolist() == [[142] * 20] * 2
    assert np.array_equal(grid.throughput[0, 3, :142], 1e6 * np.arange(142))


def test_the_other_views_see_the_users_own_table_after_migrate(own_table, run_sql):
    forecasts = forecast_rows(sites=("hcm-edge",))
    forecasts["ts"] -= np.timedelta64(2, "D")  # into the days that the table holds
    with connect(own_table, "writer") as connection:
        ensure_partitions(connection, "forecasts", [date(2026, 8, 21)])
    with connect(own_table, "writer") as connection:
        replace_forecasts(connection, forecasts, attention_rows()[:0])

    with connect(own_table, "viewer") as connection, driver(connection).cursor() as cursor:
        cursor.execute("SELECT count(*), count(actual), max(actual)::bigint FROM dayahead.forecast_vs_actual")
        assert cursor.fetchone() == (24, 24, 138000000)


def test_a_view_whose_ts_has_no_zone_is_refused_with_the_way_out(own_table, run_sql):
    run_sql(
        "DROP VIEW dayahead.traffic CASCADE; CREATE VIEW dayahead.traffic AS "
        "SELECT perf_name AS site, created_at AS ts, thp AS throughput, device_num, dxcc_usage FROM public.cdn_thp"
    )
    migrate(own_table)

    with pytest.raises(DataError, match=r"traffic\.ts is timestamp without time zone; .* AT TIME ZONE"):
        extract(RUN, own_table)


def test_a_view_without_a_column_is_refused_with_what_was_found(own_table, run_sql):
    run_sql("ALTER VIEW dayahead.traffic RENAME COLUMN throughput TO thp")

    with pytest.raises(DataError, match=r"lacks throughput; found .*thp"):
        extract(RUN, own_table)


def test_a_view_that_migrate_has_not_seen_is_refused_with_the_way_out(database, run_sql):
    run_sql(OWN_TABLE + VIEW)

    with pytest.raises(ConfigurationError, match=r"permission denied for view traffic; run `python -m pipeline migrate`"):
        extract(RUN, database)


def test_a_site_without_a_row_in_sites_arrives_for_validate_to_judge(own_table, run_sql):
    run_sql("DELETE FROM dayahead.sites WHERE site = 'hn-edge'")

    result = extract(RUN, own_table.model_copy(update={"new_sites": "alert"}))

    store = Store(own_table.store_url)
    assert set(store.get_frame(result["readings"])["site"]) == {"hcm-edge", "hn-edge"}
    assert [site.name for site in to_sites(store.get_frame(result["sites"]))] == ["hcm-edge"]


def test_readings_of_the_future_are_kept_apart_as_load_keeps_them_and_reach_no_forecast(own_table, run_sql):
    run_sql(
        "INSERT INTO public.cdn_thp SELECT now() AT TIME ZONE 'Asia/Ho_Chi_Minh' + h * interval '1 hour', 'hn-edge', 1, 1, h "
        "FROM (VALUES (0), (5)) AS f (h)"
    )
    ahead = datetime.now(UTC) + timedelta(days=2)

    result = extract(Run("forecast", ahead.date(), ahead), own_table, days=400)
    found = [monitor(RUN, own_table)["future"] for _ in range(2)]

    assert result["rows"] == 2 * 20 * 142 + 1
    assert found == [1, 0]
    assert run_sql("SELECT site, reason, payload ->> 'throughput' FROM dayahead.quarantine") == [("hn-edge", "ts lies in the future", "5")]
