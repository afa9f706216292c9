"""The store: immutable files named by cutoff and content, and each step's result, behind one fsspec URL (``file://`` or ``s3://``)."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zlib import crc32

import pandas as pd
from fsspec.core import url_to_fs
from fsspec.spec import AbstractFileSystem

from pipeline.core.series.groups import FLEET
from pipeline.errors import StoreError

BEFORE_BOTH = ("extract", "validate", "features", "gather")  # steps of a training and of a forecast: a command has to say of which


@dataclass(frozen=True)
class Run:
    """What a chain of steps works on; equal runs find each other's results.

    Args:
        purpose: ``train`` or ``forecast``, with a suffix where two chains of one cutoff must not meet.
        target_day: The day being forecast, in the zone of the schedule.
        cutoff: The instant (UTC) up to which readings are known.
        shards: Into how many parts the sites are divided.
        shard: Which part this is, counted from 0; None for the whole.
        group: Of a training, the group of sites that the model is for; empty for the fleet.
    """

    purpose: str
    target_day: date
    cutoff: datetime
    shards: int = 1
    shard: int | None = None
    group: str = FLEET

    @property
    def folder(self) -> str:
        """Folder of this run below the store's root."""
        part = "" if self.shard is None else f"/shard-{self.shard}-of-{self.shards}"
        purpose = f"{self.purpose}-{quote(self.group, safe='=')}" if self.group else self.purpose
        return f"{purpose}/{self.cutoff.astimezone(UTC):%Y%m%dT%H%M%SZ}{part}"

    def parts(self) -> tuple[Run, ...]:
        """Return the run of every shard; the run itself where it is undivided, or a shard already."""
        if self.shards == 1 or self.shard is not None:
            return (self,)
        return tuple(replace(self, shard=shard) for shard in range(self.shards))

    def holds(self, site: str) -> bool:
        """Return whether a site belongs to this run: by the range that the hash of its name falls into."""
        return self.shard is None or (crc32(site.encode()) * self.shards) >> 32 == self.shard

    def to_json(self) -> dict[str, Any]:
        """Return the run as plain values, fit for XCom."""
        text: dict[str, Any] = {"purpose": self.purpose, "target_day": self.target_day.isoformat(), "cutoff": self.cutoff.isoformat()}
        text |= {"group": self.group} if self.group else {}
        return text if self.shards == 1 else text | {"shards": self.shards, "shard": self.shard}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Run:
        """Return the run that ``to_json`` wrote."""
        day, cutoff = date.fromisoformat(value["target_day"]), datetime.fromisoformat(value["cutoff"])
        return cls(value["purpose"], day, cutoff, value.get("shards", 1), value.get("shard"), value.get("group", FLEET))


