"""How well one published day turned out, site by site: the rows of the tables ``scores`` and ``scores_by_hour``."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from pipeline.core.evaluation.metrics import INTERVALS, pinball_loss
from pipeline.core.learning.experts import NAIVES
from pipeline.core.models.contract import MEDIAN, Origins
from pipeline.core.series.clock import infer_step_minutes, to_wall_clock
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import to_grid


def score_sites(site: np.ndarray, actual: np.ndarray, quantiles: np.ndarray, daily_change: np.ndarray) -> pd.DataFrame:
    """Return one row per site that has an actual, indexed by site.

    Args:
        site: ``(R,)`` index of each row's site, below ``N``.
        actual: ``(R,)`` throughput; NaN where it is not in, and such a row counts nowhere.
        quantiles: ``(R, Q)`` in the unit of throughput.
        daily_change: ``(N,)`` mean absolute change of the site from one day to the next before the forecast; NaN where unknown.

    Returns:
        ``steps``, ``actual_total``, ``wape``, ``mase``, ``pinball``, ``coverage50`` … and ``bias``, as the table ``scores`` says them;
        NaN where the divisor is 0.
    """
    known = np.isfinite(actual)
    site, actual, quantiles, n = site[known], actual[known], quantiles[known], len(daily_change)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(site, weights=values, minlength=n)

    steps, level = np.bincount(site, minlength=n), total(actual)
    absolute = total(np.abs(actual - quantiles[:, MEDIAN]))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "steps": steps,
            "actual_total": level,
            "wape": absolute / np.where(level > 0, level, np.nan),
            "mase": absolute / steps / np.where(daily_change > 0, daily_change, np.nan),
            "pinball": total(pinball_loss(actual, quantiles).mean(axis=1)) / steps,
            "bias": total(quantiles[:, MEDIAN] - actual) / np.where(level > 0, level, np.nan),
        }
        for name, (low, high) in INTERVALS.items():
            columns[name] = total((quantiles[:, low] <= actual) & (actual <= quantiles[:, high])) / steps
    scores = pd.DataFrame(columns)
    return scores[steps > 0]


def score_naives(rows: pd.DataFrame, readings: pd.DataFrame, sites: tuple[Site, ...], cutoff: datetime) -> pd.DataFrame:
    """Return the WAPE of each naive rule on the steps of a day, ``(N, rules)``, columns of ``scores``; NaN where it had nothing to go by.

    Args:
        rows: ``site`` (index into ``sites``), ``ts`` and ``actual`` of the day's steps; NaN where it is not in.
        readings: What was known at the cutoff, of the weeks before it.
        sites: ``N`` sites.
        cutoff: Of the forecast that the rules are held beside.
    """
    columns = [f"wape_{rule.name}" for rule in NAIVES]
    if readings.empty:
        return pd.DataFrame(np.nan, range(len(sites)), columns)
    grid = to_grid(readings, sites, step_minutes=infer_step_minutes(rows))
    days, unknown = grid.targets_at(cutoff)
    origins = Origins(np.arange(len(sites)), days, unknown)
    rows = rows[rows["actual"].notna()]
    site, actual = rows["site"].to_numpy(), rows["actual"].to_numpy()
    zones = pd.Series([each.timezone for each in sites]).to_numpy()[site]
    step = np.empty(len(rows), np.int64)
    for zone in np.unique(zones):
        step[zones == zone] = to_wall_clock(rows["ts"][zones == zone], zone, grid.step_minutes)[1]
    wapes = [_wape(site, rule().medians(grid, origins)[site, step], actual, len(sites)) for rule in NAIVES]
    return pd.DataFrame(dict(zip(columns, wapes, strict=True)))


def score_frozen(rows: pd.DataFrame, medians: dict[int, list[float]], sites: int) -> np.ndarray:
    """Return the WAPE ``(N,)`` of medians by instant on the steps of a day; NaN of a site that has none or another number of instants.

    Args:
        rows: ``site`` (index below ``sites``), ``ts`` and ``actual``, a row per instant of the day; NaN where it is not in.
        medians: By site.
        sites: How many sites, ``N``.
    """
    rows = rows.sort_values(["site", "ts"], kind="stable")
    site, actual = rows["site"].to_numpy(), rows["actual"].to_numpy()
    count = np.bincount(site, minlength=sites)
    told = np.array([len(medians.get(i, ())) == count[i] for i in range(sites)])
    said = np.zeros(len(rows))
    said[told[site]] = [value for i in np.flatnonzero(told & (count > 0)).tolist() for value in medians[i]]
    known = told[site] & np.isfinite(actual)
    return _wape(site[known], said[known], actual[known], sites)


def hour_sums(site: np.ndarray, hour: np.ndarray, actual: np.ndarray, quantiles: np.ndarray, sites: int) -> dict[str, np.ndarray]:
    """Return sums by site and hour of the target day, each ``(N, H)``: the row of the table ``scores_by_hour``.

    Args:
        site: ``(R,)`` index of each row's site, below ``sites``.
        hour: ``(R,)`` hours since the site's day began, from 0.
        actual: ``(R,)`` throughput; a row where it is NaN counts nowhere.
        quantiles: ``(R, Q)`` in the unit of throughput.
        sites: How many sites, ``N``.

    Returns:
        ``steps`` and ``inside80`` as whole numbers; ``actual``, ``absolute`` and ``signed`` (median less actual) in the unit of throughput.
    """
    known = np.isfinite(actual)
    hours = int(hour.max()) + 1 if len(hour) else 0
    place = (site * hours + hour)[known]
    actual, quantiles = actual[known], quantiles[known]
    low, high = INTERVALS["coverage80"]
    miss = quantiles[:, MEDIAN] - actual

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=values, minlength=sites * hours).reshape(sites, hours)

    inside = (quantiles[:, low] <= actual) & (actual <= quantiles[:, high])
    return {
        "steps": total(np.ones(len(actual))).astype(np.int64),
        "actual": total(actual),
        "absolute": total(np.abs(miss)),
        "signed": total(miss),
        "inside80": total(inside).astype(np.int64),
    }


def _wape(site: np.ndarray, median: np.ndarray, actual: np.ndarray, sites: int) -> np.ndarray:
    """WAPE by site ``(N,)`` of rows ``(R,)``; NaN where nothing came."""
    level = np.bincount(site, actual, sites)
    wape: np.ndarray = np.bincount(site, np.abs(median - actual), sites) / np.where(level > 0, level, np.nan)
    return wape
