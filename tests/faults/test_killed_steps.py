"""kill -9 of a step at every kind of moment, and the step once more: the result of an undisturbed run, and nobody ever saw half of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.bench import WORKS, Bench, extracting, kill
from tests.fixtures.journal import Journal

MOMENTS = 3  # of a step's messages to the database, evenly spread; its first and last COMMIT besides
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


@pytest.mark.parametrize("step", WORKS)
def test_a_step_killed_anywhere_leaves_no_half_and_the_next_run_ends_as_if_nothing_had_been(bench: Bench, journal: Journal, step: str):
    work = WORKS[step](bench)
    whole, said = work.rehearse(bench)

    for number, answered in work.strikes(said, MOMENTS):
        work.prepare()
        before = work.look()
        kill(bench, work, number, answered)
        seen = work.look()
        seconds = bench.recover(work.step, work.day)

        assert seen in (before, whole), f"half of {step} was visible after a kill at message {number}: {said[number]}"
        how = "kill -9 after a COMMIT, before its answer" if answered else "kill -9 before a message to Postgres"
        journal.note(f"`{step}` dies", how, expected=whole, found=work.look(), seconds=seconds)


def test_extract_killed_between_its_files_leaves_only_whole_ones_and_ends_with_the_same_snapshot(
    bench: Bench, journal: Journal, tmp_path: Path
):
    work = extracting(bench)
    whole, _ = work.rehearse(bench)
    (tmp_path / "sitecustomize.py").write_text(DIE_AT_RENAME)

    for rename in range(len(whole)):
        work.prepare()
        bench.variables = {"PYTHONPATH": str(tmp_path), "DIE_AT_RENAME": str(rename)}
        bench.run(work.step, work.day, code=-9)
        bench.variables = {}
        seen = work.look()
        seconds = bench.recover(work.step, work.day)

        assert len(seen) == rename
        assert set(seen) < set(whole)
        how = "kill -9 before a file of the snapshot gets its name"
        journal.note("`extract` dies", how, expected=whole, found=work.look(), seconds=seconds)
