"""Forecasts as rows: every instant of each local day once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecast, Origins
from pipeline.core.series.grid import Grid


def to_rows(grid: Grid, made: Forecast) -> pd.DataFrame:
    """Return rows of (target_day, site, ts, q05 … q95), sorted by target day, site and instant.

    A day of 23 or 25 hours has as many rows as it has instants: the steps that spring skips are left out, those that autumn repeats stand
    twice.
    """
    names = np.array([site.name for site in grid.sites], object)
    parts = []
    for members, instants, steps in alike(grid, made.origins):
        rows = {
            "target_day": [grid.day_at(made.origins.day[members[0]])] * (members.size * steps.size),
            "site": np.repeat(names[made.origins.site[members]], steps.size),
            "ts": pd.DatetimeIndex(np.tile(instants.to_numpy(dtype="datetime64[us]"), members.size), tz="UTC"),
        }
        values = made.quantiles[members][:, steps].reshape(-1, len(QUANTILE_COLUMNS)).astype(np.float64)
        parts.append(pd.DataFrame(rows | dict(zip(QUANTILE_COLUMNS, values.T, strict=True))))
    if not parts:
        return pd.DataFrame(columns=["target_day", "site", "ts", *QUANTILE_COLUMNS])
    return pd.concat(parts).sort_values(["target_day", "site", "ts"], ignore_index=True)


def from_rows(grid: Grid, origins: Origins, rows: pd.DataFrame) -> Forecast:
    """Return the forecast of which ``to_rows`` made these rows, without attention; NaN at steps that a day has not.

    Args:
        grid: The one it was made from.
        origins: Of whose sites each has its whole day in ``rows``.
        rows: site, ts, q05 … q95.
    """
    ordered = rows.sort_values(["site", "ts"])
    names, firsts = np.unique(ordered["site"].to_numpy(object), return_index=True)
    values = dict(zip(names, np.split(ordered[list(QUANTILE_COLUMNS)].to_numpy(np.float32), firsts[1:]), strict=True))
    quantiles = np.full((len(origins), grid.shape[2], len(QUANTILE_COLUMNS)), np.nan, np.float32)
    for members, _, steps in alike(grid, origins):
        for member in members:
            quantiles[member, steps] = values[grid.sites[origins.site[member]].name]
    return Forecast(origins, quantiles)


def to_attention_rows(grid: Grid, made: Forecast) -> pd.DataFrame:
    """Return attention as rows of (target_day, site, band, past_day, weight); empty where the forecaster pays none."""
    columns = ["target_day", "site", "band", "past_day", "weight"]
    if made.attention is None or not len(made.origins):
        return pd.DataFrame(columns=columns)
    past = made.attention.shape[2]
    origin, band, lag = (index.ravel() for index in np.indices(made.attention.shape))
    day = made.origins.day[origin]
    names = np.array([site.name for site in grid.sites], object)
    dates = {index: grid.day_at(index) for index in np.unique(np.concatenate([day, day - past + lag]))}
    rows = {
        "target_day": [dates[index] for index in day],
        "site": names[made.origins.site[origin]],
        "band": band,
        "past_day": [dates[index] for index in day - past + lag],
        "weight": made.attention.ravel().astype(np.float64),
    }
    return pd.DataFrame(rows, columns=columns)


def steps_of(grid: Grid, origins: Origins) -> np.ndarray:
    """Return which steps ``(B, S)`` each origin's day has: those that spring skips it has not."""
    there = np.zeros((len(origins), grid.shape[2]), bool)
    for members, _, steps in alike(grid, origins):
        there[np.ix_(members, np.unique(steps))] = True
    return there


def alike(grid: Grid, origins: Origins) -> Iterator[tuple[np.ndarray, pd.DatetimeIndex, np.ndarray]]:
    """Yield the rows ``(M,)`` of origins that share a day, a zone and a phase, with the instants and steps ``(T,)`` of that day."""
    zone, _ = pd.factorize(np.array([site.timezone for site in grid.sites], object))
    key = np.stack([origins.day, zone[origins.site], grid.phase_minutes[origins.site]], axis=1)
    kinds, inverse = np.unique(key, axis=0, return_inverse=True)
    for kind in range(len(kinds)):
        members = np.flatnonzero(inverse.ravel() == kind)
        first = members[0]
        yield members, *grid.instants(int(origins.site[first]), int(origins.day[first]))
