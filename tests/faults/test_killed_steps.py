"""kill -9 of a step at every kind of moment, and the step once more: the result of an undisturbed run, and nobody ever saw half of it."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from pipeline.steps.publish import publish
from tests.faults.conftest import Bench
from tests.fixtures.journal import Journal
from tests.fixtures.wire import Strike
from tests.steps.test_publish import DAY, RUN, attention_rows, forecast_rows, leave

DAY_AFTER = "2026-08-22"
SITES = tuple(f"site {i}" for i in range(30))
MOMENTS = 4  # of a step's messages to the database, evenly spread; every commit besides
SEEN_BY_READERS = {
    "publish": (
        "SELECT target_day, role, site, ts, q05, q50, q95, model_version FROM dayahead.forecasts",
        "SELECT target_day, role, site, band, past_day, weight FROM dayahead.attention",
    ),
    "monitor": ("SELECT target_day, role, site, steps, actual_total, wape, pinball FROM dayahead.scores",),
}
FILL = """
SELECT dayahead.ensure_partition('traffic', d) FROM (VALUES ('2026-08-01'::date), ('2026-07-01')) AS days (d);
INSERT INTO dayahead.sites (site) SELECT 'site ' || n FROM generate_series(0, 29) AS n;
INSERT INTO dayahead.traffic (site, ts, throughput)
SELECT 'site ' || n, ts, 5 + n + extract(hour FROM ts)
FROM generate_series(0, 29) AS n, generate_series('2026-07-20 00:00+00'::timestamptz, '2026-08-21 23:00+00', '1 hour') AS ts;
"""
DIE_AT_RENAME = """
import os, signal, sys
left = [int(os.environ["DIE_AT_RENAME"])]
def die(event, arguments):
    if event == "os.rename" and str(arguments[0]).endswith(".part"):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
"""

Look = Callable[[], list[tuple]]


@pytest.fixture
def look(bench: Bench, run_sql) -> Callable[[str], Look]:
    """Function that returns what a reader sees of a step's result: a function that gives rows."""

    def of(step: str) -> Look:
        if step == "extract":
            return lambda: visible_files(bench.settings.store_url)
        return lambda: [row for query in SEEN_BY_READERS[step] for row in sorted(run_sql(query))]

    return of


def visible_files(store_url: str) -> list[tuple]:
    """What the store shows: names, and whether a name keeps its promise about the content."""
    root = Path(unquote(urlsplit(store_url).path))
    found = []
    for file in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".part"):
        digest, named = hashlib.sha256(file.read_bytes()).hexdigest()[:16], re.search(r"-([0-9a-f]{16})\.", file.name)
        assert named is None or named[1] == digest, f"{file} is not what its name says"
        found.append((file.relative_to(root).as_posix(), file.read_text() if named is None else digest))
    return found


def kill_everywhere(bench: Bench, journal: Journal, step: str, day: str, prepare: Callable[[], object], look: Look) -> None:
    """Kill a step at messages spread over its work, at every commit and after every commit, each time with a recovery."""
    prepare()
    bench.wire.mend()
    bench.here(step, day, on_wire=True)
    whole, said = look(), bench.wire.seen.copy()
    commits = [number for number, message in enumerate(said) if message == "COMMIT"]
    spread = {*np.linspace(1, len(said) - 1, MOMENTS).astype(int).tolist(), *commits}
    for number, answered in [(number, False) for number in sorted(spread)] + [(number, True) for number in commits]:
        prepare()
        before = look()
        kill(bench, step, day, number, answered)
        seen = look()
        seconds = bench.recover(step, day)

        assert seen in (before, whole), f"half of {step} was visible after a kill at message {number}: {said[number]}"
        how = "kill -9 after a COMMIT, before its answer" if answered else "kill -9 before a message to Postgres"
        journal.note(f"`{step}` dies", how, expected=whole, found=look(), seconds=seconds)


def kill(bench: Bench, step: str, day: str, number: int, answered: bool) -> None:
    bench.wire.mend()
    bench.wire.strike = Strike(number, lambda: process.kill(), answered)
    process = bench.start(step, day)
    said = process.communicate(timeout=60)
    assert process.returncode == -9, f"{step} was to die at message {number}:\n{said}"


def test_publish_killed_anywhere_shows_the_old_day_or_the_new_one_and_ends_with_the_new(bench: Bench, journal: Journal, look):
    def prepare() -> None:
        leave(bench.settings, forecast_rows(1.0, sites=SITES), attention_rows(sites=SITES))
        publish(RUN, bench.settings)
        leave(bench.settings, forecast_rows(5.0, sites=SITES), attention_rows(sites=SITES, past=6))

    kill_everywhere(bench, journal, "publish", str(DAY), prepare, look("publish"))


def test_monitor_killed_anywhere_shows_all_scores_or_none_and_ends_with_all(bench: Bench, journal: Journal, look, run_sql):
    run_sql(FILL)
    leave(bench.settings, forecast_rows(5.0, sites=SITES), attention_rows(sites=SITES))
    publish(RUN, bench.settings)

    kill_everywhere(bench, journal, "monitor", DAY_AFTER, lambda: run_sql("DELETE FROM dayahead.scores"), look("monitor"))


def test_extract_killed_anywhere_leaves_only_whole_files_and_ends_with_the_same_snapshot(
    bench: Bench, journal: Journal, look, run_sql, tmp_path: Path
):
    def prepare() -> None:
        shutil.rmtree(bench.settings.home / "store", ignore_errors=True)

    run_sql(FILL)
    bench.here("extract", str(DAY))
    whole = look("extract")()
    (tmp_path / "sitecustomize.py").write_text(DIE_AT_RENAME)
    for rename in range(len(whole)):
        prepare()
        bench.variables = {"PYTHONPATH": str(tmp_path), "DIE_AT_RENAME": str(rename)}
        process = bench.start("extract", str(DAY))
        said = process.communicate(timeout=60)
        bench.variables = {}
        seen = look("extract")()
        seconds = bench.recover("extract", str(DAY))

        assert process.returncode == -9, said
        assert set(seen) < set(whole)
        assert len(seen) == rename
        journal.note(
            "`extract` dies",
            "kill -9 before a file of the snapshot gets its name",
            expected=whole,
            found=look("extract")(),
            seconds=seconds,
        )

    kill_everywhere(bench, journal, "extract", str(DAY), prepare, look("extract"))
