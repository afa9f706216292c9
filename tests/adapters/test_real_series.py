"""The real series of the evaluation, at least in part, where they lie beside the project; a stand-in of the same shape elsewhere."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest

from pipeline.adapters.loading import load_readings
from tests.adapters.test_loading import HEADER, written

DATA = Path(os.environ.get("DAYAHEAD_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.parametrize(
    ("name", "zone", "step"),
    [
        ("muenster_bike_15min", "Europe/Berlin", 15),
        ("cortez_isp_5min", "UTC", 5),
        ("esnet_transatlantic_1h", "UTC", 60),
        ("nasa_requests_5min", "America/New_York", 5),
    ],
)
def test_real_series_load_where_they_are_present(database, run_sql, tmp_path, name, zone, step):
    source = DATA / f"{name}.csv.gz"
    if source.is_file():
        with gzip.open(source, "rt") as file:
            lines = [line for _, line in zip(range(20_001), file, strict=False)]
    else:
        lines = [HEADER, *(f"{name},{t},1\n" for t in pd.date_range("2026-08-01", periods=500, freq=f"{step}min"))]

    report = load_readings(database, written(tmp_path, "".join(lines)), timezone=zone)

    assert report.step_minutes == step
    assert report.loaded + report.missing == report.rows == len(lines) - 1
    assert report.quarantined.total() == 0
