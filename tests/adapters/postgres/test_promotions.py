"""Decisions and quarantined rows in a real PostgreSQL."""

from datetime import date

import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect, run_query
from pipeline.adapters.postgres.promotions import champion_on, record_promotion
from pipeline.adapters.postgres.quarantine import quarantine_rows
from pipeline.errors import DataError

REJECTED = pd.DataFrame(
    {
        "site": ["a\0b", None, "c"],
        "ts": [pd.Timestamp("2026-08-01", tz="UTC"), pd.NaT, None],
        "reason": ["x", "x", "y"],
        "payload": [{"throughput": float("inf"), "site": "a\0b"}, {"ts": "gone"}, '{"throughput": "-inf"}'],
    }
)


def decide(settings, version: str, decision: str, previous: str | None = None, by: str = "gate") -> bool:
    with connect(settings, "writer") as connection:
        return record_promotion(
            connection, version=version, previous=previous, decided_by=by, decision=decision, reason="better", figures={"wql": 0.9}
        )


def champion(settings, day: date) -> str | None:
    with connect(settings, "writer") as connection:
        return champion_on(connection, day)


def test_which_version_was_champion_on_a_day_is_known(database, run_sql):
    decide(database, "1", "promoted")
    run_sql("UPDATE dayahead.promotions SET decided_at = '2026-08-01 12:00+00'")
    decide(database, "2", "promoted", "1")
    run_sql("UPDATE dayahead.promotions SET decided_at = '2026-08-10 12:00+00' WHERE version = '2'")
    decide(database, "3", "rejected", "2")
    decide(database, "1", "rolled_back", "2")

    assert champion(database, date(2026, 7, 31)) is None
    assert champion(database, date(2026, 8, 1)) == "1"
    assert champion(database, date(2026, 8, 9)) == "1"
    assert champion(database, date(2026, 8, 10)) == "2"
    assert champion(database, date(2099, 1, 1)) == "1"


def test_a_person_who_says_what_the_gate_said_is_written_down_too(database, run_sql):
    assert decide(database, "1", "rejected")
    assert decide(database, "1", "rejected", by="ana")

    assert run_sql("SELECT decided_by FROM dayahead.promotions ORDER BY id") == [("gate",), ("ana",)]


def test_deciding_the_same_twice_leaves_one_decision(database, run_sql):
    assert decide(database, "1", "promoted")
    assert not decide(database, "1", "promoted", "1")
    assert decide(database, "2", "promoted", "1")
    assert decide(database, "1", "promoted", "2")
    assert run_sql("SELECT version FROM dayahead.promotions ORDER BY id") == [("1",), ("2",), ("1",)]


def test_an_unknown_decision_is_refused(database):
    with pytest.raises(ValueError, match="decision 'maybe' is not known; expected one of promoted, rejected, rolled_back"):
        decide(database, "1", "maybe")


def test_quarantine_keeps_rows_as_they_came_once(database, run_sql):
    with connect(database, "writer") as connection:
        first = quarantine_rows(connection, REJECTED, "run")
        second = quarantine_rows(connection, REJECTED, "later run")

    assert (first, second) == (3, 0)
    kept = run_sql("SELECT site, ts IS NULL, payload, run_id FROM dayahead.quarantine ORDER BY id")
    assert kept == [
        ("a\N{REPLACEMENT CHARACTER}b", False, {"site": "a\N{REPLACEMENT CHARACTER}b", "throughput": "inf"}, "run"),
        (None, True, {"ts": "gone"}, "run"),
        ("c", True, {"throughput": "-inf"}, "run"),
    ]


def test_a_query_gives_columns_rows_and_what_the_server_said(database):
    assert run_query(database, "SELECT 1 AS one, 'x%' AS text") == (["one", "text"], [(1, "x%")], "SELECT 1")
    assert run_query(database, "CREATE TEMP TABLE t ()") == (None, [], "CREATE TABLE")


@pytest.mark.parametrize(
    ("query", "message"), [("SELEC 1", "syntax error"), ("SELECT 1 / 0", "division by zero"), ("SELECT nothing", "does not exist")]
)
def test_a_wrong_query_is_answered_in_the_servers_words(database, query, message):
    with pytest.raises(DataError, match=message):
        run_query(database, query)
