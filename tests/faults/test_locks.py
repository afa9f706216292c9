"""Whoever holds on to what: nobody who reads waits for longer than a moment, and who waits for a lock is told for whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg2
import pytest
from sqlalchemy import text

from pipeline.adapters.postgres.database import connect
from pipeline.errors import ServiceError
from pipeline.steps.publish import publish
from tests.fixtures.journal import Journal
from tests.steps.test_publish import DAY, RUN, attention_rows, forecast_rows, leave

LONGEST_WAIT = 0.3  # seconds that anybody may wait for what another reader does
LOOKS = {
    "forecasts": "SELECT count(*), min(q05), max(q05) FROM dayahead.published_forecasts",
    "attention": "SELECT count(*), min(weight), max(weight) FROM dayahead.attention_map",
    "peaks": "SELECT count(*) FROM dayahead.site_outlook",
}
VIEWS = ("next_day", "published_forecasts", "forecast_vs_actual", "attention_map", "site_outlook", "published_days", "capacity_risk")
HOLDS = {
    **{f"a viewer idle in a transaction on {view}": ("viewer", f"SELECT count(*) FROM dayahead.{view}") for view in VIEWS},
    "a viewer with a cursor open": ("viewer", "DECLARE open CURSOR FOR SELECT * FROM dayahead.attention_map; FETCH 1 FROM open"),
    "a viewer that locks a view": ("viewer", "LOCK TABLE dayahead.attention_map IN ACCESS SHARE MODE"),
    "a viewer with the advisory locks of old": (
        "viewer",
        f"SELECT pg_advisory_lock(hashtextextended('dayahead.' || s, 0)) FROM unnest(ARRAY['forecasts.{DAY}.champion', 'partitions']) AS s",
    ),
    "an uncommitted DELETE of attention": ("writer", "DELETE FROM dayahead.attention WHERE site = 'a'"),
    "an uncommitted UPDATE of peaks": ("writer", "UPDATE dayahead.peaks SET q05 = 0 WHERE site = 'a'"),
}
worst: dict[str, float] = {}


@contextmanager
def holding(settings, role: str, statement: str) -> Iterator[psycopg2.extensions.connection]:
    """A session of a role that runs a statement and then does nothing, its transaction open."""
    connection = psycopg2.connect(settings.database_url.get_secret_value(), application_name="lingering")
    try:
        connection.cursor().execute(f"SET ROLE dayahead_{role}; {statement}")
        yield connection
    finally:
        connection.close()


class Reader(Thread):
    """Somebody who looks again and again, and notes how long each look took and whether it showed a whole day."""

    def __init__(self, url: str, look: str) -> None:
        super().__init__()
        self.url, self.look, self.enough, self.seen, self.longest = url, look, Event(), set(), 0.0

    def run(self) -> None:
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SET ROLE dayahead_viewer")
        while not self.enough.is_set():
            began = time.monotonic()
            cursor.execute(self.look)
            self.seen.add(cursor.fetchone())
            self.longest = max(self.longest, time.monotonic() - began)
            time.sleep(0.005)
        connection.close()


@contextmanager
def readers(settings, looks: dict[str, str] = LOOKS) -> Iterator[dict[str, Reader]]:
    """One reader for each look, all at once."""
    found = {name: Reader(settings.database_url.get_secret_value(), look) for name, look in looks.items()}
    for reader in found.values():
        reader.start()
    try:
        yield found
    finally:
        for reader in found.values():
            reader.enough.set()
        for reader in found.values():
            reader.join()


@pytest.mark.parametrize("who", HOLDS)
def test_nobody_who_reads_waits_while_a_day_is_published_and_another_lingers(database, who):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    role, statement = HOLDS[who]
    lingering_writer = role == "writer"

    with readers(database) as watching:
        with holding(database, role, statement) as lingering:
            leave(database, forecast_rows(level=5.0, steps=23), attention_rows(past=6))
            publisher = Thread(target=publish, args=(RUN, database))
            publisher.start()
            publisher.join(4 if lingering_writer else 30)
            assert publisher.is_alive() == lingering_writer
            lingering.rollback()
        publisher.join(30)
        assert not publisher.is_alive()
        time.sleep(0.1)

    worst[who] = max(reader.longest for reader in watching.values())
    assert worst[who] <= LONGEST_WAIT
    assert watching["forecasts"].seen == {(72, 1.0, 1.0), (69, 5.0, 5.0)}
    assert {count for count, *_ in watching["attention"].seen} == {84, 72}


def test_a_view_of_somebodys_own_on_the_table_of_a_day_does_not_stop_its_publication(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    run_sql(f"CREATE VIEW public.mine AS SELECT site FROM dayahead.forecasts_{DAY:%Y_%m_%d}_champion")
    leave(database, forecast_rows(level=5.0), attention_rows())

    publish(RUN, database)

    assert run_sql("SELECT DISTINCT q05 FROM dayahead.next_day") == [(5.0,)]
    assert run_sql("SELECT count(*) FROM public.mine") == [(72,)]


def test_two_roles_of_one_day_do_not_wait_for_each_other_for_ever(database, run_sql):
    challenger = RUN.__class__("shadow", RUN.target_day, RUN.cutoff)
    leave(database, forecast_rows(), attention_rows())
    leave(database, forecast_rows(role="challenger"), attention_rows().assign(role="challenger"), challenger)

    threads = [Thread(target=publish, args=(run, database)) for run in (RUN, challenger) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert run_sql("SELECT role, count(*) FROM dayahead.forecasts GROUP BY role ORDER BY role") == [("challenger", 72), ("champion", 72)]


@pytest.mark.parametrize("role", ["viewer", "reader"])
def test_no_one_but_the_writer_can_take_what_publications_wait_for(database, role):
    connection = psycopg2.connect(database.database_url.get_secret_value())
    for statement in (
        "SELECT dayahead.take('x')",
        "LOCK TABLE dayahead.locks IN ACCESS SHARE MODE",
        "SELECT FROM dayahead.locks FOR UPDATE",
    ):
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SET ROLE dayahead_{role}")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    connection.close()


HELD = {
    "SELECT dayahead.take('traffic')": "SELECT dayahead.take('traffic')",
    "LOCK TABLE dayahead.forecasts IN SHARE ROW EXCLUSIVE MODE": "DELETE FROM dayahead.forecasts",
}


@pytest.mark.parametrize("held", HELD)
def test_who_waits_in_vain_is_told_for_whom(database, held):
    holder = psycopg2.connect(database.database_url.get_secret_value(), application_name="lingering")
    holder.cursor().execute(held)
    told = rf"locks are held by pid {holder.info.backend_pid} \(postgres, lingering\) since \d\d:\d\d:\d\d UTC, idle in transaction: "

    with (
        holding(database, "viewer", "SELECT count(*) FROM dayahead.next_day"),
        pytest.raises(ServiceError, match=told),
        connect(database, lock_seconds=0.3) as connection,
    ):
        connection.execute(text(HELD[held]))
    holder.close()


def test_the_longest_wait_of_a_reader_over_all_of_these_is_a_moment(journal: Journal):
    if not worst:
        pytest.skip("no case above was run")

    journal.tried(
        "sessions that hold on to a day while it is published", len(worst), f"a reader waited {max(worst.values()):.2f} s at most"
    )

    assert max(worst.values()) <= LONGEST_WAIT
