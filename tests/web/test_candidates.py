"""What departed from the forecast for hours and nobody has noted: found, merged, offered, and gone once it is noted."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.web.candidates import command_of, event_candidates

START = datetime(2026, 8, 18, 12, tzinfo=UTC)
OUTSIDE = """
INSERT INTO dayahead.anomalies (target_day, site, starts_at, ends_at, direction, steps, actual, expected, excess)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1)
"""


@pytest.fixture
def stand_out(run_sql):
    """Function that leaves a run of readings outside the band every five minutes: which site, when, for how long, how far off."""
    for site in ("a", "b", "c"):
        run_sql("INSERT INTO dayahead.sites (site, country) VALUES (%s, 'DE')", site)
    run_sql(
        "INSERT INTO dayahead.completeness (target_day, site, expected, readings, last_reading) VALUES ('2026-08-20', 'a', 288, 288, now())"
    )

    def leave(site: str, after: float, hours: float, factor: float, start: datetime = START) -> None:
        first, last = start + timedelta(hours=after), start + timedelta(hours=after + hours, minutes=-5)
        side = "above" if factor > 1 else "below"
        run_sql(OUTSIDE, first.date(), site, first, last, side, round(12 * hours), 100 * factor, 100)

    return leave


def found(run_sql) -> list[tuple]:
    return run_sql(
        "SELECT starts_at, ends_at, round(change::numeric, 2)::float, names FROM dayahead.event_candidates ORDER BY starts_at, direction"
    )


def test_what_began_at_several_sites_within_an_hour_is_one_candidate_of_their_median_size(stand_out, run_sql):
    stand_out("a", 0, 3.5, 2.8)
    stand_out("b", 0.5, 3, 3.2)
    stand_out("c", 1, 3, 2.0)

    assert found(run_sql) == [(START, START + timedelta(hours=3.5), 1.8, ["a", "b", "c"])]


def test_what_is_short_is_none_and_pieces_of_a_site_less_than_an_hour_apart_are_one(stand_out, run_sql):
    stand_out("a", 0, 1.5, 2)
    stand_out("a", 2, 1.5, 2)
    stand_out("b", 0, 1.5, 2)

    assert found(run_sql) == [(START, START + timedelta(hours=3.5), 1.0, ["a"])]


def test_later_starts_other_directions_and_other_days_stand_alone(stand_out, run_sql):
    stand_out("a", 0, 3, 2)
    stand_out("b", 1.25, 3, 2)
    stand_out("c", 0, 3, 0.5)
    stand_out("a", 24, 3, 2)

    assert [(row[2], row[3]) for row in found(run_sql)] == [(1.0, ["a"]), (-0.5, ["c"]), (1.0, ["b"]), (1.0, ["a"])]


@pytest.mark.parametrize(
    ("kind", "starts", "hours", "left"),
    [
        ("ignore", 0, 3, ["b"]),
        ("ignore", 0, 1, ["a", "b"]),
        ("ignore", 8, 3, ["a", "b"]),
        ("break", -6, 0, ["b"]),
        ("break", -30, 0, ["a", "b"]),
    ],
)
def test_what_an_event_covers_for_half_its_time_or_a_break_explains_is_none(stand_out, run_sql, kind, starts, hours, left):
    stand_out("a", 0, 3, 2)
    stand_out("b", 0, 3, 2)
    first = START + timedelta(hours=starts)
    noted = (kind, first, first + timedelta(hours=hours))
    run_sql("INSERT INTO dayahead.events (kind, site, starts_at, ends_at) VALUES (%s, 'a', %s, %s)", *noted)

    assert [row[3] for row in found(run_sql)] == [left]


def test_the_command_that_is_offered_notes_it_and_then_nothing_is_offered(stand_out, database, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    stand_out("a", 0, 3, 0.1)
    stand_out("b", 0, 3, 0.2)

    offered = event_candidates(database.model_copy(update={"timezone": "Europe/Berlin"}), fleet=3)

    assert [row["command"] for row in offered] == [
        "python -m pipeline events add --kind ignore --from 2026-08-18T14:00+02:00 --to 2026-08-18T17:00+02:00 --site a --site b"
    ]
    assert CliRunner().invoke(app, offered[0]["command"].split()[3:]).exit_code == 0
    assert event_candidates(database, fleet=3) == []


def test_a_command_names_no_crowd():
    many = {"starts_at": START, "ends_at": START + timedelta(hours=2), "sites": 20, "names": [f"s {i}" for i in range(20)]}
    few = many | {"sites": 1, "names": ["s 1"]}

    assert command_of(many, 100, "UTC").endswith("--to 2026-08-18T14:00+00:00 --label KEY=VALUE")
    assert command_of(many, 30, "UTC").endswith("--to 2026-08-18T14:00+00:00")
    assert command_of(few, 100, "UTC").endswith("--site 's 1'")
