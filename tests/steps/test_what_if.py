"""What if: an event more or another capacity, beside a forecast that stays as it is."""

from datetime import timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.files.events_file import note_of_words
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.scores import read_due
from pipeline.adapters.store.snapshots import Store
from pipeline.errors import DataError, StoreError
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.promote import promote_version
from pipeline.steps.publish import publish
from pipeline.steps.what_if import what_if
from tests.fixtures.snapshots import CUTOFF, RUN
from tests.steps.test_expected_events import EVENING, FACTOR, PAST, is_match, put_history

TONIGHT = f"from={(CUTOFF + EVENING).isoformat()},to={(CUTOFF + EVENING + timedelta(hours=3)).isoformat()}"
MATCH = note_of_words(f"category=match,site=a,{TONIGHT}", "--event")
RELEASE = note_of_words(f"category=release,factor=2,{TONIGHT}", "--event")
ROWS = "SELECT site, ts, q05, q25, q50, q75, q95, model_version FROM dayahead.forecasts WHERE role = %s ORDER BY site, ts"
PLANNED = "SELECT site, q05, q50, q95 FROM dayahead.{} WHERE role = %s ORDER BY site"
ASKED = "SELECT site, supposed, asked_by, capacity, peak_if / peak, volume_if / volume, risk, risk_if FROM dayahead.what_ifs ORDER BY site"
NEXT = "SELECT * FROM dayahead.next_day ORDER BY site, ts"


@pytest.fixture
def forecasted(governed, train):
    """Settings whose champion forecast the day from a history with four matches."""
    promote_version(governed, train(), "anna", "the first")
    put_history(governed, *PAST)
    publish_day(governed)
    return governed


def publish_day(settings) -> None:
    features(RUN, settings)
    forecast(RUN, settings)
    publish(RUN, settings)


def test_a_question_is_answered_beside_the_forecast_as_the_event_itself_would_be(forecasted, run_sql):
    before = run_sql(NEXT)

    what_if(RUN, forecasted, notes=[MATCH], by="anna")

    assert run_sql(NEXT) == before
    asked, champion = (pd.DataFrame(run_sql(ROWS, role)) for role in ("what_if", "champion"))
    assert set(asked[0]) == {"a"}
    plain = champion[champion[0] == "a"].reset_index(drop=True)
    tonight = is_match(plain.rename(columns={0: "site", 1: "ts"}), 0)
    assert (asked[4] / plain[4])[tonight].to_numpy(float) == pytest.approx(FACTOR, rel=0.15)
    planned = {table: run_sql(PLANNED.format(table), "what_if") for table in ("peaks", "volumes")}
    assert [row[:3] for row in run_sql(ASKED)] == [("a", f"match {CUTOFF + EVENING:%Y-%m-%d %H:%M%z} to 2026-01-15 23:00+0000", "anna")]

    put_history(forecasted, *PAST, 0)
    publish_day(forecasted)

    noted = pd.DataFrame(run_sql(ROWS, "champion"))
    assert noted[noted[0] == "a"].reset_index(drop=True).equals(asked)
    assert {table: run_sql(PLANNED.format(table), "champion")[:1] for table in planned} == planned


def test_another_capacity_moves_the_risk_alone(forecasted, run_sql):
    peak = run_sql("SELECT q50 FROM dayahead.peaks WHERE role = 'champion' AND site = 'b'")[0][0]

    what_if(RUN, forecasted, sites=["b"], capacity=peak)

    (row,) = run_sql(ASKED)
    assert row[:6] == ("b", f"capacity {peak:g}", "", peak, 1.0, 1.0)
    assert row[6] is None
    assert row[7] == pytest.approx(0.5, abs=0.1)
    assert run_sql(ROWS, "what_if") == [each for each in run_sql(ROWS, "champion") if each[0] == "b"]


def test_a_question_replaces_the_one_before_at_its_sites_alone(forecasted, run_sql):
    what_if(RUN, forecasted, notes=[RELEASE])
    what_if(RUN, forecasted, notes=[MATCH])

    assert [(row[0], row[1].split()[0]) for row in run_sql(ASKED)] == [("a", "match"), ("b", "release")]
    assert {row[0] for row in run_sql(ROWS, "what_if")} == {"a", "b"}


def test_nobody_scores_what_was_asked(forecasted):
    what_if(RUN, forecasted, notes=[MATCH])

    with connect(forecasted, "writer") as connection:
        due = read_due(connection, RUN.target_day, RUN.target_day, CUTOFF + timedelta(days=2))

    assert set(due["role"]) == {"champion"}


def test_the_command_prints_the_difference(forecasted, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", forecasted.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(forecasted.home))
    monkeypatch.setenv("DAYAHEAD_TRACKING_URL", forecasted.tracking_url)
    monkeypatch.setenv("DAYAHEAD_REGISTERED_MODEL", forecasted.registered_model)
    words = ["what-if", "--target-day", RUN.target_day.isoformat(), "--event", f"category=release,factor=2,{TONIGHT}", "--capacity", "1e12"]

    result = CliRunner().invoke(app, words, catch_exceptions=False)

    assert result.exit_code == 0, result.output
    assert "what if" in result.output
    assert [line.split()[0] for line in result.output.splitlines() if line.split()[:1] in (["a"], ["b"])] == ["a", "b"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "the question supposes nothing"),
        ({"sites": ["nowhere"], "capacity": 1.0}, "means no site with a forecast of 2026-01-15"),
        ({"notes": [note_of_words("category=match,from=2026-01-01T00:00Z,to=2026-01-01T01:00Z", "--event")]}, "before the cutoff"),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_words(forecasted, asked, message):
    with pytest.raises(DataError, match=message):
        what_if(RUN, forecasted, **asked)


def test_a_day_that_is_not_forecast_names_the_step_to_run(database):
    with pytest.raises(StoreError, match="run it first: python -m pipeline forecast --target-day 2026-01-15"):
        what_if(RUN, database, sites=["a"], capacity=1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("category=match,until=2026-01-01T01:00Z", "says 'until'; expected NAME=VALUE with names among category, from, to"),
        ("match", "says 'match'"),
        ("category=match,from=2026-01-15T20:00Z", "has no end"),
        ("category=match", "from '' is no instant"),
    ],
)
def test_an_event_that_cannot_be_is_refused_in_words(text, message):
    with pytest.raises(DataError, match=message):
        note_of_words(text, "--event")


def test_a_question_leaves_the_results_of_the_forecast_as_they_are(forecasted):
    store = Store(forecasted.store_url)
    before = {step: store.read_result(RUN, step) for step in ("extract", "validate", "features", "forecast", "publish")}

    what_if(RUN, forecasted, notes=[MATCH], capacity=3.0)

    assert {step: store.read_result(RUN, step) for step in before} == before
