"""Checkpoints of a training in the store, so that a try on another machine goes on where this one was killed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from fsspec.core import url_to_fs

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training; a store that is away costs their copies, never the training.

    Args:
        store: Where every machine finds them.
        run: The training.
        stem: What their names begin with: another architecture's or other readings' are not to be gone on from.
        folder: Where they are written on this machine.
    """

    store: Store
    run: Run
    stem: str
    folder: Path

    @property
    def url(self) -> str:
        """Folder of the copies."""
        return f"{self.store.root}/{self.run.folder}/checkpoints"

    def fetch(self) -> None:
        """Bring what an earlier try left in the store to this machine; it is as new as what lies here, or newer."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            filesystem, root = url_to_fs(self.url, use_listings_cache=False)
            for path in filesystem.glob(f"{root}/{self.stem}*.safetensors"):
                aside = self.folder / f"{uuid4().hex}.part"
                filesystem.get_file(path, str(aside))
                aside.replace(self.folder / path.rsplit("/", 1)[-1])
        except Exception as error:  # noqa: BLE001 — whatever a store's client raises, the training can begin anew
            log.warning("checkpoints not fetched store=%s reason=%s", self.url, error)

    def keep(self, path: Path) -> None:
        """Copy a checkpoint that was just written to the store."""
        try:
            self.store.place(f"{self.url}/{path.name}", path, replace=True)
        except StoreError as error:
            log.warning("checkpoint not kept reason=%s", error)

    def drop(self) -> None:
        """Remove them, and those of the same model on other readings, here and in the store: the training is done."""
        ours = f"{self.stem.rsplit('-', 1)[0]}-*"
        for left in self.folder.glob(ours):
            left.unlink(missing_ok=True)
        filesystem, root = url_to_fs(self.url, use_listings_cache=False)
        try:
            for path in filesystem.glob(f"{root}/{ours}"):
                filesystem.rm_file(path)
        except Exception as error:  # noqa: BLE001 — retention drops them with their run
            log.warning("checkpoints left in the store=%s reason=%s", self.url, error)
