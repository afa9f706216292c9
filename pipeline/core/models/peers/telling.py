"""Which covariates say something of tomorrow: asked of small trees on the validation days, before anything large is trained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.core.evaluation.bootstrap import Interval, ratio_interval
from pipeline.core.models.contract import WORTH, FitOptions, Split
from pipeline.core.models.peers.lag_features import COVARIATE_COLUMNS, PLANNED_COLUMNS, SHORTEST_CONTEXT_DAYS, LagFeatures
from pipeline.core.models.peers.lag_rows import rows_of
from pipeline.core.series.grid import Grid

QUIET = {"verbose": -1, "num_threads": 1, "force_col_wise": True}
BINNING = QUIET | {"feature_pre_filter": False}  # short histories grow smaller leaves than LightGBM assumes
ROWS = 20_000
TREES = 60
SMALL = BINNING | {"objective": "regression_l1", "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "deterministic": True}
EARLY_SHARE = 0.25


class Told(NamedTuple):
    """The covariates that a model uses, of the past and known ahead, and what each one asked is worth as figures of the fit."""

    covariates: list[str]
    planned: list[str]
    figures: dict[str, float]


def telling_covariates(chosen: list[str] | None, grid: Grid, split: Split, options: FitOptions, context_days: int) -> Told:
    """Return the covariates with which the median errs less on the validation days, beyond noise; none without such days.

    Each is asked alone: the upper end of the 95 % interval (over days) of its error over the error without it lies below 1. What it is
    worth is that ratio.

    Args:
        chosen: Names to use without asking; None to ask.
        grid: Readings, covariates and what is planned.
        split: Days to learn from and to ask.
        options: Give the seed and what is unknown at a cutoff.
        context_days: How far back the trees look, at least the days that a row needs.
    """
    worth = _worth(grid, split, options, max(context_days, SHORTEST_CONTEXT_DAYS)) if chosen is None else {}
    figures = {f"{WORTH}{name}": ratio.value for name, ratio in worth.items() if np.isfinite(ratio.value)}
    names = [name for name, ratio in worth.items() if ratio.high < 1] if chosen is None else chosen
    return Told([name for name in names if name not in grid.planned], [name for name in names if name in grid.planned], figures)


def _worth(grid: Grid, split: Split, options: FitOptions, context_days: int) -> dict[str, Interval]:
    """Return of each covariate the error with it over the error without."""
    past, planned = (
        [name for name, values in sorted(series.items()) if np.isfinite(values[:, : split.train.stop]).any()]
        for series in (grid.covariates, grid.planned)
    )
    if not past + planned or not len(split.validation):
        return {}
    import lightgbm  # a fleet without covariates need not load it

    maker, rng, unknown = (
        LagFeatures(grid, context_days, past, planned),
        np.random.default_rng(options.seed),
        options.unknown_at(grid.shape[0]),
    )
    learnt, asked = (rows_of(maker, grid, days, unknown, ROWS, EARLY_SHARE, rng) for days in (split.train, split.validation))
    if not len(learnt.target) or not len(asked.target):
        return {}
    widths = [*(COVARIATE_COLUMNS for _ in past), *(PLANNED_COLUMNS for _ in planned)]
    own = learnt.features.shape[1] - sum(widths)

    def error_with(columns: list[int]) -> np.ndarray:
        """Return the sum of absolute errors of each validation day."""
        rows = lightgbm.Dataset(learnt.features[:, columns], learnt.target, params=SMALL)
        trees = lightgbm.train(SMALL | {"seed": options.seed}, rows, TREES)
        error = np.abs(np.asarray(trees.predict(asked.features[:, columns], num_threads=1)) - asked.target)
        return np.bincount(asked.day - split.validation.start, error, len(split.validation))

    without = error_with(list(range(own)))
    found, stops = {}, own + np.cumsum(widths)
    for name, width, stop in zip([*past, *planned], widths, stops, strict=True):
        found[name] = ratio_interval(error_with([*range(own), *range(stop - width, stop)]), without)
    return found
