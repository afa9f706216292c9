"""What the process manager tells of its services' ends: orphans of Postgres are ended, and what was given up is started again, for ever.

Supervisor gives a service up after four starts in eight seconds. A disk that is full for an hour takes longer, and then everything that
needs Postgres has been given up as well. Runs as supervisor's event listener: its standard output is the protocol, so it logs to the other.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pipeline.config import read_settings
from pipeline.local.connections import read_connections
from pipeline.local.home import Home
from pipeline.local.postgres import orphans
from pipeline.local.services import MARK
from pipeline.local.supervision import Supervisor, end

log = logging.getLogger(__name__)

PAUSES_SECONDS = (5, 10, 20, 40, 60)  # before what was given up is started again; the last one holds from then on
ORPHANS_SECONDS = 2  # that an orphan gets to end by itself


class Keeper:
    """Heeds what happens to the services of one home.

    Args:
        home: The home.
        manager: Process manager, whose own child is no orphan.
    """

    def __init__(self, home: Home, manager: int) -> None:
        self.home = home
        self.manager = manager
        self._supervisor = Supervisor(home)
        self._failed: dict[str, int] = {}  # how often each service was given up since it last stood
        self._due: dict[str, float] = {}
        self._connections: dict[str, str] = {}  # Airflow's, for the time in which its database is away

    def heed(self, event: str, service: str, now: float) -> None:
        """Do what an event asks for.

        Args:
            event: One of ``KEEPER_EVENTS``.
            service: What it is about; empty for a tick.
            now: Seconds of a clock that never goes back.
        """
        if service == "postgres" and event != "PROCESS_STATE_RUNNING" and (ended := end(orphans(self.home, self.manager), ORPHANS_SECONDS)):
            log.warning("ended %d processes of Postgres that had outlived their server", ended)
        if event == "PROCESS_STATE_RUNNING":
            self._failed.pop(service, None)
        elif event == "PROCESS_STATE_FATAL":
            self._plan(service, now)
        elif event == "TICK_5":
            self._start_what_is_due(now)
        if event == "TICK_60" or (event, service) == ("PROCESS_STATE_RUNNING", "postgres"):
            self._look_up_connections()

    def _plan(self, service: str, now: float) -> None:
        times = self._failed.get(service, 0)
        self._failed[service] = times + 1
        pause = PAUSES_SECONDS[min(times, len(PAUSES_SECONDS) - 1)]
        self._due[service] = now + pause
        log.warning("%s does not start; trying again in %d s", service, pause)
        if not times and (service == "postgres" or "postgres" not in self._failed):  # what needs Postgres fails with it
            self._tell(service)

    def _start_what_is_due(self, now: float) -> None:
        for service in [name for name, due in self._due.items() if due <= now]:
            del self._due[service]
            if any(state.name == service and state.word == "FATAL" for state in self._supervisor.states()):  # not stopped meanwhile
                log.info("starting %s again", service)
                self._supervisor.start(service)

    def _look_up_connections(self) -> None:
        found = read_connections(read_settings(self.home.root), self.home.secrets())
        if found is not None and found != self._connections:
            log.info("alerts of services that do not start are sent through: %s", ", ".join(sorted(found)) or "this log alone")
            self._connections = found

    def _tell(self, service: str) -> None:
        """Have it told by a process of its own: Airflow's mail and webhook take a hundred megabytes that are needed on a bad day only."""
        given = {f"AIRFLOW_CONN_{name.upper()}": value for name, value in self._connections.items()}
        command = [sys.executable, "-m", "pipeline.alerts.outage", service]
        subprocess.Popen(command, env=os.environ | given, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def listen(keeper: Keeper) -> None:
    """Take the process manager's events for as long as it runs."""
    while True:
        _say("READY\n")
        if not (line := sys.stdin.readline()):
            return
        header = _words(line)
        body = _words(sys.stdin.read(int(header["len"])))
        try:
            keeper.heed(header["eventname"], body.get("processname", ""), time.monotonic())
        except Exception:
            log.exception("event %s could not be heeded", header["eventname"])
        _say("RESULT 2\nOK")


def _words(line: str) -> Mapping[str, str]:
    return dict(word.split(":", 1) for word in line.split() if ":" in word)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    listen(Keeper(Home(Path(os.environ[MARK])), os.getppid()))
