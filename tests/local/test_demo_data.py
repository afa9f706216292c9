from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import DataError
from pipeline.local.demo import day_after_last_reading, is_trained
from pipeline.local.demo_data import load_file, load_sample, sample_marker


def silent(_share: float, _rows: int) -> None:
    pass


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    file = tmp_path / "own.csv"
    rows = [f"gate,2026-03-0{day} {hour:02d}:00,{hour + day}" for day in (1, 2, 3) for hour in range(24)]
    file.write_text("\n".join(["site,ts,throughput", *rows, ""]))
    return file


def test_sample_is_loaded_into_an_empty_database_once_and_gives_way_to_a_file(database: Settings, run_sql, own_file):
    report = load_sample(database, silent)

    assert report is not None
    assert (report.sites, report.step_minutes) == (20, 10)
    assert load_sample(database, silent) is None
    assert day_after_last_reading(database) == date(2026, 8, 21)

    load_file(database, own_file, "Europe/Berlin", silent)

    assert run_sql("SELECT DISTINCT site FROM dayahead.traffic") == [("gate",)]
    assert run_sql("SELECT site, timezone FROM dayahead.sites") == [("gate", "Europe/Berlin")]
    assert not sample_marker(database).exists()


def test_file_with_a_wrong_header_leaves_the_sample_where_it_is(database: Settings, run_sql, tmp_path):
    sample_marker(database).parent.mkdir(parents=True)
    sample_marker(database).write_text('["fra-01"]')
    run_sql("INSERT INTO dayahead.sites (site) VALUES ('fra-01')")
    (tmp_path / "odd.csv").write_text("place,when\na,b\n")

    with pytest.raises(DataError, match="has no column"):
        load_file(database, tmp_path / "odd.csv", None, silent)

    assert run_sql("SELECT site FROM dayahead.sites") == [("fra-01",)]


def test_target_day_is_the_first_local_day_after_the_last_reading(database: Settings, own_file):
    load_file(database, own_file, "Europe/Berlin", silent)

    assert day_after_last_reading(database.model_copy(update={"timezone": "Europe/Berlin"})) == date(2026, 3, 4)
    assert day_after_last_reading(database.model_copy(update={"timezone": "Asia/Tokyo"})) == date(2026, 3, 5)


def test_empty_database_is_told_with_the_way_to_load(database: Settings):
    with pytest.raises(DataError, match=r"traffic is empty; load readings first: python -m pipeline load FILE"):
        day_after_last_reading(database)


def test_day_counts_as_trained_only_after_its_decision_on_promotion(database: Settings):
    from pipeline.adapters.store.snapshots import Run, Store

    day = date(2026, 3, 4)
    assert not is_trained(database, day)

    Store(database.store_url).write_result(Run("train", day, database.cutoff_of(day)), "promote", {"decision": "promoted"})

    assert is_trained(database, day)
