"""Command ``sites``: what a person types, and what then stands in the table."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.errors import ConfigurationError, DataError

ROWS = "SELECT site, timezone, capacity, country, labels, found FROM dayahead.sites ORDER BY site"


@pytest.fixture
def type_in(database, monkeypatch):
    """Function that runs a command and returns what it printed; an error of ours is raised."""
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["sites", *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_site_is_added_changed_and_listed(type_in, run_sql):
    type_in("add", "fra", "--timezone", "Europe/Berlin", "--capacity", "10", "--label", "tier=edge")
    type_in("set", "fra", "--country", "DE", "--label", "rack=7")

    assert run_sql(ROWS) == [("fra", "Europe/Berlin", 10.0, "DE", {"tier": "edge", "rack": "7"}, False)]
    assert type_in("list") == "fra  Europe/Berlin  capacity 10  DE  rack=7 tier=edge\n1 sites\n"
    assert json.loads(type_in("list", "--json"))[0]["timezone"] == "Europe/Berlin"


def test_sites_of_a_file_are_added_retired_and_forecast_again(type_in, run_sql, tmp_path):
    (tmp_path / "sites.csv").write_text("site,timezone,tier\na,Asia/Tokyo,edge\nb,,core\n")
    (tmp_path / "gone").write_text("a\n\nb\n")

    assert type_in("add", "--file", str(tmp_path / "sites.csv")) == "added 2 sites\n"
    assert [row[:2] for row in run_sql(ROWS)] == [("a", "Asia/Tokyo"), ("b", "UTC")]
    assert type_in("retire", "--file", str(tmp_path / "gone")) == "retired: a, b\n"
    assert "retired 2" in type_in("list")
    type_in("retire", "a", "--undo")
    assert run_sql("SELECT site FROM dayahead.sites WHERE retired_at IS NULL") == [("a",)]


def test_a_file_changes_what_it_has_a_column_for_and_an_empty_cell_empties(type_in, run_sql, tmp_path):
    type_in("add", "a", "--timezone", "Asia/Tokyo", "--capacity", "10", "--country", "JP", "--label", "tier=edge", "--label", "rack=7")
    (tmp_path / "labels.csv").write_text("site,tier\na,core\n")
    (tmp_path / "empty.csv").write_text("site,capacity,rack\na,,\n")

    type_in("set", "--file", str(tmp_path / "labels.csv"))
    assert run_sql(ROWS) == [("a", "Asia/Tokyo", 10.0, "JP", {"tier": "core", "rack": "7"}, False)]
    type_in("set", "--file", str(tmp_path / "empty.csv"))
    assert run_sql(ROWS) == [("a", "Asia/Tokyo", None, "JP", {"tier": "core"}, False)]


def test_a_large_file_is_written_in_few_statements_for_each_has_its_zones_looked_up(type_in, run_sql, tmp_path):
    run_sql("""
        CREATE TABLE statements (number int);
        CREATE FUNCTION note_statement() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO public.statements VALUES (1); RETURN NULL; END';
        CREATE TRIGGER noted AFTER INSERT ON dayahead.sites FOR EACH STATEMENT EXECUTE FUNCTION note_statement();
    """)
    (tmp_path / "sites.csv").write_text("site,timezone,tier\n" + "".join(f"site {i},Asia/Tokyo,edge\n" for i in range(2500)))

    assert type_in("add", "--file", str(tmp_path / "sites.csv")) == "added 2500 sites\n"
    assert run_sql("SELECT count(*) FROM dayahead.sites WHERE timezone = 'Asia/Tokyo' AND labels = '{\"tier\": \"edge\"}'") == [(2500,)]
    assert run_sql("SELECT count(*) FROM statements") == [(2,)]


def test_a_site_is_renamed_and_its_old_name_is_shown(type_in, run_sql):
    type_in("add", "old")

    assert type_in("rename", "old", "new") == "renamed old to new\n"
    assert "once old" in type_in("list")


@pytest.mark.parametrize("words", [["add", "c"], ["set", "a", "--capacity", "3"], ["rename", "a", "z"], ["retire", "a"]])
def test_a_dry_run_changes_nothing(type_in, run_sql, words):
    type_in("add", "a")
    everything = "SELECT * FROM dayahead.sites ORDER BY site"
    before = run_sql(everything)

    assert type_in(*words, "--dry-run").startswith("would have ")
    assert run_sql(everything) == before


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["set", "frs", "--capacity", "1"], DataError, "there is no site 'frs'; was 'fra' meant?"),
        (["retire", "x"], DataError, "there is no site 'x'; see: python -m pipeline sites list"),
        (["rename", "x", "y"], DataError, "there is no site 'x'"),
        (["rename", "fra", "fra"], DataError, "there is a site 'fra' already"),
        (["add", "fra"], DataError, "there is a site 'fra' already; change it with"),
        (["add", "b", "--timezone", "Europe/Berlinn"], DataError, "'Europe/Berlinn' is no time zone; expected an IANA name"),
        (["add", "b", "--country", "Germany"], DataError, "'b' has the country 'Germany'; expected an ISO 3166 code such as DE"),
        (["set", "fra", "--country", "DEE"], DataError, "'fra' has the country 'DEE'"),
        (["set", "fra", "--capacity", "-1"], DataError, "violates check constraint"),
        (["add"], ConfigurationError, "expected the name of one site, or --file with several"),
        (["retire"], ConfigurationError, "no site is named"),
        (["set", "fra", "--label", "tier"], ConfigurationError, "--label 'tier' is no pair"),
    ],
)
def test_what_cannot_be_is_refused_in_words(type_in, run_sql, words, error, message):
    type_in("add", "fra")

    with pytest.raises(error, match=message):
        type_in(*words)

    assert [row[:2] for row in run_sql(ROWS)] == [("fra", "UTC")]
