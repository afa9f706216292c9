"""A version's files on this machine: what may be in them, the hash that proves them, and the cache that outlives the server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.models.contract import Forecaster
from pipeline.core.series.groups import group_of, in_group, split_version
from pipeline.errors import ModelError, StoreError

PLAIN_SUFFIXES = {".json", ".safetensors", ".txt", ".md", ".csv", ".yaml", ".yml", ".py"}
PLAIN_NAMES = {"MLmodel", "registered_model_meta"}
PICKLE_START = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
LADDER = "ladder.json"


def content_hash(folder: Path) -> str:
    """Return one hash over the names and contents of every file below a folder; the same files give the same hash."""
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{file.relative_to(folder).as_posix()}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def check_plain(folder: Path) -> None:
    """Raise unless every file is of a kind that holds numbers or text; a pickle is refused by its name and by its first bytes.

    Raises:
        ModelError: A file is of another kind.
    """
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with file.open("rb") as opened:
            start = opened.read(2)
        if (file.name in PLAIN_NAMES or file.suffix in PLAIN_SUFFIXES) and not start.startswith(PICKLE_START):
            continue
        raise ModelError(
            f"{file.relative_to(folder).as_posix()} may run code when it is loaded; a version holds safetensors, JSON and text only. "
            "Do not load it by other means: delete the version and register the model again"
        )


def load_checked(folder: Path, content: str, name: str) -> Forecaster:
    """Return the forecaster in a folder whose files are plain and hash to ``content``.

    Args:
        folder: What the forecaster's ``save`` wrote.
        content: Hash noted when the version was registered.
        name: The version in words, for the error.

    Raises:
        ModelError: A file is of a forbidden kind, changed since, or the forecaster refuses it.
    """
    check_plain(folder)
    found = content_hash(folder)
    if found != content:
        raise ModelError(
            f"{name} has files with hash {found[:12]}; it was registered with {content[:12]}: they were changed or cut. "
            "Register the model again, or promote another version"
        )
    return models.load(folder)


def folder_of(settings: Settings, version: str) -> Path:
    """Return the folder in which this machine keeps a version's forecaster."""
    return settings.home / "models" / folder_name(version)


def folder_name(version: str) -> str:
    """Return a version as the name of a folder: a group may hold any text."""
    return quote(version, safe="=:")


def cached(settings: Settings, version: str, content: str, fetch: Callable[[Path], None]) -> Path:
    """Return the folder of a version's forecaster below ``DAYAHEAD_HOME/models``, fetched where it is not there unharmed.

    Args:
        settings: Give the home.
        version: Name of the version.
        content: Hash that its files must have.
        fetch: Fills an empty folder with the files.

    Raises:
        StoreError: The home cannot be written.
    """
    kept = folder_of(settings, version)
    if _is_whole(kept, content):
        return kept
    with _written_to(kept.parent), TemporaryDirectory(prefix=f".{kept.name}-", dir=kept.parent) as aside:
        fetched = Path(aside, "forecaster")
        fetched.mkdir()
        fetch(fetched)
        if _is_whole(kept, content):  # another process was quicker
            return kept
        if kept.is_dir():
            kept.rename(Path(aside, "harmed"))
        fetched.rename(kept)
    return kept


def note_ladder(settings: Settings, group: str, rungs: dict[str, dict[str, str]]) -> None:
    """Keep which versions of a group are champion and previous champion, with their hashes, for a day without the server."""
    path = settings.home / "models" / LADDER
    if rungs == noted_ladder(settings, group):
        return
    others = {name: rung for name, rung in _noted(path).items() if group_of(name) != group}
    with _written_to(path.parent), TemporaryDirectory(prefix=".ladder-", dir=path.parent) as aside:
        made = Path(aside, LADDER)
        made.write_text(json.dumps(others | {in_group(group, name): rung for name, rung in rungs.items()}, indent=1))
        made.replace(path)


def noted_ladder(settings: Settings, group: str) -> dict[str, dict[str, str]]:
    """Return what ``note_ladder`` kept last of a group; empty where nothing was."""
    noted = _noted(settings.home / "models" / LADDER)
    return {split_version(name)[1]: rung for name, rung in noted.items() if group_of(name) == group}


def _noted(path: Path) -> dict[str, dict[str, str]]:
    return json.loads(path.read_text()) if path.is_file() else {}


def _is_whole(folder: Path, content: str) -> bool:
    return folder.is_dir() and content_hash(folder) == content


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise StoreError(f"cannot keep the model below {folder}: {error}; free space or check DAYAHEAD_HOME, then run it again") from error
