"""The store: immutable files, atomic results, errors a person can act on."""

import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlparse

import pandas as pd
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.errors import StoreError

RUN = Run("train", date(2026, 8, 21), datetime(2026, 8, 20, 22, tzinfo=UTC))
FRAME = pd.DataFrame(
    {"site": ["a", "ü"], "ts": pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC").as_unit("us"), "x": [1.0, None]}
)


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path) -> Store:
    """A store in a folder, and one on an S3-compatible server."""
    return Store((tmp_path / "store").as_uri() if request.param == "file" else f"{request.getfixturevalue('bucket')}/below/")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def local(folder) -> Store:
    return Store(folder.as_uri())


def path_of(url: str) -> Path:
    return Path(urlparse(url).path)


def limit_file_size(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def full_disk(size: int = resource.RLIM_INFINITY) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as a full disk does; lifted at once, for pytest writes files too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        limit_file_size(size)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_shards_of_a_run_hold_each_site_once_and_keep_apart_in_the_store():
    parts = replace(RUN, shards=4).parts()
    sites = [f"site {i}" for i in range(200)] + ["Zürich", "'; drop table traffic;--"]

    assert all(sum(part.holds(site) for part in parts) == 1 for site in sites)
    assert len({part.folder for part in parts}) == 4
    assert [Run.from_json(part.to_json()) for part in parts] == list(parts)
    assert min(sum(part.holds(site) for site in sites) for part in parts) > 30


def test_run_comes_back_from_plain_text():
    assert Run.from_json(json.loads(json.dumps(RUN.to_json()))) == RUN


def test_run_has_one_folder_whatever_zone_its_cutoff_is_written_in():
    berlin = Run("train", RUN.target_day, datetime(2026, 8, 21, tzinfo=timezone(timedelta(hours=2))))

    assert berlin.folder == RUN.folder == "train/20260820T220000Z"


def test_frame_comes_back_with_its_types(store):
    url = store.put_frame(RUN, "readings", FRAME)

    pd.testing.assert_frame_equal(store.get_frame(url), FRAME)
    assert url.startswith(f"{store.root}/train/20260820T220000Z/readings-")
    assert url.endswith(".parquet")


def test_same_content_has_the_same_url_and_other_content_another(store):
    urls = [store.put_frame(RUN, "readings", frame) for frame in (FRAME, FRAME, FRAME[:1])]

    assert urls[0] == urls[1] != urls[2]
    assert len(store.get_frame(urls[0])) == 2


def test_same_content_is_not_written_again(local):
    path = path_of(local.put_frame(RUN, "readings", FRAME))
    before = path.stat().st_mtime_ns

    local.put_frame(RUN, "readings", FRAME)

    assert path.stat().st_mtime_ns == before


def test_result_comes_back_and_the_last_one_counts(store):
    store.write_result(RUN, "extract", {"rows": 1})

    assert store.write_result(RUN, "extract", {"rows": 2, "day": RUN.target_day}) == {"rows": 2, "day": RUN.target_day}
    assert store.read_result(RUN, "extract") == {"rows": 2, "day": "2026-08-21"}


@pytest.mark.parametrize(
    ("purpose", "step", "command"),
    [
        ("forecast", "extract", "extract --target-day 2026-08-21"),
        ("train", "extract", "extract --target-day 2026-08-21 --purpose train"),
        ("train", "train", "train --target-day 2026-08-21"),
    ],
)
def test_result_of_a_step_that_has_not_run_names_the_command(store, purpose, step, command):
    with pytest.raises(StoreError, match=f"run it first: python -m pipeline {command}$"):
        store.read_result(replace(RUN, purpose=purpose), step)


def test_result_that_was_cut_says_to_run_the_step_again(local, folder):
    local.write_result(RUN, "extract", {"rows": 1})
    (folder / RUN.folder / "extract.json").write_text('{"rows"')

    with pytest.raises(StoreError, match="or run extract again"):
        local.read_result(RUN, "extract")


def test_file_that_was_changed_is_refused(local):
    url = local.put_frame(RUN, "readings", FRAME)
    path_of(url).write_bytes(path_of(url).read_bytes()[:-1])

    with pytest.raises(StoreError, match=r"has content hash .*; expected .*the file was changed or cut"):
        local.get_frame(url)


def test_file_that_is_gone_is_named(store):
    with pytest.raises(StoreError, match=r"readings-0000000000000000.parquet is not in the store"):
        store.get_frame(f"{store.root}/{RUN.folder}/readings-0000000000000000.parquet")


def test_reader_never_sees_half_a_result_while_it_is_rewritten(local):
    local.write_result(RUN, "extract", {"rows": 0, "filling": ""})
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            result = local.read_result(RUN, "extract")
            seen.add(len(result["filling"]) == result["rows"])

    reader = threading.Thread(target=read)
    reader.start()
    for rows in [50_000, 10] * 50:
        local.write_result(RUN, "extract", {"rows": rows, "filling": "x" * rows})
    stop.set()
    reader.join()

    assert seen == {True}


def test_disk_that_fills_while_a_file_is_made_leaves_nothing(local, folder):
    with full_disk(10_000), pytest.raises(StoreError, match=r"cannot write .*model.bin: .*free space"):
        local.put(RUN, "model", ".bin", lambda path: path.write_bytes(bytes(100_000)))

    assert not list(folder.rglob("*"))


def test_disk_that_fills_while_a_file_is_stored_leaves_no_half_of_it(local, folder):
    def write(path: Path) -> None:
        path.write_bytes(bytes(100_000))
        limit_file_size(10_000)

    with full_disk(), pytest.raises(StoreError, match=r"cannot write file://.*free space or check DAYAHEAD_STORE"):
        local.put(RUN, "model", ".bin", write)

    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_result_survives_a_disk_that_fills_while_it_is_rewritten(local):
    local.write_result(RUN, "extract", {"rows": 1})

    with full_disk(0), pytest.raises(StoreError, match="free space"):
        local.write_result(RUN, "extract", {"rows": 2})

    assert local.read_result(RUN, "extract") == {"rows": 1}


def test_store_that_cannot_be_a_folder_says_so(tmp_path):
    (tmp_path / "store").write_text("a file")

    with pytest.raises(StoreError, match=r"cannot write file://.*check DAYAHEAD_STORE"):
        Store((tmp_path / "store").as_uri()).put_frame(RUN, "readings", FRAME)


@pytest.mark.parametrize("root", ["nonsense://bucket/x"])
def test_store_behind_an_unknown_protocol_says_what_is_expected(root):
    for act in (lambda s: s.put_frame(RUN, "readings", FRAME), lambda s: s.read_result(RUN, "extract"), lambda s: s.get_frame(f"{root}/a")):
        with pytest.raises(StoreError, match=r"expected|is to be file:///folder or s3://bucket/folder"):
            act(Store(root))
