"""What extract, publish and the views touch of the partitions: read from the plans that Postgres makes."""

import json
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pytest
from sqlalchemy.dialects.postgresql.psycopg2 import dialect as PsycopgDialect  # noqa: N812
from sqlalchemy.sql import ClauseElement

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.forecasts import counting, keeping
from pipeline.adapters.postgres.known_readings import known_of
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import read_names, readings_of
from tests.steps.test_publish import attention_rows, forecast_rows

DAYS = [date(2026, 4, 20), *(date(2026, 8, day) for day in range(11, 22))]
SPAN = {"since": datetime(2026, 8, 1, tzinfo=UTC), "cutoff": datetime(2026, 8, 21, tzinfo=UTC), "sites": ["a"]}
EVERYTHING = {
    "forecast_vs_actual",
    "published_forecasts",
    "forecast_days",
    "actuals",
    "attention_map",
}  # views that pick no days themselves: whoever asks does


@pytest.fixture
def filled(database, run_sql):
    """Four months of traffic, and forecasts of twelve days in tables of their own; role viewer reads them."""
    from pipeline.adapters.postgres.database import connect
    from tests.fixtures.published import replace_forecasts

    run_sql(
        "SELECT dayahead.ensure_partition('traffic', d::date) FROM generate_series('2026-05-01'::date, '2026-08-01', '1 month') AS d;"
        "INSERT INTO dayahead.sites (site, capacity) VALUES ('a', 5);"
        "INSERT INTO dayahead.traffic (site, ts, throughput)"
        " SELECT s, ts, 1 FROM unnest(ARRAY['a', 'b', 'c']) AS s, generate_series('2026-05-01'::timestamptz, '2026-08-20', '1 h') AS ts"
    )
    with connect(database, "writer") as connection:
        for day in DAYS:
            rows = forecast_rows(sites=("a", "b")).assign(target_day=day)
            rows["ts"] += datetime.combine(day, datetime.min.time(), UTC) - rows["ts"].min()
            replace_forecasts(connection, rows, attention_rows(sites=("a", "b")).assign(target_day=day))
    run_sql("ANALYZE")
    return database


@pytest.fixture
def touched(filled):
    """Function that returns the tables that a statement really scans, run once."""
    connection = psycopg2.connect(filled.database_url.get_secret_value())

    def run(query, values=None) -> set[str]:
        if isinstance(query, ClauseElement):
            compiled = query.compile(dialect=PsycopgDialect())
            query, values = str(compiled), compiled.construct_params(values)
        with connection.cursor() as cursor:
            text = cursor.mogrify(query, values).decode().strip().rstrip(";")
            if "COPY (" in text:
                text = text[text.index("COPY (") + 6 : text.rindex(") TO STDOUT")]
            cursor.execute("SET LOCAL enable_seqscan = off")  # tables as small as a test's are quicker read whole than by their index
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")
            plan = cursor.fetchone()[0]
        connection.rollback()
        found: set[str] = set()
        _walk(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"], found)
        return found

    yield run
    connection.close()


def _walk(node: dict, found: set[str]) -> None:
    if node.get("Actual Loops", 1) and "Relation Name" in node:
        found.add(node["Relation Name"])
    for child in node.get("Plans", []):
        _walk(child, found)


def of(found: set[str], table: str) -> set[str]:
    return {name for name in found if name.startswith(f"{table}_2")}


@pytest.mark.parametrize("names", [None, SPAN["sites"]])
def test_extract_reads_the_months_of_its_span_alone(touched, names):
    query = readings_of(SPAN["since"], SPAN["cutoff"], names, ["throughput"], seed=0)
    assert of(touched(query), "traffic") == {"traffic_2026_08"}


def test_load_looks_for_known_rows_in_the_months_of_its_file_alone(touched):
    query = known_of(SPAN["sites"], "2026-08-01 00:00+00", "2026-08-21 00:00+00", ["throughput"])
    assert of(touched(query), "traffic") == {"traffic_2026_08"}


def test_extract_finds_the_sites_of_a_view_in_the_months_of_its_span_alone(touched):
    assert of(touched(statement("read_traffic_sites"), SPAN), "traffic") == {"traffic_2026_08"}


def test_extract_finds_the_sites_of_a_span_through_the_index_of_its_months(touched, filled):
    from pipeline.adapters.postgres.database import connect

    assert of(touched(statement("skip_through_sites"), SPAN), "traffic") == {"traffic_2026_08"}
    with connect(filled, "reader") as connection:
        assert read_names(connection, SPAN["since"], SPAN["cutoff"]) == ["a", "b", "c"]
        assert read_names(connection, SPAN["cutoff"], SPAN["cutoff"] + timedelta(days=9)) == []


@pytest.mark.parametrize("table", ["forecasts", "attention"])
def test_publish_touches_the_table_of_its_day_and_role_alone(touched, table):
    part = ("champion", DAYS[-1])

    kept = touched(keeping(schema.metadata.tables[f"dayahead.{table}"], part, ["a"]))
    compared = touched(counting(schema.metadata.tables[f"dayahead.{table}"], part, "1"))

    assert of(kept, table) == of(compared, table) == {f"{table}_2026_08_21_champion"}


def test_the_latest_day_is_read_from_the_tables_of_the_latest_days(touched):
    assert of(touched("SELECT * FROM dayahead.next_day"), "forecasts") <= {f"forecasts_2026_08_{day}_champion" for day in (19, 20, 21)}


def test_a_day_of_a_view_is_read_from_the_table_of_that_day(touched, run_sql):
    for view in ("forecast_vs_actual", "published_forecasts", "forecast_days", "attention_map"):
        found = touched(f"SELECT * FROM dayahead.{view} WHERE target_day = '2026-08-15'")
        assert of(found, "forecasts") | of(found, "attention") in (
            {"forecasts_2026_08_15_champion"},
            {"attention_2026_08_15_champion"},
        )


def test_no_view_for_people_reads_every_day_unless_it_is_asked_for_every_day(touched, run_sql):
    views = [name for (name,) in run_sql("SELECT viewname FROM pg_views WHERE schemaname = 'dayahead' ORDER BY 1")]
    assert {"next_day", "forecast_vs_actual"} <= set(views)
    for view in set(views) - EVERYTHING:
        found = touched(f"SELECT * FROM dayahead.{view}")
        assert "forecasts_2026_04_20_champion" not in found, view
        assert "traffic_2026_05" not in found, view
