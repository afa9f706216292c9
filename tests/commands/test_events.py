"""Command ``events``: what a person types, and what then stands in the table."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.errors import DataError

ROWS = (
    "SELECT kind, category, site, labels, starts_at::text, ends_at::text, expected_factor, note FROM dayahead.events ORDER BY starts_at, id"
)
SITES = """INSERT INTO dayahead.sites (site, country, labels) VALUES ('fra', 'DE', '{"tier": "edge", "rack": 7}'), ('ams', 'NL', '{}')"""
MATCH = ["--kind", "expected", "--category", "match", "--from", "2026-06-11T20:00+02:00", "--to", "2026-06-11T23:00+02:00"]


@pytest.fixture
def type_in(database, run_sql, monkeypatch):
    """Function that runs a command and returns what it printed; an error of ours is raised."""
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    run_sql(SITES)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["events", *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_an_event_is_noted_listed_and_removed(type_in, run_sql):
    said = type_in("add", *MATCH, "--site", "fra", "--factor", "1.8", "--note", "final")

    assert said.startswith("noted 1:  expected match  2026-06-11 18:00Z to 2026-06-11 21:00Z  fra  factor 1.8  final  by ")
    assert run_sql(ROWS) == [("expected", "match", "fra", None, "2026-06-11 18:00:00+00", "2026-06-11 21:00:00+00", 1.8, "final")]
    assert json.loads(type_in("list", "--json"))[0]["sites"] == 1
    assert type_in("list", "--site", "ams") == "0 events\n"
    assert type_in("remove", "1").startswith("removed 1:")
    assert run_sql(ROWS) == []


@pytest.mark.parametrize(
    ("label", "sites"), [(["tier=edge"], 1), (["rack=7"], 1), (["country=NL"], 1), (["tier=edge", "country=NL"], 0), ([], 2)]
)
def test_an_event_of_labels_or_of_the_fleet_says_how_many_sites_it_means(type_in, label, sites):
    words = [word for each in label for word in ("--label", each)]

    assert f"({sites} site{'s' * (sites != 1)})" in type_in("add", *MATCH, *words)


def test_sites_that_are_named_together_have_an_event_each(type_in, run_sql):
    assert type_in("add", *MATCH, "--site", "fra", "--site", "ams").count("noted ") == 2
    assert [row[2] for row in run_sql(ROWS)] == ["fra", "ams"]


def test_events_of_a_file_are_noted_once(type_in, run_sql, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(
        "kind,from,to,category,site,labels,factor,note,known_from\n"
        "expected,2026-06-11T18:00Z,2026-06-11T21:00Z,match,,country=DE,,opening,2025-12-05T18:00Z\n"
        "ignore,2026-06-09 02:00+00:00,2026-06-09 09:30+00:00,,fra,,,fibre cut,\n"
        "break,2026-07-01T00:00+02:00,,,fra,,,new upstream,\n"
    )

    assert type_in("load", str(file), "--dry-run").count("would have noted") == 3
    assert run_sql(ROWS) == []
    assert type_in("load", str(file)).count("noted ") == 3
    noted = run_sql(ROWS)
    assert [row[0] for row in noted] == ["ignore", "expected", "break"]
    assert noted[1][3] == {"country": "DE"}
    assert noted[2][4] == noted[2][5] == "2026-06-30 22:00:00+00"
    assert run_sql("SELECT known_from::text FROM dayahead.events WHERE kind = 'expected'") == [("2025-12-05 18:00:00+00",)]
    assert type_in("load", str(file)) == "3 of 3 were there already\n"
    assert run_sql(ROWS) == noted


@pytest.mark.parametrize("words", [["add", *MATCH, "--site", "ams"], ["remove", "1"]])
def test_a_dry_run_changes_nothing(type_in, run_sql, words):
    type_in("add", *MATCH)
    before = run_sql("SELECT * FROM dayahead.events")

    assert "would have " in type_in(*words, "--dry-run")
    assert run_sql("SELECT * FROM dayahead.events") == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", *MATCH, "--site", "frs"], "there is no site 'frs'; was 'fra' meant?"),
        (["list", "--site", "frs"], "there is no site 'frs'"),
        (["add", *MATCH, "--to", "2026-06-11T20:00+02:00"], "ends at 2026-06-11T20:00:00\\+02:00, before it starts"),
        (["add", *MATCH, "--from", "2026-06-11T20:00"], "--from '2026-06-11T20:00' names no zone; expected an offset"),
        (["add", *MATCH, "--from", "yesterday"], "--from 'yesterday' is no instant"),
        (["add", *MATCH, "--kind", "party"], "of kind 'party'; expected one of expected, ignore, break"),
        (["add", *MATCH, "--factor", "0"], "has the factor 0; expected a number above 0"),
        (["add", *MATCH, "--kind", "ignore", "--factor", "2"], "only an expected one has an effect"),
        (["add", *MATCH, "--to", "2026-06-18T20:00Z"], "lasts 170 hours; an expected one lasts at most 72"),
        (["add", *MATCH[:2], *MATCH[4:]], "has no category"),
        (["add", *MATCH[:-2]], "has no end; only a break"),
        (["add", *MATCH, "--site", "fra", "--label", "tier=edge"], "names a site and labels"),
        (["add", *MATCH, "--label", "tier"], "label 'tier' is no pair"),
        (["remove", "3"], "there is no event 3; see: python -m pipeline events list"),
        (["add", "--kind", "break", "--site", "fra", "--from", "2026-07-01T12:00Z"], "overlaps break 1 of site 'fra'"),
        (["add", "--kind", "break", "--from", "2026-07-01T12:00Z"], "overlaps break 1 of site 'fra'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(type_in, run_sql, words, message):
    type_in("add", "--kind", "break", "--label", "tier=edge", "--from", "2026-07-01T00:00Z", "--to", "2026-07-02T00:00Z")
    before = run_sql("SELECT * FROM dayahead.events")

    with pytest.raises(DataError, match=message):
        type_in(*words)

    assert run_sql("SELECT * FROM dayahead.events") == before


def test_breaks_of_other_sites_and_of_other_days_may_stand_beside_each_other(type_in):
    type_in("add", "--kind", "break", "--site", "fra", "--from", "2026-07-01T00:00Z")

    type_in("add", "--kind", "break", "--site", "ams", "--from", "2026-07-01T00:00Z")
    type_in("add", "--kind", "break", "--site", "fra", "--from", "2026-07-01T00:15Z")

    assert type_in("list").endswith("3 events\n")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("expected,2026-06-11 18:00,2026-06-11T21:00Z,match,", "row 1: from '2026-06-11 18:00' names no zone"),
        ("expected,2026-06-11T18:00Z,2026-06-11T21:00Z,match,much", "row 1: factor 'much' is no number"),
        ("expected,2026-06-11T18:00Z,2026-06-11T17:00Z,match,", "row 1: the event ends at"),
    ],
)
def test_a_row_of_a_file_that_cannot_be_is_named(type_in, run_sql, tmp_path, row, message):
    (tmp_path / "events.csv").write_text(f"kind,from,to,category,factor\n{row}\n")

    with pytest.raises(DataError, match=message):
        type_in("load", str(tmp_path / "events.csv"))
    assert run_sql(ROWS) == []


def test_a_file_with_a_column_that_is_none_of_ours_is_refused(type_in, tmp_path):
    (tmp_path / "events.csv").write_text("kind,from,to,until\nignore,2026-06-11T18:00Z,2026-06-11T21:00Z,x\n")

    with pytest.raises(DataError, match="has the column 'until'; expected kind, from, to, category"):
        type_in("load", str(tmp_path / "events.csv"))


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        ("kind, starts_at, ends_at", "'ignore', '2026-06-02Z', '2026-06-01Z'", "events_end_after_start"),
        ("kind, starts_at, ends_at", "'party', '2026-06-01Z', '2026-06-02Z'", "events_kind"),
        ("kind, starts_at, ends_at, site", "'ignore', '2026-06-01Z', '2026-06-02Z', 'x'", "there is no site 'x'"),
        ("kind, category, starts_at, ends_at, expected_factor", "'expected', 'm', '2026-06-01Z', '2026-06-02Z', -1", "events_factor"),
        ("kind, starts_at, ends_at", "'expected', '2026-06-01Z', '2026-06-02Z'", "events_expected_has_category"),
    ],
)
def test_the_database_refuses_it_as_well(type_in, run_sql, columns, values, message):
    with pytest.raises(Exception, match=message):
        run_sql(f"INSERT INTO dayahead.events ({columns}) VALUES ({values})")


def test_a_renamed_site_keeps_its_events(type_in, run_sql):
    type_in("add", *MATCH, "--site", "fra")

    run_sql("SELECT dayahead.rename_site('fra', 'frankfurt')")

    assert [row[2] for row in run_sql(ROWS)] == ["frankfurt"]
