"""The process manager: supervisor, asked over its socket. It starts, watches, restarts and stops every process of one home."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

import psutil

from pipeline.errors import ServiceError
from pipeline.local.home import Home
from pipeline.local.postgres import processes_of
from pipeline.local.services import KEEPER, MARK

GONE = ("STOPPED", "EXITED", "FATAL", "UNKNOWN")


@dataclass(frozen=True)
class State:
    """What supervisor says of a service.

    Args:
        name: Name of the service.
        word: ``RUNNING``, ``STARTING``, ``BACKOFF`` (ended, will be tried again), ``FATAL`` (given up), ``EXITED`` or ``STOPPED``.
        pid: Process; None where there is none.
        description: Uptime or the reason, in supervisor's words.
    """

    name: str
    word: str
    pid: int | None
    description: str


class Supervisor:
    """The process manager of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def is_running(self) -> bool:
        """Tell whether the process manager answers."""
        return self._ask("getState") is not None

    def launch(self, environment: Mapping[str, str]) -> None:
        """Start the process manager itself, in a session of its own; no service runs yet.

        Raises:
            ServiceError: It did not come up; the message ends with what it said.
        """
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.home.run / "supervisord.conf")]
        said = self.home.logs / "supervisor.log"
        done = subprocess.run(command, env=dict(environment), cwd="/", capture_output=True, text=True, check=False)
        deadline = time.monotonic() + 15
        while not self.is_running():
            if done.returncode or time.monotonic() > deadline:
                words = (done.stderr or done.stdout).strip() or tail(said, 5)
                raise ServiceError(f"the process manager did not start; its log is {said}\n{words}")
            time.sleep(0.1)

    def start(self, *names: str) -> None:
        """Start services that are not running, without waiting for them."""
        for state in self.states():
            if state.name in names and state.word in GONE:
                self._ask("startProcess", state.name, False)

    def stop(self, names: Iterable[str], seconds: float) -> None:
        """Stop services at once and wait until they have ended or ``seconds`` are over."""
        asked = set(names)
        for name in asked:
            self._ask("stopProcess", name, False)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(state.pid for state in self.states() if state.name in asked):
            time.sleep(0.1)

    def shutdown(self, seconds: float = 90) -> None:
        """End every service and then the process manager, and wait for it."""
        pid = self._ask("getPID")
        self._ask("shutdown")
        if isinstance(pid, int):
            with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                psutil.Process(pid).wait(seconds)

    def states(self) -> tuple[State, ...]:
        """Return the state of every service; none where the process manager does not answer."""
        found = self._ask("getAllProcessInfo")
        rows = found if isinstance(found, list) else []
        return tuple(State(row["name"], row["statename"], row["pid"] or None, row["description"]) for row in rows if row["name"] != KEEPER)

    def _ask(self, method: str, *arguments: object) -> object:
        """Return the answer of a method of supervisor's interface; None where nobody answers or the state already is as asked."""
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self.home.socket}")
        try:
            return getattr(ServerProxy("http://localhost", transport=transport).supervisor, method)(*arguments)
        except (OSError, Fault, HTTPException):
            return None
        finally:
            transport.close()


def members(home: Home) -> list[psutil.Process]:
    """Return every process that a stack of this home started, also those that outlived their parent."""
    marked = [process for process in psutil.process_iter() if _mark_of(process) == str(home.root)]
    return [*marked, *(process for process in processes_of(home) if process not in marked)]  # a backend writes its title over the mark


def end_stragglers(home: Home, seconds: float = 5) -> int:
    """End processes that the process manager no longer knows (a task it was killed over, a crash of its own); return how many."""
    return end(members(home), seconds)


def end(processes: list[psutil.Process], seconds: float) -> int:
    """End processes, those by force that did not within ``seconds``; return how many there were."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=seconds)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=seconds)
    return len(processes)


def tail(file: Path, lines: int) -> str:
    """Return the last lines of a log; empty where there is none."""
    if not file.exists():
        return ""
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - 64_000))
        return "\n".join(handle.read().decode(errors="replace").rstrip().splitlines()[-lines:])


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
