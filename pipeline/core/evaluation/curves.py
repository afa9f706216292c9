"""How the losses of a training went down, pass by pass over its windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ("network", "epoch", "loss", "validation")


def losses_by_epoch(curves: Sequence[Mapping[str, Any]], windows: float, batch: float) -> pd.DataFrame:
    """Return one row per network and epoch: the mean loss of its training batches, and its loss on the validation days; NaN where unknown.

    Empty where nothing has a loss on the way: trees and rules. A training of fewer than two epochs has a row per report.

    Args:
        curves: Reports of a fit: ``iteration``, ``iterations``, ``loss``, ``validation``; of an ensemble ``member``, ``members``, ``lap``.
        windows: That each network learns from.
        batch: Windows per iteration.
    """
    points = pd.DataFrame(list(curves)).reindex(columns=["iteration", "iterations", "loss", "validation", "member", "members", "lap"])
    points = points.astype(float).fillna({"member": 1, "members": 1, "lap": 1})
    points = points[points[["loss", "validation"]].notna().any(axis=1)]
    if points.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    own = points["iteration"] - (points["member"] - 1) * points["iterations"] // points["members"]
    begins = (own.diff() <= 0) | (points[["member", "lap"]].diff().abs().sum(axis=1) > 0)
    passed = own * batch / windows
    epoch = np.ceil(passed - 1e-9) if passed.max() >= 2 else passed
    named = points.assign(network=begins.cumsum() + 1, epoch=epoch)
    return named.groupby(["network", "epoch"], as_index=False)[["loss", "validation"]].mean()[list(COLUMNS)]
