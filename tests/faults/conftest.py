"""Steps as processes of their own, on a line to the database that can be cut at any message."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from pipeline.adapters.snapshots import Run
from pipeline.config import Settings
from pipeline.local.home import PROJECT
from tests.fixtures.journal import Journal
from tests.fixtures.wire import Wire, postgres_messages

JOURNAL = Journal()
TRAINING = ("train", "evaluate", "register", "promote")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of faults below the results."""
    if JOURNAL.injections:
        terminalreporter.write_sep("-", "faults")
        for line in JOURNAL.table():
            terminalreporter.write_line(line)


@pytest.fixture
def journal() -> Journal:
    """Where every fault of this test run is written down."""
    return JOURNAL


@dataclass
class Bench:
    """A home, a database behind a line, and the steps as commands.

    Args:
        settings: Lead to the database directly; home and store are those of the commands.
        wire: The line that the commands use.
        variables: Environment of every command, beyond the settings.
    """

    settings: Settings
    wire: Wire
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """URL of the database at the near end of the line."""
        name = urlsplit(self.settings.database_url.get_secret_value()).path
        return f"postgresql://postgres@127.0.0.1:{self.wire.port}{name}"

    def start(self, step: str, day: str, *arguments: str) -> subprocess.Popen[str]:
        """Start ``python -m pipeline <step>``."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DAYAHEAD_")}
        own = {
            "DAYAHEAD_HOME": str(self.settings.home),
            "DAYAHEAD_DATABASE_URL": self.address,
            "DAYAHEAD_TRACKING_URL": self.settings.tracking_url,
            "DAYAHEAD_REGISTERED_MODEL": self.settings.registered_model,
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "pipeline", step, "--target-day", day, *arguments]
        environment = kept | own | self.variables
        return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, step: str, day: str, *arguments: str, code: int = 0) -> str:
        """Run a step to its end and return what it said; its exit code is checked."""
        process = self.start(step, day, *arguments)
        said = "\n".join(process.communicate(timeout=120))
        assert process.returncode == code, f"{step} ended with {process.returncode}, expected {code}:\n{said}"
        return said

    def recover(self, step: str, day: str, **options: object) -> float:
        """Run a step here, with nothing in its way, and return how many seconds that took."""
        self.wire.mend()
        started = time.monotonic()
        self.here(step, day, **options)
        return time.monotonic() - started

    def here(self, step: str, day: str, *, on_wire: bool = False, **options: object) -> dict:
        """Run a step in this process, which saves the second that a Python takes to start, and return its result."""
        settings = self.settings.model_copy(update={"database_url": SecretStr(self.address)}) if on_wire else self.settings
        target_day = date.fromisoformat(day)
        run = Run("train" if step in TRAINING else "forecast", target_day, settings.cutoff_of(target_day))
        return getattr(import_module(f"pipeline.steps.{step}"), step)(run, settings, **options)


def line_to(server: str) -> Wire:
    """Return a line to a server that listens in a folder, as its URL says."""
    folder = parse_qs(urlsplit(server).query)["host"][0]
    address = str(next(Path(folder).glob(".s.PGSQL.*[0-9]")))

    def connect() -> socket.socket:
        service = socket.socket(socket.AF_UNIX)
        service.connect(address)
        return service

    return Wire(connect, postgres_messages)


@pytest.fixture
def bench(database: Settings) -> Iterator[Bench]:
    """A fresh database and home, and a line between them and the commands."""
    wire = line_to(database.database_url.get_secret_value())
    yield Bench(database, wire)
    wire.close()
