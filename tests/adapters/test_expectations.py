"""Great Expectations states the verdicts; masks in arrays agree with it row for row."""

import logging
import time
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.expectations import Expectations
from pipeline.core.series.checks import Check, covariate_checks, row_checks
from pipeline.core.series.frames import Site
from pipeline.core.series.measures import row_measures
from pipeline.errors import DataError, StoreError
from tests.fixtures.snapshots import CUTOFF, make_readings

BETWEEN = Check("x is small", "x is big", "x", minimum=0, maximum=10)


def test_verdict_names_what_was_found_and_expected(tmp_path):
    verdict, *_ = Expectations(tmp_path).judge("figures", pd.DataFrame({"x": [1.0, 50.0, np.nan]}), [BETWEEN])

    assert (verdict.success, verdict.unexpected) == (False, 1)
    assert str(verdict) == "expectation failed: x is small; found 50 in 1 row(s), expected at least 0 and at most 10"


@pytest.mark.parametrize(
    ("check", "values", "broken"),
    [
        (BETWEEN, [0.0, 10.0, 10.1, -1.0, np.nan], [2, 3]),
        (Check("", "", "x", minimum=0, above=True), [0.0, 1.0, np.nan], [0]),
        (Check("", "", "x", maximum=5), np.array([5, 6]), [1]),
        (Check("", "", "x", maximum=5), [np.inf, -np.inf], [0]),
        (Check("", "", "x"), [1.0, np.nan], [1]),
        (Check("", "", "x"), pd.to_datetime(["2026-01-01", None]).tz_localize("UTC"), [1]),
        (Check("", "", "x", allowed=("a", "b")), ["a", "c", None], [1]),
    ],
)
def test_great_expectations_and_the_mask_agree(tmp_path, check, values, broken):
    frame = pd.DataFrame({"x": values})

    verdict, *_ = Expectations(tmp_path).judge("figures", frame, [check])

    assert np.flatnonzero(check.broken(frame)).tolist() == broken
    assert (verdict.success, verdict.unexpected) == (not broken, len(broken))


def test_every_row_check_agrees_with_its_mask_on_a_frame_with_every_fault(tmp_path):
    frame = make_readings("a", "b")
    frame.loc[[1, 2, 3, 4], "throughput"] = [np.nan, np.inf, -1, 1e9]
    frame.loc[5, "site"] = "stranger"
    frame.loc[6, "ts"] = pd.NaT
    frame.loc[7, "ts"] += pd.Timedelta(minutes=9)
    frame.loc[8, "ts"] = pd.Timestamp(CUTOFF)
    frame.loc[[9, 10], "device_num"] = [-1, 1e6]
    frame = pd.concat([frame, frame.iloc[[20]]], ignore_index=True)
    measures = row_measures(frame, (Site("a"), Site("b")), cutoff=CUTOFF, step_minutes=60, covariates=["device_num"])
    checks = [*row_checks(), *covariate_checks(["device_num"])]

    verdicts = Expectations(tmp_path).judge("readings", measures, checks)

    assert [v.check for v in verdicts] == checks
    assert [v.unexpected for v in verdicts] == [int(check.broken(measures).sum()) for check in checks]
    assert not any(v.success for v in verdicts)


@pytest.mark.parametrize(("stale", "success"), [(5, True), (6, False)])
def test_check_that_speaks_of_most_values_holds_up_to_its_share(tmp_path, stale, success):
    hours = [100.0] * stale + [1.0] * (10 - stale)

    verdict, *_ = Expectations(tmp_path).judge("sites", {"x": hours}, [Check("", "", "x", maximum=48, mostly=0.5)])

    assert verdict.success is success


def test_column_that_cannot_be_compared_is_an_error_and_not_a_verdict(tmp_path):
    with pytest.raises(DataError, match="could not check that x is small"):
        Expectations(tmp_path).judge("figures", pd.DataFrame({"x": ["a", "b"]}), [BETWEEN])


def test_data_docs_are_static_pages_with_the_check_in_words_and_replace_an_earlier_run(tmp_path):
    docs = tmp_path / "gx" / "run"
    for _ in range(2):
        expectations = Expectations(docs)
        expectations.judge("figures", pd.DataFrame({"x": [50.0]}), [BETWEEN])
        url = expectations.publish()

    index = Path(urlparse(url).path)
    pages = list(docs.rglob("validations/**/*.html"))
    assert index == docs.resolve() / "index.html"
    assert len(pages) == 1
    assert "figures" in index.read_text()
    assert "x is small" in (docs / "expectations" / "figures.html").read_text()


def test_data_docs_that_cannot_be_written_say_where(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot write Data Docs to .*file/gx"):
        Expectations(tmp_path / "file" / "gx").publish()


def test_a_million_readings_are_judged_in_seconds(tmp_path):
    frame = make_readings(*(f"site-{i}" for i in range(25)), days=278, step_minutes=10)
    sites = tuple(Site(f"site-{i}") for i in range(25))
    expectations = Expectations(tmp_path)

    began = time.process_time()
    measures = row_measures(frame, sites, cutoff=CUTOFF, step_minutes=10)
    verdicts = expectations.judge("readings", measures, row_checks())

    assert len(frame) > 1_000_000
    assert all(v.success for v in verdicts)
    assert time.process_time() - began < 5


def test_a_library_that_tells_of_every_function_it_skips_does_not_fill_the_log_of_a_task():
    from great_expectations._docs_decorators import logger

    assert not logger.isEnabledFor(logging.INFO)
