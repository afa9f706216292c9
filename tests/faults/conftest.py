"""The journal of faults, and the bench they are put into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.config import Settings
from tests.fixtures.bench import Bench, line_to
from tests.fixtures.journal import Journal

JOURNAL = Journal()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of faults below the results."""
    if JOURNAL.injections or JOURNAL.inputs:
        terminalreporter.write_sep("-", "faults")
        for line in JOURNAL.table():
            terminalreporter.write_line(line)


@pytest.fixture
def journal() -> Journal:
    """Where every fault of this test run is written down."""
    return JOURNAL


@pytest.fixture
def bench(database: Settings) -> Iterator[Bench]:
    """A fresh database and home, and a line between them and the commands."""
    wire = line_to(database)
    yield Bench(database, wire)
    wire.close()
