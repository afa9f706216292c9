"""How a published day takes the place of the one before: by a swap of tables where readers let go of it, row by row where not."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import psycopg2
import pytest

from pipeline.errors import DataError, StoreError
from pipeline.steps.publish import publish
from tests.steps.test_publish import DAY, ROWS, RUN, attention_rows, forecast_rows, leave

LEAF = "dayahead.forecasts_2026_08_21_champion"
VALUES = "SELECT site, count(*), min(q05), max(q05) FROM dayahead.forecasts GROUP BY site ORDER BY site"


def oid(run_sql) -> int:
    return run_sql(f"SELECT '{LEAF}'::regclass::oid::bigint")[0][0]


def test_a_day_published_again_lies_in_another_table_of_the_same_name(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = oid(run_sql)
    leave(database, forecast_rows(level=2.0), attention_rows())

    publish(RUN, database)

    assert oid(run_sql) != before
    assert run_sql("SELECT relname FROM pg_class WHERE relname LIKE '%%next%%' AND relkind = 'r'") == []


def test_publishing_the_same_again_touches_no_table(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = oid(run_sql)

    publish(RUN, database)

    assert oid(run_sql) == before


@pytest.mark.parametrize(
    "harm", ["DELETE FROM dayahead.forecasts WHERE site = 'a'", "UPDATE dayahead.forecasts SET q05 = 0 WHERE site = 'a'"]
)
def test_publishing_the_same_again_mends_what_was_changed_by_hand(database, run_sql, harm):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = run_sql(VALUES)
    run_sql(harm)

    publish(RUN, database)

    assert run_sql(VALUES) == before


def test_rows_of_other_sites_keep_when_they_were_published(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    when = "SELECT site, min(published_at) FROM dayahead.forecasts GROUP BY site ORDER BY site"
    before = dict(run_sql(when))
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)), chosen=True)

    publish(RUN, database)

    after = dict(run_sql(when))
    assert after["a"] > before["a"]
    assert {site: at for site, at in after.items() if site != "a"} == {site: at for site, at in before.items() if site != "a"}


def test_a_month_that_is_one_table_is_written_in_place(database, run_sql):
    run_sql("SELECT dayahead.ensure_partition('forecasts', '2026-08-01'), dayahead.ensure_partition('attention', '2026-08-01')")
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    first = run_sql(ROWS)
    publish(RUN, database)
    again = run_sql(ROWS)
    leave(database, forecast_rows(level=4.0, sites=("a",), steps=23), attention_rows(sites=("a",)), chosen=True)

    publish(RUN, database)

    assert again == first
    assert run_sql(VALUES) == [("a", 23, 4.0, 4.0), ("it's b", 24, 1.0, 1.0), ("📡 Straße", 24, 1.0, 1.0)]
    assert run_sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'forecasts_2026_08_%%'") == [(1,)]  # the month's index


def test_a_reader_that_holds_on_to_the_day_delays_nobody_for_ever(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    leave(database, forecast_rows(level=6.0), attention_rows())
    reader = psycopg2.connect(database.database_url.get_secret_value())
    try:
        reader.cursor().execute("SELECT count(*) FROM dayahead.forecasts")  # and no end of the transaction

        publish(RUN, database)

        assert run_sql(VALUES) == [(site, 24, 6.0, 6.0) for site in ("a", "it's b", "📡 Straße")]
    finally:
        reader.close()


def test_a_transaction_that_began_before_sees_the_whole_new_day(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    early = psycopg2.connect(database.database_url.get_secret_value())
    try:
        early.set_session(isolation_level="REPEATABLE READ")
        cursor = early.cursor()
        cursor.execute("SELECT 1")
        leave(database, forecast_rows(level=8.0, sites=("a",)), attention_rows(sites=("a",)), chosen=True)
        publish(RUN, database)

        cursor.execute("SELECT count(*) FROM dayahead.forecasts")

        assert cursor.fetchone() == (72,)
    finally:
        early.close()


def test_the_writer_owns_no_table_and_may_do_nothing_to_the_days_own(database, run_sql):
    leave(database, forecast_rows(), attention_rows())

    publish(RUN, database)

    owner = "SELECT DISTINCT tableowner = current_user FROM pg_tables WHERE schemaname = 'dayahead'"
    assert run_sql(owner) == [(True,)]
    assert run_sql(f"SELECT has_table_privilege('dayahead_writer', '{LEAF}', 'INSERT, DELETE, SELECT, TRUNCATE')") == [(False,)]


def test_shards_are_published_together_or_not_at_all(database, run_sql):
    first, second = (replace(RUN, shards=2, shard=shard) for shard in range(2))
    leave(database, forecast_rows(sites=("a",)), attention_rows(sites=("a",)), first)
    with pytest.raises(StoreError, match=f"no result of step forecast at .*{second.folder}"):
        publish(replace(RUN, shards=2), database)
    leave(database, forecast_rows(level=3.0, sites=("b",)), attention_rows(sites=("b",)), second)

    result = publish(replace(RUN, shards=2), database)

    assert {"rows": 48, "sites": 2, "target_days": ["2026-08-21"]}.items() <= result.items()
    assert run_sql(VALUES) == [("a", 24, 1.0, 1.0), ("b", 24, 3.0, 3.0)]


def test_a_site_that_two_shards_hold_is_refused(database, run_sql):
    for shard in range(2):
        leave(database, forecast_rows(level=1.0 + shard, sites=("a",)), attention_rows(sites=("a",)), replace(RUN, shards=2, shard=shard))

    with pytest.raises(DataError, match="a row of forecasts stands twice"):
        publish(replace(RUN, shards=2), database)

    assert run_sql("SELECT count(*) FROM dayahead.forecasts") == [(0,)]


def test_a_role_that_makes_no_name_of_a_table_is_refused(database):
    leave(database, forecast_rows(role="Robert'); DROP TABLE"), attention_rows())

    with pytest.raises(Exception, match="cannot stage forecasts of role"):
        publish(RUN, database)


def test_days_that_are_neighbours_do_not_touch_each_other(database, run_sql):
    for ahead in (0, 1):
        run, day = replace(RUN, cutoff=RUN.cutoff + timedelta(days=ahead)), DAY + timedelta(days=ahead)
        leave(
            database,
            forecast_rows(level=1.0 + ahead).assign(target_day=day, cutoff=pd.Timestamp(run.cutoff)),
            attention_rows().assign(target_day=day),
            run,
        )
        publish(run, database)

    found = run_sql("SELECT target_day, count(*), max(q05) FROM dayahead.forecasts GROUP BY target_day ORDER BY target_day")
    assert found == [(DAY, 72, 1.0), (DAY + timedelta(days=1), 72, 2.0)]
