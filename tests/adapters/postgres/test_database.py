"""Connections against a real PostgreSQL."""

import pytest
from pydantic import SecretStr

from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.postgres.failures import not_connected
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, DataError, ServiceError


def test_a_database_without_tables_names_the_way_out(empty_database):
    with pytest.raises(ConfigurationError, match="python -m pipeline migrate"), connect(empty_database) as connection:
        connection.exec_driver_sql("SELECT FROM dayahead.sites")


def test_a_login_that_is_refused_is_no_database_that_is_down(database, run_sql):
    run_sql("DROP ROLE IF EXISTS no_login; CREATE ROLE no_login")
    url = database.database_url.get_secret_value()

    for wrong in (url.replace("/test_", "/no_such_"), url.replace("//postgres:@", "//no_login:@")):
        settings = database.model_copy(update={"database_url": SecretStr(wrong)})
        with pytest.raises(ConfigurationError, match=r"refuses the login.*correct user, password or name") as caught, connect(settings):
            pass
        assert "make up" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "where", "kind", "told"),
    [
        ('FATAL:  password authentication failed for user "x"', "127.0.0.1:5442/traffic", ConfigurationError, "refuses the login"),
        ("fe_sendauth: no password supplied", "db.example.com:5432/cdn", ConfigurationError, "refuses the login"),
        ("FATAL:  sorry, too many clients already", "127.0.0.1:5442/traffic", ServiceError, "takes no connection now"),
        ("Connection refused", "127.0.0.1:5442/traffic", ServiceError, "start it with `make up`"),
        ("Connection refused", "db.example.com:5432/cdn", ServiceError, "see that it runs and can be reached"),
    ],
)
def test_each_way_of_not_being_connected_has_its_own_way_out(words, where, kind, told):
    error = not_connected(words, where)

    assert type(error) is kind
    assert told in str(error)


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
