"""The day to come as a whole: peaks, volumes, risks and totals, from its paths and from what past days taught about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.core.models.contract import MEDIAN, QUANTILE_COLUMNS, Forecast
from pipeline.core.models.rows import alike
from pipeline.core.scenarios.billing import Month, bills, carried, readings_of
from pipeline.core.scenarios.dependence import error_scores, in_parts
from pipeline.core.scenarios.memory import Advice
from pipeline.core.scenarios.paths import PATHS, draw
from pipeline.core.scenarios.quantities import hourly_peaks, peak_hours, peaks, risk
from pipeline.core.scenarios.spread import HALF, Correction, corrected, risk_above, spread_of, values_at
from pipeline.core.scenarios.totals import Total, Totals, minutes_on_step
from pipeline.core.series.clock import day_start
from pipeline.core.series.grid import Grid

HOUR, MINUTE = np.timedelta64(1, "h"), np.timedelta64(1, "m")
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Drawn:
    """Paths of some sites' day.

    Args:
        members: ``(n,)`` rows of the forecast; all begin their day at the same instant.
        start: That instant.
        instants: ``(T,)`` of the day, each once.
        steps: ``(T,)`` of the forecast; the hour that autumn repeats stands twice.
        hour: ``(T,)`` whole hours since ``start``.
        paths: ``(P, n, T)``.
    """

    members: np.ndarray
    start: pd.Timestamp
    instants: pd.DatetimeIndex
    steps: np.ndarray
    hour: np.ndarray
    paths: np.ndarray


@dataclass(frozen=True)
class Outlook:
    """What is planned of a day.

    Args:
        sites: Frames of one row per site, each with (target_day, site): ``peaks`` (q05 … q95, hour_probability), ``volumes`` (q05 … q95)
            and, of sites with a capacity, ``risks`` (capacity, starts_at, day, hours, minutes, hour_q50, hour_q95); where a month is
            asked for, ``billing`` (month, readings, to_date, q05 … q95).
        totals: Sums of the paths by label.
        billed: Sums of the month's readings by label; None where none is asked for.
    """

    sites: dict[str, pd.DataFrame]
    totals: Totals
    billed: Totals | None


def drawn(grid: Grid, made: Forecast, count: int = PATHS) -> Iterator[Drawn]:
    """Yield the paths of each forecast day, some sites at a time, over the instants that the day has."""
    for members, instants, steps in alike(grid, made.origins):
        first = made.origins.subset(members[:1])
        start = pd.Timestamp(day_start(grid.day_at(first.day[0]), grid.sites[first.site[0]].timezone))
        hour = ((instants - start) // HOUR).to_numpy()
        for rows in in_parts(len(members), count):
            part = members[rows]
            paths = draw(made.quantiles[part], error_scores(grid, made.origins.subset(part)), count)
            whole = np.array_equal(steps, np.arange(paths.shape[-1]))
            yield Drawn(part, start, instants, steps, hour, paths if whole else paths[:, :, steps])


def outlook(grid: Grid, made: Forecast, labels: Sequence[Mapping[str, str]], advice: Advice, month: Month | None = None) -> Outlook:
    """Return what is planned of the forecast days.

    Args:
        grid: Readings known at the cutoff.
        made: The forecast, one day of each site.
        labels: Of each site of the grid.
        advice: What past days teach about each row of the forecast.
        month: Whose 95th percentile is asked for; None for none.
    """
    answered = made.origins.site
    days = [instants for _, instants, _ in alike(grid, made.origins)]
    every = np.unique(np.concatenate([minutes_on_step(instants, grid.step_minutes) for instants in days]))
    totals = Totals.of([labels[site] for site in answered], every, grid.step_minutes)
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in ("peaks", "volumes", "risks", *(["billing"] if month else []))}
    readings = readings_of(grid, answered, month) if month else None
    billed = Totals.of([labels[site] for site in answered], month.past, grid.step_minutes) if month else None
    for part in drawn(grid, made):
        sites, at = answered[part.members], minutes_on_step(part.instants, grid.step_minutes)
        totals.add(part.paths, [labels[site] for site in sites], at)
        day = grid.day_at(made.origins.day[part.members[0]])
        for name, columns in _planned(grid, sites, part, made.quantiles[part.members][:, part.steps], advice.subset(part.members)).items():
            rows[name].append(pd.DataFrame({"target_day": day, **columns}))
        if month and billed and readings is not None:
            own = readings[part.members]
            billed.add(carried(own, grid.step_minutes)[None], [labels[site] for site in sites], month.past)
            bill = bills(own, month, part.paths, at)
            rows["billing"].append(pd.DataFrame({"target_day": day, "site": [grid.sites[i].name for i in sites], **bill}))
    tables = {name: pd.concat(frames).sort_values(["target_day", "site"], ignore_index=True) for name, frames in rows.items()}
    return Outlook(tables, totals, billed)


def to_total_frames(totals: Totals) -> dict[str, pd.DataFrame]:
    """Return rows by group, of the label ``''`` for the fleet: ``totals`` by instant, ``total_peaks`` and ``total_volumes`` of the day."""
    found: dict[str, list[pd.DataFrame]] = {"totals": [], "total_peaks": [], "total_volumes": []}
    for total in totals.each():
        group = {"label": total.group[0], "value": total.group[1], "sites": total.sites}
        by_instant = _quantiles(spread_of(total.paths))
        instants = pd.DatetimeIndex(total.instants.astype("datetime64[m]").astype("datetime64[us]"), tz="UTC")
        found["totals"].append(pd.DataFrame(group | {"ts": instants} | by_instant).assign(sites=total.present))
        at = instants[int(np.argmax(by_instant[QUANTILE_COLUMNS[MEDIAN]]))]
        several = {"sites_at_once": int(total.present.max()), "peak_at": at}
        for name, values, more in (("peaks", total.paths.max(axis=1), several), ("volumes", _volume(total), {})):
            found[f"total_{name}"].append(pd.DataFrame(group | more | _quantiles(spread_of(values[:, None]))))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def _planned(grid: Grid, sites: np.ndarray, part: Drawn, quantiles: np.ndarray, advice: Advice) -> dict[str, dict[str, object]]:
    """Columns of the frames of ``Outlook.sites``, of one part with quantiles ``(n, T, Q)``."""
    names = np.array([grid.sites[i].name for i in sites], object)
    seconds = grid.step_minutes * SECONDS_PER_MINUTE
    capacity = np.array([np.nan if (known := grid.sites[i].capacity) is None else known for i in sites])
    said = advice.say(part.paths, quantiles, np.ones(quantiles.shape[:2], bool))
    found = advice.quantiles(said)
    some = np.flatnonzero(np.isfinite(capacity))
    paths, limit = part.paths[:, some], capacity[some]
    day = risk_above(said.peak[some], limit, advice.peak.subset(some))
    at_risk = risk(paths, _as_likely(paths, day), part.hour, grid.step_minutes)
    hourly = hourly_peaks(paths, part.hour)
    by_hour = {
        "hours": np.minimum(at_risk["hours"], day[:, None]),
        "minutes": at_risk["minutes"],
        "hour_q50": hourly[..., HALF],
        "hour_q95": _high(hourly),
    }
    return {
        "peaks": {"site": names, **_columns(found["peak"]), "hour_probability": _lists(peak_hours(part.paths, part.hour))},
        "volumes": {"site": names, **_columns(found["volume"] * seconds)},
        "risks": {"site": names[some], "capacity": limit, "starts_at": part.start, "day": day}
        | {name: _lists(values) for name, values in by_hour.items()},
    }


def _as_likely(paths: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Limits ``(n,)`` that as many of the peaks of paths ``(P, n, T)`` exceed as the day's risk ``(n,)`` says: its hours agree with it."""
    return values_at(spread_of(peaks(paths)), ndtri(1 - day)[:, None])[:, 0]


def _columns(quantiles: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(QUANTILE_COLUMNS, quantiles.T, strict=True))


def _quantiles(spread: np.ndarray) -> dict[str, np.ndarray]:
    """Return the quantiles of distributions ``(N, K)`` by their columns."""
    return _columns(corrected(spread, Correction.none(len(spread))))


def _high(spread: np.ndarray) -> np.ndarray:
    flat = spread.reshape(-1, spread.shape[-1])
    return corrected(flat, Correction.none(len(flat)))[:, -1].reshape(spread.shape[:-1])


def _lists(values: np.ndarray) -> list[list[float]]:
    return values.astype(np.float32).tolist()


def _volume(total: Total) -> np.ndarray:
    return total.paths.sum(axis=1) * (total.step_minutes * SECONDS_PER_MINUTE)
