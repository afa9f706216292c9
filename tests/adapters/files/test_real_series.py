"""The public series load whole, at least in part, where this machine has them."""

import gzip
from itertools import islice

import pytest

from pipeline.adapters.postgres.loading import load_readings
from tests.adapters.postgres.test_loading import written
from tests.fixtures.public_series import FOLDER, STEPS, ZONES, series_parameters


@pytest.mark.parametrize("name", series_parameters())
def test_public_series_load_without_a_fault(database, tmp_path, name):
    with gzip.open(FOLDER / f"{name}.csv.gz", "rt") as file:
        lines = list(islice(file, 20_001))

    report = load_readings(database, written(tmp_path, "".join(lines)), timezone=ZONES[name])

    assert report.step_minutes == STEPS[name]
    assert report.loaded + report.missing == report.rows == len(lines) - 1
    assert report.quarantined.total() == 0
