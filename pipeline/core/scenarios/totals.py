"""Totals of the fleet and of all that share a label: paths added up exactly, so that it does not matter how the fleet was divided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import save_file

from pipeline.core.scenarios.sums import Bins, added, rounded, summed
from pipeline.errors import DataError

Group = tuple[str, str]  # a label and its value
FLEET: Group = ("", "")
MOST_VALUES = 64  # a label with more values in the fleet names sites rather than groups of them


@dataclass(frozen=True)
class Total:
    """What a group carries; ``P`` paths, ``T`` instants.

    Args:
        group: Label and value.
        sites: Members.
        instants: ``(T,)`` minutes since 1970, ascending: those that a member's day has.
        present: ``(T,)`` members whose day has the instant.
        paths: ``(P, T)``.
        step_minutes: Length of a step.
    """

    group: Group
    sites: int
    instants: np.ndarray
    present: np.ndarray
    paths: np.ndarray
    step_minutes: int


def minutes_on_step(instants: pd.DatetimeIndex, step_minutes: int) -> np.ndarray:
    """Return minutes since 1970 ``(T,)`` on multiples of the step: sites that stamp readings a minute later are added all the same."""
    minutes = instants.to_numpy(dtype="datetime64[m]").astype(np.int64)
    return minutes - minutes % step_minutes


@dataclass
class Totals:
    """Sums of a shard's paths by group and instant.

    Args:
        groups: ``G`` of them, the fleet first.
        many: Labels that have too many values in the shard alone.
        instants: ``(T,)`` minutes since 1970, ascending, each on a multiple of the step.
        step_minutes: Length of a step.
        sites: ``(G,)`` members of each group.
        present: ``(G, T)`` those of them whose day has the instant.
        bins: Exact sums ``(G, P, T)``.
    """

    groups: tuple[Group, ...]
    many: tuple[str, ...]
    instants: np.ndarray
    step_minutes: int
    sites: np.ndarray
    present: np.ndarray
    bins: Bins = field(default_factory=dict)

    @classmethod
    def of(cls, labels: Sequence[Mapping[str, str]], instants: np.ndarray, step_minutes: int) -> Self:
        """Return sums of nothing yet, of sites with these labels at these instants ``(T,)``."""
        every = sorted({pair for row in labels for pair in row.items() if pair[0]})
        many = tuple(sorted(key for key, values in Counter(key for key, _ in every).items() if values > MOST_VALUES))
        groups = (FLEET, *(pair for pair in every if pair[0] not in many))
        shape = len(groups), len(instants)
        return cls(groups, many, instants, step_minutes, np.zeros(shape[0], np.int64), np.zeros(shape, np.int64))

    def add(self, paths: np.ndarray, labels: Sequence[Mapping[str, str]], instants: np.ndarray) -> None:
        """Add the paths ``(P, N, T')`` of sites with these labels at some of the instants ``(T',)``."""
        members = np.array([[key == "" or row.get(key) == value for row in labels] for key, value in self.groups])
        rows = np.flatnonzero(members.any(axis=1))
        at = np.searchsorted(self.instants, instants)
        self.sites += members.sum(axis=1)
        self.present[:, at] += members.sum(axis=1)[:, None]
        for bin_, values in summed(paths, members[rows]).items():
            if bin_ not in self.bins:
                self.bins[bin_] = np.zeros((len(self.groups), len(paths), len(self.instants)), np.int64)
            self.bins[bin_][rows[:, None], :, at] += values.transpose(0, 2, 1)

    def plus(self, other: Totals) -> Totals:
        """Return the sums of two shards together.

        Raises:
            DataError: They have steps of different lengths: their paths have no instants in common.
        """
        if self.step_minutes != other.step_minutes:
            found = f"{self.step_minutes} and {other.step_minutes}"
            raise DataError(f"the shards have readings every {found} minutes; expected one interval: divide into fewer shards")
        groups, instants = tuple(sorted({*self.groups, *other.groups})), np.union1d(self.instants, other.instants)
        both = [part._on(groups, instants) for part in (self, other)]
        sites, present = (sum(getattr(part, name) for part in both) for name in ("sites", "present"))
        many = tuple(sorted({*self.many, *other.many}))
        return replace(both[0], many=many, sites=sites, present=present, bins=added(part.bins for part in both))

    def each(self) -> Iterator[Total]:
        """Yield each group's total, the fleet first; labels with more than ``MOST_VALUES`` values are left out."""
        values = Counter(key for key, _ in self.groups)
        paths = max((bins.shape[1] for bins in self.bins.values()), default=1)  # a fleet without any traffic has one path of zeros
        for row, group in enumerate(self.groups):
            if group[0] in self.many or values[group[0]] > MOST_VALUES:
                continue
            there = self.present[row] > 0
            carried = np.broadcast_to(rounded({bin_: bins[row] for bin_, bins in self.bins.items()}), (paths, len(there)))
            yield Total(group, int(self.sites[row]), self.instants[there], self.present[row, there], carried[:, there], self.step_minutes)

    def _on(self, groups: tuple[Group, ...], instants: np.ndarray) -> Totals:
        """Return the same sums with rows for more groups and columns for more instants."""
        if groups == self.groups and np.array_equal(instants, self.instants):
            return self
        rows, at = np.array([groups.index(group) for group in self.groups]), np.searchsorted(instants, self.instants)
        sites, present = np.zeros(len(groups), np.int64), np.zeros((len(groups), len(instants)), np.int64)
        sites[rows], present[np.ix_(rows, at)] = self.sites, self.present
        bins = {}
        for bin_, values in self.bins.items():
            bins[bin_] = np.zeros((len(groups), values.shape[1], len(instants)), np.int64)
            bins[bin_][np.ix_(rows, np.arange(values.shape[1]), at)] = values
        return replace(self, groups=groups, instants=instants, sites=sites, present=present, bins=bins)

    def save(self, path: Path) -> None:
        """Write the sums as one safetensors file."""
        header = {"groups": self.groups, "many": self.many, "step_minutes": self.step_minutes, "bins": sorted(self.bins)}
        arrays = {"instants": self.instants, "sites": self.sites, "present": self.present}
        arrays |= {f"bin.{bin_}": values for bin_, values in self.bins.items()}
        save_file(
            {key: np.ascontiguousarray(values) for key, values in sorted(arrays.items())}, path, metadata={"totals": json.dumps(header)}
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote."""
        with safe_open(path, framework="numpy") as file:
            header = json.loads(file.metadata()["totals"])
            known = {name: file.get_tensor(name) for name in ("instants", "sites", "present")}
            bins = {int(bin_): file.get_tensor(f"bin.{bin_}") for bin_ in header["bins"]}
        groups = tuple((key, value) for key, value in header["groups"])
        return cls(groups, tuple(header["many"]), step_minutes=header["step_minutes"], bins=bins, **known)
