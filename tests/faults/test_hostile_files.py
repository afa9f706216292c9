"""Every file of the corpus through ``load`` and ``backtest``: no traceback, no row lost without a word, and both of one opinion."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adapters.files.readings_file import read_readings_file
from pipeline.adapters.files.tally import LoadReport
from pipeline.adapters.postgres.loading import load_readings
from pipeline.config import Settings
from pipeline.errors import DataError
from tests.faults.hostile_files import HOURS, Hostile, hostile_files
from tests.faults.hostile_parquet import hostile_parquet
from tests.fixtures.journal import Journal

EMPTY = "TRUNCATE dayahead.traffic, dayahead.quarantine, dayahead.sites, dayahead.site_aliases"
FILES = [*hostile_files(), *hostile_parquet()]


def test_the_corpus_holds_two_hundred_files_of_different_names():
    assert len(FILES) >= 200
    assert len({file.name for file in FILES}) == len(FILES)


def test_every_row_of_every_file_is_loaded_or_quarantined_or_the_file_is_refused(
    database: Settings, run_sql, tmp_path: Path, journal: Journal
):
    wrong = []
    for file in FILES:
        path = tmp_path / file.name
        path.write_bytes(file.content)
        run_sql(EMPTY)
        loaded, read = loading_of(path, database), reading_of(path)
        path.unlink()
        wrong += [f"{file.name}: {fault}" for fault in faults_of(file, loaded, read, run_sql)]

    journal.tried("hostile files through load and backtest", len(FILES), f"{len(wrong)} tracebacks, losses or differences")
    assert not wrong, "\n".join(wrong)


def loading_of(path: Path, database: Settings) -> LoadReport | Exception:
    try:
        return load_readings(database, path)
    except Exception as error:  # noqa: BLE001 — to be counted
        return error


def reading_of(path: Path) -> LoadReport | Exception:
    try:
        return read_readings_file(path, covariates=("device_num", "dxcc_usage"))[1]
    except Exception as error:  # noqa: BLE001 — to be counted
        return error


def faults_of(file: Hostile, loaded: LoadReport | Exception, read: LoadReport | Exception, run_sql) -> list[str]:
    """What is wrong with what became of a file."""
    for said in (loaded, read):
        if isinstance(said, Exception) and not isinstance(said, DataError):
            return [f"traceback {said!r}"]
    if isinstance(loaded, DataError):
        assert str(loaded).count(file.name) >= 1
        faults = [] if file.refused else [f"load refused it: {loaded}"]
        kept = run_sql("SELECT (SELECT count(*) FROM dayahead.traffic) + (SELECT count(*) FROM dayahead.sites)")
        faults += [] if kept == [(0,)] else [f"load refused it and kept {kept}"]
        return faults + ([] if str(read) == str(loaded) else [f"load says {loaded}, backtest {read}"])
    faults = ["load took it"] if file.refused else []
    quarantined, table = loaded.quarantined.total(), run_sql("SELECT count(*) FROM dayahead.traffic")[0][0]
    if loaded.rows != file.rows or loaded.rows != table + loaded.repeated + loaded.missing + quarantined or table != loaded.loaded:
        faults.append(f"{file.rows} rows in the file, but {vars(loaded)} and {table} in the table")
    if run_sql("SELECT count(*) FROM dayahead.quarantine") != [(quarantined,)]:
        faults.append(f"{quarantined} rows told as quarantined, others kept")
    if isinstance(read, DataError):
        return faults + ([] if table == 0 and "is a reading" in str(read) else [f"backtest refused it: {read}"])
    told = {key: value for key, value in vars(read).items() if key != "new_sites"}
    return faults + ([] if told.items() <= vars(loaded).items() else [f"load says {vars(loaded)}, backtest {vars(read)}"])


@pytest.mark.parametrize(
    ("name", "line"),
    [("quote-opens the site-middle.csv", HOURS // 2 + 2), ("quote-joins two rows at the value-first.csv", 2), ("quote-zipped.csv.gz", 11)],
)
def test_a_file_with_a_stray_quotation_mark_is_refused_with_the_line(tmp_path: Path, name: str, line: int):
    file = next(each for each in FILES if each.name == name)
    path = tmp_path / file.name
    path.write_bytes(file.content)

    with pytest.raises(DataError, match=rf"the record that begins in line {line} runs on over the rows below it"):
        read_readings_file(path)


def test_a_quotation_mark_that_swallows_more_than_is_read_at_once_is_refused_with_its_line(tmp_path: Path):
    path = tmp_path / "long.csv"
    path.write_text("site,ts,throughput\n" + 10 * "a,2026-06-01,1\n" + '"a,2026-06-02,1\n' + 600_000 * "a,2026-06-03,1\n")

    with pytest.raises(DataError, match="the record that begins in line 12 runs on"):
        read_readings_file(path)
