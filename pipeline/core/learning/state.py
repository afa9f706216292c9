"""What was learnt up to a day: small arrays, one row per site, and the fleet's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from pipeline.core.learning.levels import PARTS
from pipeline.core.learning.widths import BINS
from pipeline.core.models.contract import MEDIAN, QUANTILES
from pipeline.core.scenarios.memory import Memory
from pipeline.errors import ModelError

FAST, SLOW, FIRST, FIRST_PART = 0, 1, 2, 3  # rows of a site's levels: of the main expert twice, of the first one, by parts of the day
LEVELS = FIRST_PART + PARTS
FORMAT = 1
LEARNT = "learnt.safetensors"  # beside a version's weights: what the days of its own evaluation taught
LEARNT_BEFORE = "learnt_before.safetensors"  # the same before those days, for whoever judges the version on them again
KEPT_BY_REFIT = 0.5  # of the evidence of validation days, for the weights that gave it are not those that forecast


@dataclass(frozen=True)
class State:
    """What was learnt.

    Args:
        experts: Names of the ``E`` experts, copies last.
        sites: Names of the ``N`` sites that have a row.
        own: By name, each ``(N, …)``: ``levels`` ``(LEVELS, 4)``, ``regret`` and ``square`` ``(E, Q)``, ``days`` (forgotten days of
            evidence), ``scale`` (2: sums of the mixture's loss and of its days), ``width`` ``(3, BINS)``, ``width_days``,
            ``tracker`` ``(3,)``, and the arrays of ``scenarios.memory.Memory``.
        fleet: ``levels`` ``(4,)``, ``regret`` and ``square`` ``(E, Q)``, ``width`` ``(3, BINS)``, ``width_days`` ``()``.
        through: The last day learnt from, ISO; empty where only the caller knows.
    """

    experts: tuple[str, ...]
    sites: tuple[str, ...] = ()
    own: dict[str, np.ndarray] = field(default_factory=dict)
    fleet: dict[str, np.ndarray] = field(default_factory=dict)
    through: str = ""

    @classmethod
    def empty(cls, experts: tuple[str, ...], sites: tuple[str, ...] = ()) -> Self:
        """Return the state in which nothing was learnt."""
        n, e, q = len(sites), len(experts), len(QUANTILES)
        shapes = {
            "levels": (LEVELS, 4),
            "regret": (e, q),
            "square": (e, q),
            "days": (),
            "scale": (2,),
            "width": (MEDIAN, BINS),
            "width_days": (),
            "tracker": (MEDIAN,),
        }
        fleet = {"levels": (4,), "regret": (e, q), "square": (e, q), "width": (MEDIAN, BINS), "width_days": ()}
        own = {key: np.zeros((n, *shape)) for key, shape in shapes.items()} | Memory.empty(n).arrays()
        return cls(experts, sites, own, {key: np.zeros(shape) for key, shape in fleet.items()})

    def of_sites(self, sites: tuple[str, ...]) -> State:
        """Return the rows of these sites; a site that is not there has learnt nothing yet."""
        if sites == self.sites:
            return self
        row = {name: i for i, name in enumerate(self.sites)}
        found = np.array([row.get(name, -1) for name in sites], np.int64)
        fresh = State.empty(self.experts, sites)
        for key, values in fresh.own.items():
            values[found >= 0] = self.own[key][found[found >= 0]]
        return replace(fresh, fleet=self.fleet)

    def after_refit(self, own: int) -> State:
        """Return what still holds after the weights were fitted anew: half the evidence on the ``own`` first experts, no level."""
        fresh = State.empty(self.experts, self.sites)
        kept = np.zeros((len(self.experts), 1))
        kept[:own] = KEPT_BY_REFIT
        evidence = {"regret": self.own["regret"] * kept, "square": self.own["square"] * kept, "days": self.own["days"] * KEPT_BY_REFIT}
        fleet = {"levels": fresh.fleet["levels"], "regret": self.fleet["regret"] * kept, "square": self.fleet["square"] * kept}
        return replace(self, own=self.own | evidence | {"levels": fresh.own["levels"]}, fleet=self.fleet | fleet)

    def save(self, path: Path) -> None:
        """Write the state as one safetensors file."""
        arrays = {f"own.{key}": value for key, value in self.own.items()} | {f"fleet.{key}": value for key, value in self.fleet.items()}
        header = {"format": FORMAT, "experts": self.experts, "sites": self.sites, "through": self.through}
        save_file({k: np.array(v, order="C") for k, v in sorted(arrays.items())}, path, metadata={"learning": json.dumps(header)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a state that ``save`` wrote.

        Raises:
            ModelError: The file is missing, cut, or of another format.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                header = json.loads(file.metadata()["learning"])
            arrays = load_file(path)
            if header["format"] != FORMAT:
                raise ModelError(
                    f"{path} holds format {header['format']} of what was learnt; this code reads {FORMAT}: train the model again"
                )
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"{path} holds no readable state of daily learning: {error}; train the model again") from error
        parts = {kind: {k.removeprefix(f"{kind}."): v for k, v in arrays.items() if k.startswith(f"{kind}.")} for kind in ("own", "fleet")}
        experts, sites = tuple(header["experts"]), tuple(header["sites"])
        own = Memory.empty(len(sites)).arrays() | parts["own"]  # versions from before whole days were learnt have none
        return cls(experts, sites, own, parts["fleet"], header["through"])
