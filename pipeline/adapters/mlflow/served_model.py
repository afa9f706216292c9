"""The forecaster as MLflow serves it: rows of readings in, rows of quantiles out. Stored as code; no pickle is written or read.

MLflow copies this file into every version and runs it from there, next to the copy of ``pipeline.core`` that travels with it; so it
imports nothing else of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from pipeline.core import models
from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecaster, Origins
from pipeline.core.series.clock import infer_step_minutes, target_day_at
from pipeline.core.series.frames import READING_COLUMNS, Site
from pipeline.core.series.grid import Grid, to_grid
from pipeline.errors import DataError

FOLDER, FLEET = "forecaster", "fleet"  # names of a version's artifacts
OFFSET = r":\d{2}(?:\.\d+)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)$"  # of a time, not the day of a date
OUTPUT_COLUMNS = ("site", "ts", *QUANTILE_COLUMNS)


@dataclass(frozen=True)
class Fleet:
    """The sites a version was trained on, so that a request need only name them."""

    sites: tuple[Site, ...]
    timezone: str
    step_minutes: int
    covariates: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Fleet:
        """Return the fleet that ``registry`` wrote beside the forecaster."""
        fleet = json.loads(path.read_text())
        sites = tuple(Site(**site) for site in fleet["sites"])
        return cls(sites, fleet["timezone"], fleet["step_minutes"], tuple(fleet["covariates"]))

    def sites_of(self, names: list[str], timezone: str) -> tuple[Site, ...]:
        """Return the named sites; one not seen in training gets ``timezone``, or the fleet's where that is empty."""
        known = {site.name: site for site in self.sites}
        return tuple(known.get(name) or Site(name, timezone=timezone or self.timezone) for name in names)


class ServedModel(PythonModel):
    """Quantiles of the first local day of each site that starts at or after its cutoff.

    The cutoff is the param ``cutoff``, or the end of the site's last reading.
    """

    def load_context(self, context: Any) -> None:
        """Restore the forecaster from safetensors and JSON."""
        self.forecaster: Forecaster = models.load(Path(context.artifacts[FOLDER]))
        self.fleet = Fleet.read(Path(context.artifacts[FLEET]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Return rows of (site, ts, q05 … q95), every instant of each site's target day once, ``ts`` as UTC text.

        Raises:
            DataError: A column is missing, a value is no number, or a ``ts`` is no instant.
        """
        options = params or {}
        sites = self.fleet.sites_of(_names(model_input), options.get("timezone", ""))
        readings = to_readings(model_input, sites, self.fleet.covariates)
        cutoff = _instant(options["cutoff"]) if options.get("cutoff") else None
        return self._answer(readings, sites, cutoff)

    def _answer(self, readings: pd.DataFrame, sites: tuple[Site, ...], cutoff: datetime | None) -> pd.DataFrame:
        step = self.fleet.step_minutes
        if readings["site"].duplicated().any() and (found := infer_step_minutes(readings)) != step:
            raise DataError(f"the readings come every {found} minutes; this version was trained on readings of every {step}")
        grid = to_grid(readings, sites, step_minutes=step, covariates=self.fleet.covariates)
        if cutoff is None:
            last = readings.groupby("site")["ts"].max() + pd.Timedelta(minutes=step)
            cutoffs = {str(name): end.to_pydatetime() for name, end in last.items()}
        else:
            grid, cutoffs = grid.known_at(cutoff), {site.name: cutoff for site in sites}
        made = self.forecaster.forecast(grid, _origins(grid, cutoffs))
        frames = list(_rows(grid, made.origins, made.quantiles))
        return pd.concat(frames, ignore_index=True)[list(OUTPUT_COLUMNS)]


def to_readings(rows: pd.DataFrame, sites: tuple[Site, ...], covariates: tuple[str, ...]) -> pd.DataFrame:
    """Return request rows as readings; a covariate that the request leaves out is missing throughout.

    Args:
        rows: Any types: readers of CSV and JSON guess them differently.
        sites: The sites in the rows; a ``ts`` without offset is read on its site's own clock.
        covariates: Columns that the model may look at.
    """
    frame = pd.DataFrame({"site": rows["site"].astype(str).to_numpy(object)})
    zone_of = {site.name: site.timezone for site in sites}
    frame["ts"] = _instants(rows["ts"], frame["site"].map(zone_of))
    for name in ("throughput", *covariates):
        frame[name] = _numbers(rows[name]) if name in rows.columns else np.nan
    return frame.sort_values(["site", "ts"], ignore_index=True)


def _names(rows: pd.DataFrame) -> list[str]:
    missing = [name for name in READING_COLUMNS if name not in rows.columns]
    if missing:
        raise DataError(f"column(s) {', '.join(missing)} missing; found {', '.join(map(str, rows.columns))}")
    if rows.empty:
        raise DataError("no rows: expected readings of the days before the one to forecast")
    return sorted(rows["site"].astype(str).unique())


def _numbers(values: pd.Series) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = numbers.isna() & values.notna()
    if wrong.any():
        raise DataError(f"{values.name} {values[wrong].iloc[0]!r} is not a number; leave the value out where it is not known")
    return numbers.to_numpy(np.float64)


def _instants(values: pd.Series, zones: pd.Series) -> pd.Series:
    text = values.astype(str)
    has_offset = text.str.contains(OFFSET, regex=True).to_numpy()
    out = pd.Series(pd.NaT, index=range(len(values)), dtype="datetime64[us, UTC]")
    out[has_offset] = pd.to_datetime(text[has_offset], utc=True, errors="coerce", format="ISO8601").astype(out.dtype).to_numpy()
    local = pd.to_datetime(text[~has_offset], errors="coerce", format="ISO8601").reset_index(drop=True)
    naive = np.flatnonzero(~has_offset)
    for zone in set(zones.iloc[naive]):
        here = (zones.iloc[naive] == zone).to_numpy()
        placed = local[here].dt.tz_localize(zone, ambiguous=np.ones(int(here.sum()), bool), nonexistent="shift_forward")
        out.iloc[naive[here]] = placed.dt.tz_convert("UTC").astype(out.dtype).to_numpy()
    if out.isna().any():
        raise DataError(f"ts {values.iloc[int(out.isna().argmax())]!r} is no instant; expected for instance 2026-08-20T23:45:00Z")
    return out


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"cutoff {text!r} is no instant; expected for instance 2026-08-21T00:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _origins(grid: Grid, cutoffs: dict[str, datetime]) -> Origins:
    steps = grid.shape[2]
    days, unknown = [], []
    for i, site in enumerate(grid.sites):
        day = grid.index_of(target_day_at(cutoffs[site.name], site.timezone))
        known = grid.known_steps(i, day - 1, cutoffs[site.name])
        days.append(day)
        unknown.append(int(known[::-1].argmax()) if known.any() else steps)
    return Origins(np.arange(len(days)), np.array(days), np.array(unknown))


def _rows(grid: Grid, origins: Origins, quantiles: np.ndarray) -> Iterator[pd.DataFrame]:
    for site, day, values in zip(origins.site, origins.day, quantiles, strict=True):
        instants, steps = grid.instants(int(site), int(day))
        frame = pd.DataFrame(values[steps].astype(np.float64), columns=list(QUANTILE_COLUMNS))
        yield frame.assign(site=grid.sites[site].name, ts=instants.strftime("%Y-%m-%dT%H:%M:%SZ"))


set_model(ServedModel())
