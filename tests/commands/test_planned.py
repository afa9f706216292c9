"""Command ``planned load``: from a file to what a run reads."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.planned import read_planned
from pipeline.errors import DataError

SITES = """INSERT INTO dayahead.sites (site, country, labels) VALUES ('fra', 'DE', '{"tier": "edge"}'), ('ams', 'NL', '{}')"""
ROWS = "SELECT name, site, labels, ts::text, value, known_from::text FROM dayahead.planned ORDER BY ts, value"
HEADER = "ts,name,value,site,labels,known_from\n"
FILE = HEADER + (
    "2026-06-11T18:00Z,temperature,21.5,fra,,2026-06-10T06:00Z\n"
    "2026-06-11T21:00+02:00,temperature,20,,tier=edge;country=DE,2026-06-10T06:00Z\n"
    "2026-06-11T20:00Z,bookings,7,,,2026-06-10T06:00Z\n"
)


@pytest.fixture
def type_in(database, run_sql, monkeypatch, tmp_path):
    """Function that loads a file of some text and returns what was printed; an error of ours is raised."""
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    run_sql(SITES)
    file = tmp_path / "plan.csv"

    def run(text: str, *words: str) -> str:
        file.write_text(text)
        result = CliRunner().invoke(app, ["planned", "load", str(file), *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_file_is_taken_in_once_and_a_corrected_value_replaces_its_own(type_in, run_sql):
    assert type_in(FILE, "--dry-run").startswith("would have written 3 of 3 values of bookings, temperature")
    assert run_sql(ROWS) == []

    type_in(FILE)

    assert run_sql(ROWS) == [
        ("temperature", "fra", None, "2026-06-11 18:00:00+00", 21.5, "2026-06-10 06:00:00+00"),
        ("temperature", None, {"tier": "edge", "country": "DE"}, "2026-06-11 19:00:00+00", 20.0, "2026-06-10 06:00:00+00"),
        ("bookings", None, None, "2026-06-11 20:00:00+00", 7.0, "2026-06-10 06:00:00+00"),
    ]
    assert type_in(FILE).startswith("written 0 of 3")
    assert type_in(FILE.replace("21.5", "23.5")).startswith("written 1 of 3")
    assert [row[4] for row in run_sql(ROWS)] == [23.5, 20.0, 7.0]


def test_a_value_without_known_from_is_known_from_now_on(type_in, run_sql):
    type_in("ts,name,value\n2026-06-11T18:00Z,temperature,21.5\n")

    assert run_sql("SELECT known_from > now() - interval '1 minute' FROM dayahead.planned") == [(True,)]


def test_a_run_reads_what_was_known_at_its_cutoff(type_in, database):
    type_in(FILE + "2026-06-11T18:00Z,temperature,25,fra,,2026-06-11T00:00Z\n2026-06-30T18:00Z,temperature,9,fra,,2026-06-10T06:00Z\n")

    with connect(database, "reader") as connection:
        found = read_planned(
            connection, datetime(2026, 6, 11, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)
        )
        nothing = read_planned(connection, *(datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)))

    assert found["name"].tolist() == ["bookings", "temperature", "temperature"]
    assert found["value"].tolist() == [7.0, 21.5, 20.0]
    assert found["site"].isna().tolist() == [True, False, True]
    assert found["ts"].iloc[1] == pd.Timestamp("2026-06-11 18:00Z")
    assert found["known_from"].iloc[0] == pd.Timestamp("2026-06-10 06:00Z")
    assert nothing.empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "2026-06-11T18:00Z,temperature,,fra,,\n", r"row 1: value '' is no number; expected a finite one"),
        (HEADER + "2026-06-11T18:00Z,temperature,inf,fra,,\n", "row 1: value 'inf' is no number"),
        (HEADER + "2026-06-11T18:00Z,temperature,1,,,\n2026-06-11 19:00,temperature,2,,,\n", r"row 2: ts '2026-06-11 19:00' names no zone"),
        (HEADER + "noon,temperature,1,,,\n", "row 1: ts 'noon' is no instant"),
        (HEADER + ",temperature,1,,,\n", "row 1: has no ts"),
        (HEADER + "2026-06-11T18:00Z,temperature,1,,,today\n", "row 1: known_from 'today' is no instant"),
        (HEADER + "2026-06-11T18:00Z,2nd temperature,1,,,\n", "row 1: name '2nd temperature' expected letters"),
        (HEADER + "2026-06-11T18:00Z,temperature,1,fra,tier=edge,\n", "row 1: names the site 'fra' and labels"),
        (HEADER + "2026-06-11T18:00Z,temperature,1,,tier,\n", "label 'tier' is no pair"),
        (HEADER + "2026-06-11T18:00Z,t,1,,,\n2026-06-11T20:00+02:00,t,2,,,\n", r"row 2: repeats the ts .* of an earlier row"),
        (HEADER + "2026-06-11T18:00Z,temperature,1,muc,,\n", "'muc'"),
        (HEADER + "2026-06-11T18:00Z,device_num,1,,,\n", "'device_num' is a covariate of the past in DAYAHEAD_COVARIATES"),
        ("ts,name,value,colour\n2026-06-11T18:00Z,t,1,red\n", "has the column 'colour'; expected ts, name, value, site"),
        ("ts,name\n", "names no value"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words_with_its_row(type_in, run_sql, text, message):
    with pytest.raises(DataError, match=message):
        type_in(text)
    assert run_sql(ROWS) == []


@pytest.mark.parametrize(
    "values", ["'a b', 1, NULL, NULL", "'t', 'NaN', NULL, NULL", """'t', 1, 'fra', '{"tier": "edge"}'""", "'t', 1, NULL, '{}'"]
)
def test_the_table_itself_refuses_what_cannot_be(type_in, run_sql, values):
    with pytest.raises(Exception, match="violates check constraint"):
        run_sql(f"INSERT INTO dayahead.planned (ts, name, value, site, labels) VALUES ('2026-06-11Z', {values})")
