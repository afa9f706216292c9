from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import ConfigurationError, ServiceError
from pipeline.local.configuration import render, supervisor_sections
from pipeline.local.health import check_ports, wait_healthy
from pipeline.local.home import Home
from pipeline.local.postgres import check_reachable
from pipeline.local.services import MARK, Service
from pipeline.local.supervision import Supervisor, end_stragglers, members, tail

FAILING = Service("failing", ("sh", "-c", "echo out of luck; exit 7"))
LASTING = Service("lasting", ("sleep", "600"))
LEAVING = Service("leaving", (sys.executable, "-c", "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(600)"))


@pytest.fixture
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="dayahead-") as folder:
        made = Home(Path(folder).resolve())
        made.prepare()
        yield made
        Supervisor(made).shutdown()
        end_stragglers(made)


def launched(home: Home, *services: Service) -> Supervisor:
    (home.run / "supervisord.conf").write_text(render(supervisor_sections(home, services)))
    supervisor = Supervisor(home)
    supervisor.launch({**os.environ, MARK: str(home.root)})
    return supervisor


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def state_of(supervisor: Supervisor, name: str) -> str:
    return next(state.word for state in supervisor.states() if state.name == name)


def test_service_that_keeps_failing_is_given_up_and_named_with_the_end_of_its_log(home):
    launched(home, FAILING, LASTING).start("failing")

    with pytest.raises(ServiceError, match=r"(?s)failing ended while starting.*failing\.log.*out of luck.*make down up"):
        wait_healthy(["failing"], None, home, print, probe=set)


def test_killed_service_is_started_again(home):
    supervisor = launched(home, LASTING)
    supervisor.start("lasting")
    assert eventually(lambda: bool(supervisor.states()[0].pid))
    first = supervisor.states()[0].pid

    psutil.Process(first).kill()

    assert eventually(lambda: supervisor.states()[0].pid not in (None, first))


def test_stop_ends_only_what_it_names(home):
    supervisor = launched(home, LASTING, LEAVING)
    supervisor.start("lasting", "leaving")
    assert eventually(lambda: len(members(home)) == 5)  # a signal between fork and exec would be lost until the kill that follows it

    supervisor.stop(["leaving"], seconds=10)

    assert state_of(supervisor, "leaving") == "STOPPED"
    assert state_of(supervisor, "lasting") in ("STARTING", "RUNNING")


def test_process_that_left_its_group_is_found_and_ended(home):
    supervisor = launched(home, LEAVING)
    supervisor.start("leaving")
    assert eventually(lambda: len(members(home)) == 4)  # the process manager, its keeper, the service and the child that leaves

    supervisor.shutdown()

    assert len(members(home)) == 1
    assert end_stragglers(home) == 1
    assert not members(home)


def test_process_manager_that_is_not_there_answers_nothing(home):
    supervisor = Supervisor(home)

    assert not supervisor.is_running()
    assert supervisor.states() == ()


def test_broken_configuration_is_told_in_the_process_managers_words(home):
    (home.run / "supervisord.conf").write_text("[supervisord]\nloglevel=loud\n")

    with pytest.raises(ServiceError, match=r"(?s)process manager did not start.*loud"):
        Supervisor(home).launch(dict(os.environ))


def test_port_in_use_is_refused_with_the_variable_that_moves_it():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        service = Service("mlflow", ("true",), port, "DAYAHEAD_MLFLOW_PORT")

        with pytest.raises(ConfigurationError, match=rf"port {port} .* in use .*mlflow needs it.*DAYAHEAD_MLFLOW_PORT=<free port>"):
            check_ports([LASTING, service])


def test_home_that_another_user_cannot_reach_is_refused_with_the_folder_that_is_closed(tmp_path):
    closed = tmp_path / "closed"
    (closed / "home").mkdir(parents=True)
    closed.chmod(0o700)

    with pytest.raises(ConfigurationError, match=r"not run as root but as the user pgserver, who may not enter .*DAYAHEAD_HOME"):
        check_reachable(closed / "home" / "postgres", "pgserver", "set DAYAHEAD_HOME")


def test_tail_returns_the_last_lines_only(tmp_path):
    (tmp_path / "log").write_text("\n".join(str(number) for number in range(20_000)))

    assert tail(tmp_path / "log", 2) == "19998\n19999"
    assert tail(tmp_path / "missing", 2) == ""
