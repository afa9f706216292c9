"""The stack in containers, started once for all tests of this folder: `make test-containers`."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest

from tests.containers import figures
from tests.containers.engine import STATE, find
from tests.containers.stack import Containers, copy_of_docker

SITES, DAYS = 8, 60


@pytest.fixture(scope="session")
def stack() -> Iterator[Containers]:
    """Compose's project of `compose.yaml`, healthy and with readings; nothing of it is left afterwards."""
    engine = find()
    if isinstance(engine, str):
        pytest.skip(engine)
    STATE.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="journey-", dir=STATE))
    running = Containers(engine, copy_of_docker(folder), "dayahead-test", ("compose.yaml", "compose.private.yaml"), own_address())
    missing = [name for name in ("postgres", "redis", "object-store", "mlflow", "scheduler", "worker") if name not in running.services]
    if missing:
        pytest.skip(f"no image for {', '.join(missing)}: make containers")
    try:
        began = time.monotonic()
        running.up()
        figures.FILE.unlink(missing_ok=True)
        figures.note(start_seconds=round(time.monotonic() - began, 1))
        readings().to_csv(folder / "traffic.csv", index=False)
        running.load(folder / "traffic.csv")
        time.sleep(10)  # what starting and loading asked for is done
        figures.note(idle_memory=figures.memory(running))
        yield running
    finally:
        running.delete()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def elsewhere(stack: Containers) -> Iterator[Containers]:
    """A worker with a project and a network of its own and only the addresses and secrets that are documented; it trains."""
    folder = Path(mkdtemp(prefix="elsewhere-", dir=STATE))
    shutil.copytree(stack.folder, folder / "docker")
    for secret in (folder / "docker" / "secrets").iterdir():
        if secret.name not in (folder / "docker" / "compose.worker.yaml").read_text():
            secret.unlink()
    running = Containers(stack.engine, folder / "docker", "dayahead-elsewhere", ("compose.worker.yaml",), stack.address)
    try:
        running.up()
        yield running
    finally:
        running.delete()
        shutil.rmtree(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the run cost."""
    if figures.FILE.exists():
        terminalreporter.write_line(figures.FILE.read_text())


def own_address() -> str:
    """Return the address of this machine that a container on any network reaches."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent
        return str(probe.getsockname()[0])


def readings() -> pd.DataFrame:
    """Hourly readings of a few sites up to the end of 2026-03-30."""
    rng = np.random.default_rng(0)
    ts = pd.date_range(end="2026-03-30 23:00", periods=DAYS * 24, freq="h")
    shape = 1.3 - np.cos(2 * np.pi * ts.hour / 24)
    noise = np.exp(0.05 * rng.standard_normal((SITES, len(ts))))
    return pd.concat([pd.DataFrame({"site": f"site {i}", "ts": ts, "throughput": 100.0 * shape * noise[i]}) for i in range(SITES)])
