"""Connections and migrations against a real PostgreSQL."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from pipeline.adapters.postgres.database import SQL_FOLDER, connect, driver, migrate
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, DataError, ServiceError
from tests.fixtures.database import database_url, execute


@pytest.fixture
def empty_database(postgres_server, tmp_path):
    execute(postgres_server, "DROP DATABASE IF EXISTS test_empty WITH (FORCE)", "CREATE DATABASE test_empty")
    return Settings(home=tmp_path, database_url=SecretStr(database_url(postgres_server, "test_empty")))


def test_migrations_are_applied_once_and_in_order(empty_database):
    first, second = migrate(empty_database), migrate(empty_database)

    assert first == sorted(first)
    assert first[0] == "001_sites.sql"
    assert second == []


def test_two_migrations_at_once_apply_each_file_once(empty_database):
    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(migrate, [empty_database, empty_database]))

    assert sorted(map(len, applied))[0] == 0
    assert sorted(map(len, applied))[1] > 0


def test_a_migration_changed_after_it_was_applied_is_refused(database, tmp_path):
    folder = shutil.copytree(SQL_FOLDER, tmp_path / "sql")
    with (folder / "migrations" / "001_sites.sql").open("a") as file:
        file.write("-- changed\n")

    with pytest.raises(ConfigurationError, match=r"001_sites\.sql has checksum .* restore the file"):
        migrate(database, folder)


def test_a_migration_numbered_below_an_applied_one_is_refused(database, tmp_path):
    folder = shutil.copytree(SQL_FOLDER, tmp_path / "sql")
    (folder / "migrations" / "000_early.sql").write_text("SELECT 1;")

    with pytest.raises(ConfigurationError, match=r"000_early\.sql comes before"):
        migrate(database, folder)


def test_a_failing_migration_leaves_nothing_behind(empty_database, tmp_path):
    folder = shutil.copytree(SQL_FOLDER, tmp_path / "sql")
    (folder / "migrations" / "999_broken.sql").write_text("CREATE TABLE dayahead.sites (site text);")

    with pytest.raises(Exception, match="already exists"):
        migrate(empty_database, folder)

    assert migrate(empty_database)[0] == "001_sites.sql"


def test_a_database_without_tables_names_the_way_out(empty_database):
    with pytest.raises(ConfigurationError, match="python -m pipeline migrate"), connect(empty_database) as connection:
        connection.exec_driver_sql("SELECT FROM dayahead.sites")


def test_a_database_that_is_down_is_named_with_host_port_and_the_way_out():
    settings = Settings(database_url=SecretStr("postgresql+psycopg2://nobody:secret@127.0.0.1:1/traffic"))

    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1/traffic does not answer.*make up") as caught, connect(settings):
        pass

    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_set_is_named():
    with pytest.raises(ConfigurationError, match="DAYAHEAD_DATABASE_URL is empty"), connect(Settings()):
        pass


def test_a_url_that_is_none_is_named_without_its_password():
    settings = Settings(database_url=SecretStr("postgres//user:secret@host"))

    with pytest.raises(ConfigurationError, match=r"no URL of Postgres; expected postgresql://user") as caught, connect(settings):
        pass

    assert "secret" not in str(caught.value)


def test_a_connection_that_the_server_ends_is_a_service_that_did_not_answer(database, run_sql):
    def work() -> None:
        with connect(database) as connection:
            run_sql("SELECT pg_terminate_backend(%s)", driver(connection).info.backend_pid)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(ServiceError, match=r"nothing was changed, run it again"):
        work()


def test_an_error_rolls_back_what_was_done_before_it(database, run_sql):
    def work() -> None:
        with connect(database) as connection, driver(connection).cursor() as cursor:
            cursor.execute("INSERT INTO dayahead.sites (site) VALUES ('a')")
            cursor.execute("INSERT INTO dayahead.sites (site) VALUES ('a')")

    with pytest.raises(DataError, match="duplicate key value"):
        work()

    assert run_sql("SELECT count(*) FROM dayahead.sites") == [(0,)]


def test_a_role_that_is_not_there_names_the_way_out(database):
    missing = r'role "dayahead_nobody" does not exist; run `python -m pipeline migrate`'

    with pytest.raises(ConfigurationError, match=missing), connect(database, "nobody"):
        pass
