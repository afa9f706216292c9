"""A run divided into shards: every site once, an empty shard in its place, a failed one filled, a missing one never overlooked."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site
from pipeline.errors import NothingToForecastError, StoreError
from pipeline.steps import run_step
from pipeline.steps.features import features
from pipeline.steps.fill import fill
from pipeline.steps.forecast import forecast
from pipeline.steps.gather import gather
from pipeline.steps.publish import publish
from pipeline.steps.validate import validate
from tests.fixtures.snapshots import LOAD_TWO_WEEKS, RUN, make_readings, put_snapshot

SITES = tuple(f"site {i}" for i in range(8))
DIVIDED = replace(RUN, shards=2)


def walk(settings: Settings, part: Run) -> None:
    """Do what the chain of a shard does up to its features."""
    names = [name for name in SITES if part.holds(name)]
    put_snapshot(settings, make_readings(*names), tuple(Site(name) for name in names), run=part)
    validate(part, settings)
    features(part, settings)


def rows_of(settings: Settings, result: dict) -> pd.DataFrame:
    return Store(settings.store_url).get_frame(result["forecasts"])


def test_shards_together_publish_what_the_whole_would(database, run_sql):
    walk(database, RUN)
    forecast(RUN, database)
    whole = publish(RUN, database)
    rows = "SELECT target_day, site, ts, q05, q50, q95, degradation FROM dayahead.forecasts ORDER BY site, ts"
    before = run_sql(rows)

    for part in DIVIDED.parts():
        walk(database, part)
        forecast(part, database)

    assert publish(DIVIDED, database) == whole
    assert run_sql(rows) == before


def test_publish_writes_nothing_while_a_shard_is_missing(database, run_sql):
    first, second = DIVIDED.parts()
    walk(database, first)
    forecast(first, database)

    with pytest.raises(StoreError, match=rf"no result of step forecast at .*{second.folder}"):
        publish(DIVIDED, database)

    assert run_sql("SELECT count(*) FROM dayahead.forecasts") == [(0,)]


def test_fill_answers_for_every_site_of_a_shard_by_the_last_rung(database):
    part = DIVIDED.parts()[0]
    walk(database, part)

    filled = rows_of(database, fill(part, database))

    assert set(filled["degradation"]) == {"seasonal_naive"}
    assert sorted(set(filled["site"])) == [name for name in SITES if part.holds(name)]


def test_fill_fetches_the_readings_that_the_chain_did_not_come_to(database, run_sql):
    run_sql(LOAD_TWO_WEEKS, list(SITES), list(SITES))
    part = DIVIDED.parts()[1]

    filled = rows_of(database, fill(part, database))

    assert sorted(set(filled["site"])) == [name for name in SITES if part.holds(name)]
    assert len(filled) == 24 * filled["site"].nunique()


def test_shard_without_a_site_leaves_the_others_to_be_published(database, run_sql, monkeypatch):
    run_sql(LOAD_TWO_WEEKS, list(SITES[:1]), list(SITES[:1]))
    monkeypatch.setattr("pipeline.config.read_settings", lambda: database)
    empty, full = sorted(DIVIDED.parts(), key=lambda part: part.holds(SITES[0]))
    fill(full, database)

    with pytest.raises(NothingToForecastError, match=f"no reading from .* for {empty.folder}; the last reading is of"):
        run_step("extract", empty.to_json())

    assert publish(DIVIDED, database)["sites"] == 1


def test_run_whose_every_shard_is_empty_is_not_taken_for_published(database, monkeypatch):
    monkeypatch.setattr("pipeline.config.read_settings", lambda: database)
    for part in DIVIDED.parts():
        with pytest.raises(NothingToForecastError):
            run_step("extract", part.to_json())

    with pytest.raises(NothingToForecastError, match="none of the 2 shards"):
        publish(DIVIDED, database)


def test_training_on_shards_sees_the_very_grid_of_the_whole_fleet(database):
    walk(database, RUN)
    store = Store(database.store_url)
    whole = {step: store.read_result(RUN, step) for step in ("extract", "validate", "features")}
    for part in DIVIDED.parts():
        walk(database, part)

    gathered = gather(DIVIDED, database)

    assert gathered == whole["features"]  # its grid is named by content
    for step in ("extract", "validate"):
        found = store.read_result(DIVIDED, step)
        files = store.get(found["readings"], lambda path: json.loads(path.read_text()))
        assert found["rows"] == whole[step]["rows"] == sum(len(store.get_frame(file)) for file in files)


def test_training_waits_for_every_shard(database):
    first, second = DIVIDED.parts()
    walk(database, first)

    with pytest.raises(StoreError, match=rf"no result of step .* at .*{second.folder}"):
        gather(DIVIDED, database)


def test_undivided_training_has_nothing_to_gather(database):
    walk(database, RUN)

    assert gather(RUN, database) == Store(database.store_url).read_result(RUN, "features")
