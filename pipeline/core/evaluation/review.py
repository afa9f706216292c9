"""What a reviewer looks at before saying yes: pictures of the backtest, and attention as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.evaluation.gate import CHALLENGER
from pipeline.core.models.contract import QUANTILE_COLUMNS

FLEET = "(all sites)"
SHOWN_DAYS = 7


def typical_and_worst(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Return the challenger's site of median WAPE and the one of highest, by ``typical`` and ``worst``; empty where none is known."""
    ordered = sites_by_error(evaluation)
    return {"typical": ordered[len(ordered) // 2], "worst": ordered[0]} if ordered else {}


def sites_by_error(evaluation: Mapping[str, Any]) -> list[str]:
    """Return the sites with a WAPE, the challenger's highest first."""
    errors = evaluation["models"][CHALLENGER].get("wape_by_site", {})
    known = {name: value for name, value in errors.items() if value is not None and value == value}
    return sorted(known, key=lambda name: (-known[name], name))


def draw(
    folder: Path, evaluation: Mapping[str, Any], rows: pd.DataFrame, weights: pd.DataFrame, zones: Mapping[str, str], unit: str = ""
) -> list[Path]:
    """Write the pictures of a backtest and return their paths.

    Args:
        folder: Where to write.
        evaluation: Result of the backtest.
        rows: Forecasts of the sites of ``typical_and_worst`` with what came: ``site``, ``ts`` (UTC), ``actual``, q05 … q95.
        weights: The fleet's mean attention, from ``attention_table``; may be empty.
        zones: Time zone of each site.
        unit: Of the readings; empty where nobody said.
    """
    from pipeline.core.evaluation import plots

    judged = evaluation["models"]
    title = f"{len(judged)} models on the same test days"
    shares = {name: [share.get(column) for column in QUANTILE_COLUMNS] for name, entry in judged.items() if (share := entry["reliability"])}
    made = [plots.plot_reliability(folder / "reliability.png", _finite(shares), title=title)]
    by_step = {name: entry["wape_by_step"] for name, entry in judged.items()}
    made.append(plots.plot_error_by_step(folder / "error_by_step_of_day.png", by_step, title=title))
    for kind, site in typical_and_worst(evaluation).items():
        line = rows[rows["site"] == site].sort_values("ts")
        if line.empty:
            continue
        line = line[line["ts"] >= line["ts"].iloc[-1] - pd.Timedelta(days=SHOWN_DAYS)]
        ts = pd.DatetimeIndex(line["ts"]).tz_convert(zones.get(site, "UTC"))
        picture = folder / f"backtest_{kind}_site.png"
        quantiles, actual = line[list(QUANTILE_COLUMNS)].to_numpy(np.float64), line["actual"].to_numpy(np.float64)
        made.append(plots.plot_forecast(picture, ts, quantiles, actual, title=f"{site}: the {kind} site", unit=unit))
    fleet = weights[weights["site"] == FLEET] if len(weights) else weights
    if len(fleet):
        map_of = fleet.pivot(index="band", columns="days_before", values="weight").sort_index(axis=1, ascending=False)
        made.append(plots.plot_attention(folder / "attention.png", map_of.to_numpy(np.float64), title="attention, mean of all sites"))
    return made


def attention_table(attention: pd.DataFrame, sites: list[str]) -> pd.DataFrame:
    """Return the weight of each past day by part of the target day: the fleet's mean first, then each of ``sites``.

    Args:
        attention: Rows of (target_day, site, band, past_day, weight).
        sites: The sites worth a line of their own; a large fleet's table would be too long to read.
    """
    columns = ["site", "band", "days_before", "weight"]
    if attention.empty:
        return pd.DataFrame(columns=columns)
    before = (pd.to_datetime(attention["target_day"]) - pd.to_datetime(attention["past_day"])).dt.days
    lagged = attention.assign(days_before=before)
    fleet = lagged.groupby(["band", "days_before"], as_index=False)["weight"].mean().assign(site=FLEET)
    own = lagged[lagged["site"].isin(sites)].groupby(["site", "band", "days_before"], as_index=False)["weight"].mean()
    return pd.concat([fleet[columns], own[columns]], ignore_index=True)


def highest_readings(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return, by site, its highest reading of the backtest and what was forecast for that instant: ``actual``, ``q05``, ``q50``, ``q95``.

    Args:
        rows: Forecasts with what came: ``site``, ``actual`` (NaN where nothing did), q05 … q95.
    """
    known = rows[rows["actual"].notna()]
    highest = known.loc[known.groupby("site")["actual"].idxmax()].set_index("site")
    columns = ("actual", "q05", "q50", "q95")
    return {str(site): {name: float(row[name]) for name in columns} for site, row in highest.iterrows()}


def _finite(shares: Mapping[str, list[float | None]]) -> dict[str, np.ndarray]:
    return {name: np.array([np.nan if value is None else value for value in share], float) for name, share in shares.items()}
