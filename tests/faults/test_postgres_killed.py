"""The embedded Postgres dies in ways that keep it from standing up again: nothing is given up, and who asked to be told is told."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from pipeline.config import Settings
from pipeline.local.configuration import render, supervisor_sections
from pipeline.local.home import Home
from pipeline.local.postgres import HOST, SUPERUSER, create_cluster, create_databases, is_answering, orphans, processes_of
from pipeline.local.services import MARK, services_of
from pipeline.local.supervision import Supervisor, end_stragglers
from tests.fixtures.journal import Journal
from tests.fixtures.receivers import web_server
from tests.fixtures.stack import free_ports

ROWS = [(number, f"row {number}") for number in range(1000)]
CONNECTION = """
CREATE TABLE connection (
    conn_id text, conn_type text, host text, schema text, login text, password text, port int, extra text,
    is_encrypted boolean, is_extra_encrypted boolean
);
INSERT INTO connection (conn_id, conn_type, host) VALUES ('dayahead_webhook', 'http', %s), ('another', 'http', 'http://127.0.0.1:9');
"""


class Server:
    """The embedded Postgres alone, below the process manager that the stack has."""

    def __init__(self, home: Home, port: int) -> None:
        self.home, self.secrets = home, home.secrets()
        self.settings = Settings(home=home.root, postgres_port=port)
        home.remember({"DAYAHEAD_POSTGRES_PORT": str(port), "DAYAHEAD_AIRFLOW_URL": "http://127.0.0.1:8090"})
        create_cluster(home, self.secrets)
        service = next(each for each in services_of(self.settings, home) if each.name == "postgres")
        (home.run / "supervisord.conf").write_text(render(supervisor_sections(home, (service,))))
        self.supervisor = Supervisor(home)
        self.supervisor.launch({**os.environ, MARK: str(home.root)})
        self.supervisor.start("postgres")
        assert eventually(self.answers)
        create_databases(port, self.secrets)

    def answers(self) -> bool:
        return is_answering(self.settings.postgres_port, self.secrets)

    def word(self) -> str:
        return self.supervisor.states()[0].word

    def kill_server(self) -> float:
        """End the server as a machine without memory would, and return when."""
        psutil.Process(self.supervisor.states()[0].pid).kill()
        return time.monotonic()

    @contextmanager
    def connected(self, database: str) -> Iterator[psycopg2.extensions.connection]:
        connection = psycopg2.connect(
            host=HOST, port=self.settings.postgres_port, user=SUPERUSER, password=self.secrets.superuser, dbname=database
        )
        connection.autocommit = True
        yield connection
        with suppress(psycopg2.Error):
            connection.close()

    def said(self) -> str:
        return (self.home.logs / "keeper.log").read_text()


@pytest.fixture
def server() -> Iterator[Server]:
    # Not below pytest's own folder: as root, Postgres runs as a user who may not enter that.
    with tempfile.TemporaryDirectory(prefix="dayahead-") as folder:
        home = Home(Path(folder).resolve())
        home.prepare()
        yield Server(home, *free_ports(1))
        Supervisor(home).shutdown()
        end_stragglers(home)
        assert not processes_of(home)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked how."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def eventually(holds: Callable[[], bool], seconds: float = 90) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def test_a_backend_that_outlives_a_killed_server_is_ended_and_postgres_stands_again(server: Server, journal: Journal):
    with server.connected("traffic") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (number int, word text)")
        cursor.executemany("INSERT INTO kept VALUES (%s, %s)", ROWS)
        holder = connection.info.backend_pid
        os.kill(holder, signal.SIGSTOP)  # as one that hangs in a disk: it does not see that its server is gone
        killed = server.kill_server()

        assert eventually(server.answers)
        seconds = time.monotonic() - killed

    assert is_gone(holder)
    assert orphans(server.home, server.supervisor._ask("getPID")) == []
    with server.connected("traffic") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number, word FROM kept")
        journal.note(
            "Postgres killed, a backend holds on",
            "kill -9 of the server, SIGSTOP of a backend",
            expected=ROWS,
            found=cursor.fetchall(),
            seconds=seconds,
        )


def test_postgres_that_cannot_start_is_tried_again_until_it_can_and_told_once_without_a_database(server: Server):
    lost, aside = server.home.postgres / "postgresql.conf", server.home.postgres / "aside"
    with web_server() as hook:
        with server.connected("airflow") as connection, connection.cursor() as cursor:
            cursor.execute(CONNECTION, [f"http://127.0.0.1:{hook.port}/hook"])
            cursor.execute("ALTER TABLE connection OWNER TO airflow")
        assert eventually(lambda: "sent through: dayahead_webhook" in server.said())
        lost.rename(aside)
        server.kill_server()
        assert eventually(lambda: server.said().count("postgres does not start; trying again") == 2)
        aside.rename(lost)

        assert eventually(server.answers)
        assert eventually(lambda: bool(hook.posts))

    [(_, body)] = hook.posts
    assert body["kind"] == "service"
    assert body["title"].startswith("postgres does not start on ")
    assert "nothing is forecast, published or monitored" in body["text"]
    assert "postgresql.conf" in body["text"]
