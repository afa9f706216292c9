"""The store is full, out of reach or harmed: a step says so in words, shows no half, and is whole once there is space again."""

from __future__ import annotations

import resource
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.fixtures.bench import Bench, extracting
from tests.fixtures.journal import Journal

NOT_STORED = 4  # exit code


@pytest.mark.parametrize("bytes_left", [0, 700, 4_000])
def test_a_store_without_space_shows_no_half_a_file_and_is_whole_once_there_is_space(bench: Bench, journal: Journal, bytes_left: int):
    work = extracting(bench)
    whole, _ = work.rehearse(bench)
    work.prepare()

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))

    said = bench.run(work.step, work.day, code=NOT_STORED, preexec_fn=fill)
    seen = work.look()
    seconds = bench.recover(work.step, work.day)

    assert "StoreError: cannot write" in said
    assert "free space" in said
    assert "Traceback" not in said
    assert set(seen) < set(whole)
    journal.note("store full", "RLIMIT_FSIZE under `extract`", expected=whole, found=work.look(), seconds=seconds)


def test_a_store_that_cannot_be_written_is_told_in_words(bench: Bench, journal: Journal):
    work = extracting(bench)
    whole, _ = work.rehearse(bench)
    bench.variables = {"DAYAHEAD_STORE": "file:///proc/store"}

    said = bench.run(work.step, work.day, code=NOT_STORED)

    assert "StoreError: cannot write file:///proc/store" in said
    assert "check DAYAHEAD_STORE" in said
    journal.note("store read-only", "a folder where nobody may write", expected=whole, found=work.look())


@pytest.mark.parametrize("harm", ["cut", "emptied", "a bit turned"])
def test_a_harmed_snapshot_is_refused_and_mended_by_the_step_that_made_it(bench: Bench, journal: Journal, harm: str):
    work = extracting(bench)
    whole, _ = work.rehearse(bench)
    snapshot = Path(unquote(urlsplit(bench.here("extract", work.day)["readings"]).path))
    content = snapshot.read_bytes()
    middle = len(content) // 2
    turned = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    snapshot.write_bytes({"cut": content[:middle], "emptied": b"", "a bit turned": turned}[harm])

    said = bench.run("validate", work.day, code=NOT_STORED)
    seconds = bench.recover("extract", work.day)

    assert "the file was changed or cut; run the step again" in said
    journal.note("snapshot damaged", f"file {harm}", expected=whole, found=work.look(), seconds=seconds)
