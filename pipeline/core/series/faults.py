"""Which readings are faulty and which few decide the checks, in blocks of whole sites: little is held beside the readings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.core.series.checks import covariate_checks, first_fault, row_checks, telling_rows
from pipeline.core.series.frames import Site
from pipeline.core.series.measures import row_measures

BLOCK_ROWS = 100_000  # arrays of that length stay near the caches; no more readings than that are looked at one by one


@dataclass(frozen=True)
class Faults:
    """What is wrong with readings, ``R`` of them.

    Args:
        first: ``(R,)`` index into ``row_checks()`` of the first check that a reading fails; their number where it is good.
        covariates: Rows that fail each of ``covariate_checks``, ascending.
        telling: Measures of the readings that decide the checks; of few readings all.
    """

    first: np.ndarray
    covariates: list[np.ndarray]
    telling: pd.DataFrame


def find_faults(
    readings: pd.DataFrame, sites: Sequence[Site], *, cutoff: datetime, step_minutes: int, covariates: Sequence[str] = ()
) -> Faults:
    """Return what is wrong with readings.

    Args:
        readings: ``site``, ``ts``, ``throughput`` and covariates, in any order; quickest where each site's rows stand together.
        sites: The fleet.
        cutoff: Instant up to which readings are known.
        step_minutes: Length of a step.
        covariates: Columns to check too.
    """
    rows, extras = row_checks(), covariate_checks(covariates)

    def look(block: slice) -> Faults:
        part = readings[block].reset_index(drop=True)
        names = set(part["site"].unique())
        here = [site for site in sites if site.name in names]
        measures = row_measures(part, here, cutoff=cutoff, step_minutes=step_minutes, covariates=covariates)
        telling = telling_rows(measures, [*rows, *extras]) if len(readings) > BLOCK_ROWS else slice(None)
        return Faults(
            first_fault(measures, rows).astype(np.int8),
            [block.start + np.flatnonzero(check.broken(measures)) for check in extras],
            pd.DataFrame({name: pd.Series(values, copy=False).iloc[telling] for name, values in measures.items()}),
        )

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(look, site_blocks(readings["site"])))
    return Faults(
        np.concatenate([part.first for part in found]),
        [np.concatenate(lost) for lost in zip(*(part.covariates for part in found), strict=True)],
        pd.concat([part.telling for part in found], ignore_index=True),
    )


def site_blocks(names: pd.Series) -> list[slice]:
    """Return slices of rows that hold whole sites, ``BLOCK_ROWS`` or few more each; one slice where a site's rows do not stand together."""
    code, labels = pd.factorize(names, use_na_sentinel=False)
    starts = np.flatnonzero(code[1:] != code[:-1]) + 1
    if len(starts) >= len(labels):
        return [slice(0, len(code))]
    wanted = np.searchsorted(starts, np.arange(BLOCK_ROWS, len(code), BLOCK_ROWS))
    cuts = [0, *np.unique(starts[wanted[wanted < len(starts)]]).tolist(), len(code)]
    return [slice(first, last) for first, last in pairwise(cuts)]
