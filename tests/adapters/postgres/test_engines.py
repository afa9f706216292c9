"""What a connection is: which addresses lead to it, and what holds for the work that it is given to."""

import socket
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from pipeline.adapters.postgres.database import connect, describe, driver, lock
from pipeline.config import Settings
from pipeline.errors import ServiceError

TERMS = "SELECT current_setting('application_name'), current_setting('lock_timeout'), current_setting('statement_timeout'), current_user"


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def place(database) -> tuple[str, str, Settings]:
    """Folder of the test database's socket, its name, and the settings."""
    url = urlsplit(database.database_url.get_secret_value())
    return parse_qs(url.query)["host"][0], url.path.strip("/"), database


def settings_of(url: str) -> Settings:
    return Settings(database_url=SecretStr(url))


@pytest.mark.parametrize(
    "form",
    [
        "postgresql+psycopg2://postgres:@/{name}?host={folder}",
        "postgresql://postgres@/{name}?host={folder}&options=-c%20search_path%3Ddayahead",
        "postgresql+psycopg2://postgres@/{name}?host=127.0.0.1:{closed}&host={folder}:5432",
        "postgresql://postgres@/{name}?host=127.0.0.1,{folder}&port={closed},5432",
        "host={folder} dbname={name} user=postgres",
    ],
)
def test_every_url_of_sqlalchemy_and_of_libpq_leads_to_the_database(place, form: str):
    folder, name, _ = place

    with connect(settings_of(form.format(folder=folder, name=name, closed=closed_port()))) as connection:
        found = connection.execute(text("SELECT current_database(), current_setting('TimeZone'), current_setting('search_path')")).one()

    assert found[:2] == (name, "UTC")
    assert ("search_path" in form) == (found[2] == "dayahead")


def test_a_database_of_several_hosts_is_named_with_all_of_them():
    assert describe(settings_of("postgresql://u:secret@one:5432,two:5433/traffic")) == "one,two:5432,5433/traffic"


def test_work_has_its_name_its_role_and_its_patience_until_the_transaction_ends(database):
    with connect(database, "viewer", work="page", lock_seconds=0.5, query_seconds=20, pooled=True) as connection:
        assert connection.execute(text(TERMS)).one() == ("dayahead page", "500ms", "20s", "dayahead_viewer")
        pid = driver(connection).info.backend_pid

    with connect(database, pooled=True, lock_seconds=0) as connection:
        assert driver(connection).info.backend_pid == pid
        assert connection.execute(text(TERMS)).one() == ("dayahead", "0", "0", "postgres")


def test_a_step_leaves_no_connection_behind_and_a_pool_keeps_one(database, run_sql):
    open_here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    with connect(database, "reader"):
        pass
    assert run_sql(open_here) == [(0,)]
    with connect(database, "reader", pooled=True):
        pass
    assert run_sql(open_here) == [(1,)]


def test_a_pooled_connection_that_the_server_ended_is_replaced(database, run_sql):
    with connect(database, pooled=True) as connection:
        pid = driver(connection).info.backend_pid
    run_sql("SELECT pg_terminate_backend(%s)", pid)

    with connect(database, pooled=True) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_lock_that_is_not_had_in_time_names_who_holds_it(database):
    def wait() -> None:
        with connect(database, work="load", lock_seconds=0.1) as connection:
            lock(connection, "traffic")

    holder = psycopg2.connect(database.database_url.get_secret_value(), application_name="night job")
    holder.cursor().execute("SELECT dayahead.take('traffic') -- forgotten")
    pid = holder.info.backend_pid

    with pytest.raises(ServiceError, match=rf"lock timeout .*; locks are held by pid {pid} \(postgres, night job\) since .*-- forgotten"):
        wait()
    holder.close()
