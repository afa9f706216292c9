"""Faults of readings, found in blocks of whole sites."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from pipeline.core.series import faults
from pipeline.core.series.checks import covariate_checks, first_fault, row_checks
from pipeline.core.series.faults import find_faults, site_blocks
from pipeline.core.series.frames import Site
from pipeline.core.series.measures import row_measures

CUTOFF = datetime(2026, 1, 15, tzinfo=UTC)
SITES = tuple(Site(name) for name in "abcde")
CHECKS = row_checks()


@pytest.fixture
def readings() -> pd.DataFrame:
    """Ten hourly days of four sites, the last one unknown, with a fault of each kind here and there."""
    rng = np.random.default_rng(0)
    ts = pd.date_range(end=CUTOFF, periods=240, freq="1h", inclusive="left").as_unit("us")
    parts = [pd.DataFrame({"site": site, "ts": ts, "throughput": rng.uniform(1, 9, len(ts))}) for site in "abcx"]
    frame = pd.concat(parts, ignore_index=True).assign(device_num=5.0)
    frame.loc[[3, 300], "throughput"] = [-1.0, np.inf]
    frame.loc[[10, 500], "throughput"] = 1e6
    frame.loc[[20, 310], "device_num"] = [-2.0, 1e9]
    frame.loc[400, "ts"] = frame.loc[401, "ts"]
    return frame


@pytest.mark.parametrize("text", ["str", "category"])
def test_blocks_find_what_one_look_at_everything_finds(readings, text, monkeypatch):
    frame = readings.astype({"site": text})
    measures = row_measures(frame, SITES, cutoff=CUTOFF, step_minutes=60, covariates=["device_num"])
    monkeypatch.setattr(faults, "BLOCK_ROWS", 100)

    found = find_faults(frame, SITES, cutoff=CUTOFF, step_minutes=60, covariates=["device_num"])

    np.testing.assert_array_equal(found.first, first_fault(measures, CHECKS))
    extras = covariate_checks(["device_num"])
    assert [rows.tolist() for rows in found.covariates] == [np.flatnonzero(check.broken(measures)).tolist() for check in extras]
    for check in [*CHECKS, *extras]:
        assert check.broken(found.telling).sum() == check.broken(measures).sum(), check.name


def test_blocks_hold_whole_sites(monkeypatch):
    monkeypatch.setattr(faults, "BLOCK_ROWS", 3)
    names = pd.Series(list("aabbbbccddd"))

    assert [names[block].unique().tolist() for block in site_blocks(names)] == [["a", "b"], ["c", "d"]]
    assert site_blocks(pd.Series(list("aabba"))) == [slice(0, 5)], "a site whose rows do not stand together"
    assert site_blocks(pd.Series(["a", None, "a", None])) == [slice(0, 4)]
    assert site_blocks(pd.Series([], dtype="str")) == [slice(0, 0)]
