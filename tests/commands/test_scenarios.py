"""Paths of whole days as a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.adapters.store.snapshots import Store
from pipeline.commands import scenarios
from pipeline.commands.scenarios import write_scenarios
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.errors import StoreError
from tests.docs.pages import FENCED, PROJECT
from tests.fixtures.snapshots import RUN
from tests.steps.test_whole_days import SITES, walk


def test_the_paths_of_the_file_are_those_that_were_published(database, tmp_path, monkeypatch):
    monkeypatch.setattr(scenarios, "ROWS_AT_ONCE", 1_000)
    divided = replace(RUN, shards=2)
    walk(database, divided)

    rows = write_scenarios(divided, database, tmp_path / "paths.parquet", 100)

    found = pd.read_parquet(tmp_path / "paths.parquet")
    assert len(found) == rows == 100 * 24 * len(SITES)
    assert pq.ParquetFile(tmp_path / "paths.parquet").num_row_groups >= 20
    store = Store(database.store_url)
    volumes = pd.concat([store.get_frame(store.read_result(part, "forecast")["volumes"]) for part in divided.parts()]).set_index("site")
    drawn = found.groupby(["site", "path"])["throughput"].sum().mul(3600.0).groupby("site").median()
    assert np.allclose(drawn[list(SITES)], volumes.loc[list(SITES), "q50"], rtol=1e-5)
    forecasts = pd.concat([store.get_frame(store.read_result(part, "forecast")["forecasts"]) for part in divided.parts()])
    median = found.groupby(["site", "ts"])["throughput"].median()
    assert np.allclose(median, forecasts.set_index(["site", "ts"]).loc[median.index, "q50"], rtol=0.02)
    assert (forecasts[QUANTILE_COLUMNS[0]] >= 0).all()


def test_nothing_is_left_of_a_file_that_could_not_be_written(database, tmp_path):
    with pytest.raises(StoreError, match="no result of step forecast"):
        write_scenarios(RUN, database, tmp_path / "paths.parquet", 10)

    assert list(tmp_path.glob("paths*")) == []


def test_the_example_of_the_documentation_runs(database, tmp_path, monkeypatch, capsys):
    walk(database, RUN)
    write_scenarios(RUN, database, tmp_path / "tomorrow.parquet", 20)
    pd.DataFrame({"site": SITES, "capacity": 130.0}).to_csv(tmp_path / "sites.csv", index=False)
    monkeypatch.chdir(tmp_path)
    example = dict(FENCED.findall(Path(PROJECT, "docs/scenarios.md").read_text()))["python"]

    exec(example, {})

    said = capsys.readouterr().out.splitlines()
    assert 0 < float(said[1].split()[-1]) <= len(SITES)
    assert 0 <= float(said[-1]) <= 1
