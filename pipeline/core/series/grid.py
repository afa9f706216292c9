"""The wall-clock grid: site × day × step of day with an observed mask. A lost row leaves a hole and shifts nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core.series.clock import (
    day_instants,
    day_start,
    infer_step_minutes,
    phases_of,
    steps_per_day,
    target_day_at,
    to_wall_clock,
)
from pipeline.core.series.frames import Site, check_readings
from pipeline.errors import DataError

PAST, AHEAD = "covariate", "planned"  # before the names of series in a file


@dataclass(frozen=True)
class Grid:
    """Readings of a fleet, each on its own site's wall clock.

    Args:
        sites: The fleet, ``N`` sites.
        first_day: Local calendar day of day index 0 (the same for every site).
        step_minutes: Length of a step; ``S`` steps make a day.
        throughput: ``(N, D, S)`` float32; 0 where unobserved.
        observed: ``(N, D, S)`` bool; True where a reading exists.
        covariates: Past-only series by name, each ``(N, D, S)`` float32, NaN where missing.
        planned: Series by name that are known ahead, likewise; each day as it was known at that day's own cutoff, the target day too.
        phase_minutes: ``(N,)`` minutes after a multiple of the step (in UTC) at which the site's readings are stamped.
        calendars: Calendars that sites name beside a country: days (ISO 8601) by kind, by name.
    """

    sites: tuple[Site, ...]
    first_day: date
    step_minutes: int
    throughput: np.ndarray
    observed: np.ndarray
    covariates: dict[str, np.ndarray] = field(default_factory=dict)
    phase_minutes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    planned: dict[str, np.ndarray] = field(default_factory=dict)
    calendars: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sites, days, steps a day: ``(N, D, S)``."""
        n, d, s = self.throughput.shape
        return n, d, s

    def day_at(self, index: int) -> date:
        """Return the calendar day of a day index; the index may lie outside the grid."""
        return self.first_day + timedelta(days=int(index))

    def index_of(self, day: date) -> int:
        """Return the day index of a calendar day; it may lie outside the grid."""
        return (day - self.first_day).days

    def known_at(self, cutoff: datetime) -> Grid:
        """Return a grid whose last day is the latest target day at ``cutoff``, with everything at or after the cutoff masked.

        Raises:
            DataError: The grid has no day before the cutoff.
        """
        last = max(target_day_at(cutoff, zone) for zone in {site.timezone for site in self.sites})
        width, s = self.index_of(last) + 1, self.shape[2]
        if width < 2:
            raise DataError(f"no reading before the cutoff {cutoff.isoformat()}: the grid starts on {self.first_day.isoformat()}")
        throughput, observed = _resized(self.throughput, width, 0.0), _resized(self.observed, width, False)
        covariates = {name: _resized(values, width, np.nan) for name, values in self.covariates.items()}
        for i, site in enumerate(self.sites):
            target = self.index_of(target_day_at(cutoff, site.timezone))
            known = self.known_steps(i, target - 1, cutoff) if target > 0 else np.zeros(s, bool)
            for values, empty in ((throughput, 0.0), (observed, False), *((v, np.nan) for v in covariates.values())):
                values[i, max(target, 0) :] = empty
                values[i, max(target - 1, 0), ~known] = empty
        planned = {name: _resized(values, width, np.nan) for name, values in self.planned.items()}
        return replace(self, throughput=throughput, observed=observed, covariates=covariates, planned=planned)

    def known_steps(self, site: int, day: int, cutoff: datetime) -> np.ndarray:
        """Return which steps ``(S,)`` of a day lie wholly before ``cutoff`` on the site's wall clock."""
        known = np.zeros(self.shape[2], bool)
        instants, steps = self.instants(site, day)
        before = np.asarray(instants < pd.Timestamp(cutoff))
        known[steps[before]] = True
        known[steps[~before]] = False  # a repeated hour counts as known only when both passes are
        return known

    def targets_at(self, cutoff: datetime) -> tuple[np.ndarray, np.ndarray]:
        """Return each site's target day at ``cutoff`` as a day index, and how many steps before it are not known then; ``(N,)`` each.

        A site in Berlin on a schedule in UTC has its target day begin 22 or 23 hours after the cutoff.
        """
        found: dict[tuple[str, int], tuple[int, int]] = {}
        keys = [(site.timezone, int(phase)) for site, phase in zip(self.sites, self.phase_minutes, strict=True)]
        for i, key in enumerate(keys):
            if key not in found:
                day = self.index_of(target_day_at(cutoff, key[0]))
                known = self.known_steps(i, day - 1, cutoff)
                found[key] = day, int(known[::-1].argmax()) if known.any() else self.shape[2]
        days, unknown = np.array([found[key] for key in keys], np.int64).reshape(-1, 2).T
        return days, unknown

    def midnights(self, site: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the first instants ``(B,)`` of days at sites, both ``(B,)`` indices, as ``datetime64[us]`` in UTC."""
        zones, zone = np.unique([one.timezone for one in self.sites], return_inverse=True)
        asked, row = np.unique(np.stack([zone[site], day], axis=1), axis=0, return_inverse=True)
        starts = [day_start(self.day_at(index), str(zones[code])).replace(tzinfo=None) for code, index in asked]
        return np.array(starts, "datetime64[us]")[row]

    def instants(self, site: int, day: int) -> tuple[pd.DatetimeIndex, np.ndarray]:
        """Return the instants (UTC) of a site's day, each once, with their steps of day ``(P,)``."""
        chosen = self.sites[site]
        return day_instants(self.day_at(day), chosen.timezone, self.step_minutes, int(self.phase_minutes[site]))

    def of_sites(self, chosen: np.ndarray) -> Grid:
        """Return the grid of some sites, ``(M,)`` indices in ascending order."""
        if len(chosen) == len(self.sites):
            return self
        values = {name: getattr(self, name)[chosen] for name in ("throughput", "observed")}
        values |= {name: {key: each[chosen] for key, each in getattr(self, name).items()} for name in ("covariates", "planned")}
        phases = self.phase_minutes[chosen] if len(self.phase_minutes) else self.phase_minutes
        return replace(self, sites=tuple(self.sites[i] for i in chosen), phase_minutes=phases, **values)

    def save(self, path: Path) -> None:
        """Write the grid as one safetensors file; the sites and days stand in its header."""
        header = {
            "sites": [asdict(site) for site in self.sites],
            "first_day": self.first_day.isoformat(),
            "step_minutes": self.step_minutes,
        } | ({"calendars": self.calendars} if self.calendars else {})
        arrays = {"throughput": self.throughput, "observed": self.observed, "phase_minutes": self.phase_minutes}
        from safetensors.numpy import save_file  # the API server knows the tables' quantiles through here and has no such library

        beside = {f"{kind}.{name}": v for kind, of in ((PAST, self.covariates), (AHEAD, self.planned)) for name, v in of.items()}
        save_file(arrays | beside, path, metadata={"grid": json.dumps(header)})  # safetensors shuffles keys: one keeps the content hash

    @classmethod
    def load(cls, path: Path) -> Grid:
        """Read a grid that ``save`` wrote."""
        from safetensors import safe_open

        with safe_open(path, framework="numpy") as file:
            header = json.loads(file.metadata()["grid"])
        from safetensors.numpy import load_file

        arrays = load_file(path)
        covariates, planned = (
            {name.removeprefix(f"{kind}."): values for name, values in arrays.items() if name.startswith(f"{kind}.")}
            for kind in (PAST, AHEAD)
        )
        return cls(
            sites=tuple(Site(**site) for site in header["sites"]),
            first_day=date.fromisoformat(header["first_day"]),
            step_minutes=header["step_minutes"],
            throughput=arrays["throughput"],
            observed=arrays["observed"],
            covariates=covariates,
            phase_minutes=arrays["phase_minutes"],
            planned=planned,
            calendars=header.get("calendars", {}),
        )


def to_grid(readings: pd.DataFrame, sites: tuple[Site, ...], *, step_minutes: int | None = None, covariates: tuple[str, ...] = ()) -> Grid:
    """Return the readings on their sites' wall clocks, from the first local day with a reading to the last.

    The hour that spring skips stays unobserved; readings that fall into one step (the hour that autumn repeats) are averaged.

    Args:
        readings: Columns ``site``, ``ts`` (UTC), ``throughput`` and the covariates; rows with a NaN throughput count as unobserved.
        sites: The fleet; its order is the order of the grid. A site without readings gets an unobserved row.
        step_minutes: Length of a step; read from the readings where None.
        covariates: Columns to carry along.

    Raises:
        DataError: A column is missing, a reading belongs to no site, or there is no reading at all.
    """
    check_readings(readings, covariates)
    if readings.empty:
        raise DataError("no readings: expected at least one row; check the cutoff, the sites in scope and that data was loaded")
    step = step_minutes or infer_step_minutes(readings)
    found, names = pd.factorize(readings["site"])
    code = pd.Index([site.name for site in sites]).get_indexer(names)[found]
    if (code < 0).any():
        raise DataError(f"unknown site {readings['site'].to_numpy()[code < 0][0]!r}: add it to the table sites first")
    days, steps = np.empty(len(readings), "datetime64[D]"), np.empty(len(readings), np.int64)
    zone_of_site, zones = pd.factorize(np.array([site.timezone for site in sites], object))
    for i, zone in enumerate(zones):
        here = zone_of_site[code] == i
        days[here], steps[here] = to_wall_clock(readings["ts"][here], zone, step)
    first, last = days.min(), days.max()
    shape = (len(sites), int((last - first).astype(int)) + 1, steps_per_day(step))
    flat = np.ravel_multi_index((code, (days - first).astype(np.int64), steps), shape)
    throughput, observed = _averaged(flat, readings["throughput"].to_numpy(np.float64), shape)
    carried = {}
    for name in covariates:
        values, present = _averaged(flat, readings[name].to_numpy(np.float64), shape)
        carried[name] = np.where(present, values, np.nan).astype(np.float32)
    minute = readings["ts"].to_numpy(dtype="datetime64[m]").astype(np.int64)
    phases = np.maximum(phases_of(minute, code, len(sites), step), 0)  # readings without one belong to the step that they lie in
    return Grid(sites, first.item(), step, throughput, observed, carried, phases)


def join(grids: Sequence[Grid]) -> Grid:
    """Return the grids of a fleet's parts as the grid that the whole fleet has: its sites by name, unobserved on days that a part lacks.

    Raises:
        DataError: The parts have steps of different lengths.
    """
    steps = {grid.step_minutes for grid in grids}
    if len(steps) > 1:
        found = ", ".join(map(str, sorted(steps)))
        raise DataError(f"the shards have readings every {found} minutes; expected one interval: divide into fewer shards")
    first, last = min(grid.first_day for grid in grids), max(grid.day_at(grid.shape[1]) for grid in grids)
    order = np.argsort([site.name for grid in grids for site in grid.sites], kind="stable")

    def stacked(values: list[np.ndarray], empty: float | bool) -> np.ndarray:
        widths = [((0, 0), ((grid.first_day - first).days, (last - grid.day_at(grid.shape[1])).days), (0, 0)) for grid in grids]
        return np.concatenate([np.pad(part, width, constant_values=empty) for part, width in zip(values, widths, strict=True)])[order]

    return Grid(
        sites=tuple(np.array([site for grid in grids for site in grid.sites], object)[order]),
        first_day=first,
        step_minutes=steps.pop(),
        throughput=stacked([grid.throughput for grid in grids], 0.0),
        observed=stacked([grid.observed for grid in grids], False),
        covariates={name: stacked([grid.covariates[name] for grid in grids], np.nan) for name in grids[0].covariates},
        phase_minutes=np.concatenate([grid.phase_minutes for grid in grids])[order],
        planned={
            name: stacked([grid.planned.get(name, np.full(grid.shape, np.nan, np.float32)) for grid in grids], np.nan)
            for name in sorted({name for grid in grids for name in grid.planned})
        },
        calendars={name: days for grid in grids for name, days in grid.calendars.items()},
    )


def _averaged(flat: np.ndarray, values: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    present = np.isfinite(values)
    size = int(np.prod(shape))
    count = np.bincount(flat[present], minlength=size)
    total = np.bincount(flat[present], weights=values[present], minlength=size)
    return (total / np.maximum(count, 1)).reshape(shape).astype(np.float32), (count > 0).reshape(shape)


def _resized(values: np.ndarray, days: int, empty: float | bool) -> np.ndarray:
    n, d, s = values.shape
    out = np.full((n, days, s), empty, values.dtype)
    kept = min(days, d)
    out[:, :kept] = values[:, :kept]
    return out
