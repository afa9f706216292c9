"""How well a day was planned, as sums that may be pooled: peaks, volumes, the fleet's total, the risk of going above capacity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.evaluation.metrics import pinball_loss
from pipeline.core.models.contract import MEDIAN, QUANTILES

LOW, HIGH = QUANTILES.index(0.10), QUANTILES.index(0.90)
BINS = 5  # of risk, a fifth each
WHOLE = 0.95  # share of a day's readings, or of an instant's expected total, that must be in


def sums_of(quantiles: np.ndarray, actual: np.ndarray) -> dict[str, float]:
    """Return ``counted``, ``loss`` (pinball), ``actual``, ``below50`` and ``inside80`` of quantiles ``(M, Q)``, summed over known ``(M,)``.

    Example:
        >>> sums_of(np.full((2, 7), 10.0), np.array([10.0, np.nan]))
        {'counted': 1, 'loss': 0.0, 'actual': 10.0, 'below50': 1, 'inside80': 1}
    """
    known = np.isfinite(actual)
    came, said = actual[known], quantiles[known]
    return {
        "counted": int(known.sum()),
        "loss": float(pinball_loss(came, said).mean(axis=-1).sum()),
        "actual": float(np.abs(came).sum()),
        "below50": int((came <= said[:, MEDIAN]).sum()),
        "inside80": int(((came >= said[:, LOW]) & (came <= said[:, HIGH])).sum()),
    }


def risk_sums(risk: np.ndarray, came: np.ndarray) -> dict[str, Any]:
    """Return ``counted``, ``brier`` and by fifth of the risk ``bin_counted``, ``bin_said``, ``bin_came``: sums over sites.

    Args:
        risk: ``(M,)`` probability that was said.
        came: ``(M,)`` whether it came; as numbers, NaN where unknown.

    Example:
        >>> found = risk_sums(np.array([0.1, 1.0, 0.5]), np.array([0.0, 1.0, np.nan]))
        >>> found["counted"], round(found["brier"], 2), found["bin_came"]
        (2, 0.01, [0.0, 0.0, 0.0, 0.0, 1.0])
    """
    known = np.isfinite(came)
    said, true = risk[known], came[known]
    bins = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    sums = {"counted": np.ones(len(said)), "said": said, "came": true}
    by_bin = {f"bin_{name}": np.bincount(bins, values, BINS).tolist() for name, values in sums.items()}
    return {"counted": int(known.sum()), "brier": float(((said - true) ** 2).sum())} | by_bin


def whole_day_actuals(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``peak`` and ``mean`` of each site's readings, by site; NaN where too few of the day are in.

    Args:
        rows: ``site`` and ``actual``, a row per instant of the forecast, NaN where no reading came.
    """
    by_site = rows.groupby("site")["actual"]
    found = pd.DataFrame({"peak": by_site.max(), "mean": by_site.mean()})
    found[by_site.count() / by_site.size() < WHOLE] = np.nan
    return found


def total_actuals(rows: pd.DataFrame, step_minutes: int) -> pd.Series:
    """Return the fleet's total by instant on a multiple of the step; a missing reading counts as its median, too many make it NaN.

    Args:
        rows: ``ts``, ``actual`` and ``q50``, a row per site and instant.
        step_minutes: Interval of the readings.
    """
    known = rows["actual"].notna()
    parts = pd.DataFrame({"actual": rows["actual"].fillna(rows["q50"]), "said": rows["q50"], "known": rows["q50"].where(known, 0.0)})
    sums = parts.groupby(rows["ts"].dt.floor(f"{step_minutes}min")).sum()
    return sums["actual"].where(sums["known"] >= WHOLE * sums["said"])