class Store:
    """Files and results of runs below one root; every write is aside and renamed, so a reader never sees half a file."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def put(self, run: Run, stem: str, suffix: str, write: Callable[[Path], Any]) -> str:
        """Store the file that ``write`` makes and return its URL, ``root/purpose/cutoff/stem-hash.suffix``.

        The same content stored twice gives the same URL and is not written again, unless what is there was cut or changed since.

        Raises:
            StoreError: The store cannot be written (full, read-only, out of reach); nothing half-written stays visible.
        """
        with _scratch() as folder:
            made = folder / f"{stem}{suffix}"
            _make(made, write)
            url = f"{self.root}/{run.folder}/{stem}-{_digest(made)}{suffix}"
            self.place(url, made)
        return url

    def get(self, url: str, read: Callable[[Path], Any]) -> Any:
        """Return what ``read`` makes of a stored file, fetched to this machine first where it lies elsewhere.

        Raises:
            StoreError: The file is missing, or its content does not match the hash in its name.
        """
        with _scratch() as folder:
            path = self._local(url, folder)
            digest = _digest(path)
            named = re.search(r"-([0-9a-f]{16})\.", url)
            if named and named[1] != digest:
                raise StoreError(f"{url} has content hash {digest}; expected {named[1]}: the file was changed or cut; run the step again")
            return read(path)

    def put_frame(self, run: Run, stem: str, frame: pd.DataFrame) -> str:
        """Store a frame as Parquet and return its URL."""
        return self.put(run, stem, ".parquet", lambda path: frame.to_parquet(path, index=False, compression="zstd"))

    def get_frame(self, url: str, categories: Sequence[str] = ()) -> pd.DataFrame:
        """Return a stored frame; text in the columns ``categories`` comes as categories, each written once."""
        import pyarrow.parquet as pq  # large, and the API server's image has none: it names runs and reads no frames

        return self.get(url, lambda path: pq.read_table(path, read_dictionary=list(categories)).to_pandas(ignore_metadata=bool(categories)))

    def write_result(self, run: Run, step: str, result: dict[str, Any]) -> dict[str, Any]:
        """Keep a step's small result (URLs, counts) for the steps after it, and return it."""
        with _scratch() as folder:
            made = folder / "result.json"
            _make(made, lambda path: path.write_text(json.dumps(result, indent=1, default=str)))
            self.place(f"{self.root}/{run.folder}/{step}.json", made, replace=True)
        return result

    def read_result(self, run: Run, step: str) -> dict[str, Any]:
        """Return what ``step`` left for this run.

        Raises:
            StoreError: The step has not run for this cutoff.
        """
        url = f"{self.root}/{run.folder}/{step}.json"
        try:
            filesystem, path = _filesystem(url)
            return json.loads(filesystem.cat_file(path))
        except FileNotFoundError as error:
            purpose = f" --purpose {run.purpose}" if run.purpose == "train" and step in BEFORE_BOTH else ""
            group = f" --group {shlex.quote(run.group)}" if run.group else ""
            part = f" --shards {run.shards} --shard {run.shard}" if run.shard is not None else ""
            command = f"python -m pipeline {step} --target-day {run.target_day.isoformat()}{purpose}{group}{part}"
            raise StoreError(f"no result of step {step} at {url}; run it first: {command}") from error
        except _faults(ValueError) as error:
            raise StoreError(f"cannot read {url}: {error}; check DAYAHEAD_STORE, or run {step} again") from error

    def left_out(self, part: Run) -> str | None:
        """Return why a shard has no site to forecast, as ``run_step`` noted it; None where it was not left out."""
        try:
            return self.read_result(part, "forecast").get("reason")
        except StoreError:
            return None

    def _local(self, url: str, folder: Path) -> Path:
        filesystem, path = _filesystem(url)
        try:
            if not filesystem.exists(path):
                raise StoreError(f"{url} is not in the store; it may have been dropped by retention: run the step that makes it again")
            if "file" in filesystem.protocol:
                return Path(path)
            filesystem.get_file(path, str(folder / Path(path).name))
        except _faults() as error:
            raise StoreError(f"cannot read {url}: {error}; check DAYAHEAD_STORE and the space in {folder}") from error
        return folder / Path(path).name

    def place(self, url: str, made: Path, *, replace: bool = False) -> None:
        """Put a file of this machine into the store, whole or not at all; what is there stays unless ``replace``.

        Raises:
            StoreError: The store cannot be written.
        """
        filesystem, path = _filesystem(url)
        try:
            if not replace and _holds(filesystem, path, made):
                return
            if "file" not in filesystem.protocol:
                filesystem.put_file(str(made), path)  # an object store has no folders, and shows an object only when it is whole
                return
            filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            aside = f"{path}.{uuid4().hex}.part"
            try:
                filesystem.put_file(str(made), aside)
                Path(aside).replace(path)
            finally:
                Path(aside).unlink(missing_ok=True)
        except _faults() as error:
            raise StoreError(f"cannot write {url}: {error}; free space or check DAYAHEAD_STORE, then run the step again") from error


@contextmanager
def _scratch() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="dayahead-")
    except OSError as error:
        raise StoreError(f"cannot write a temporary file: {error}; free space there or set TMPDIR, then run the step again") from error
    with folder as name:
        yield Path(name)


def _holds(filesystem: AbstractFileSystem, path: str, made: Path) -> bool:
    """Tell whether the store has this very file; elsewhere than on this machine its size has to do."""
    if not filesystem.exists(path) or filesystem.size(path) != made.stat().st_size:
        return False
    return "file" not in filesystem.protocol or _digest(Path(path)) == _digest(made)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _make(path: Path, write: Callable[[Path], Any]) -> None:
    try:
        write(path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error}; free space there or set TMPDIR, then run the step again") from error


def _faults(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what a file system raises; the S3 client's own errors are known only where it is loaded."""
    client = sys.modules.get("botocore.exceptions")
    return (OSError, *more, client.BotoCoreError, client.ClientError) if client else (OSError, *more)


def _filesystem(url: str) -> tuple[AbstractFileSystem, str]:
    try:
        return url_to_fs(url, use_listings_cache=False)  # another worker writes what this one looks for
    except (ImportError, ValueError) as error:
        raise StoreError(f"cannot open {url}: {error}; DAYAHEAD_STORE is to be file:///folder or s3://bucket/folder") from error
