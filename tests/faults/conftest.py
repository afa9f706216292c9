"""The bench that faults are put into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.config import Settings
from tests.fixtures.bench import Bench, line_to


@pytest.fixture
def bench(database: Settings) -> Iterator[Bench]:
    """A fresh database and home, and a line between them and the commands."""
    wire = line_to(database)
    yield Bench(database, wire)
    wire.close()
