"""The commands load, sample, sql and migrate as a person calls them, against a real PostgreSQL."""

import csv
import json

import pytest
import typer
from typer.testing import CliRunner

from pipeline.commands import data
from pipeline.errors import ConfigurationError, DataError

app = typer.Typer()
for command in (data.load, data.sample, data.sql, data.migrate):
    app.command()(command)


@pytest.fixture
def call(database, monkeypatch, tmp_path):
    """Function that runs a command and returns what it printed; an error of ours is raised."""
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_a_sample_is_written_and_loaded_with_its_sites(call, run_sql):
    said = call("sample", "--sites", "3", "--days", "9", "--step-minutes", "60", "--end", "2026-05-01", "--poison")
    report = call("load", "sample.csv.gz", "--sites", "sample.sites.csv")

    assert "648 readings of 3 sites, one every 60 min" in said
    assert "648 loaded: new" in report
    assert "2 quarantined: throughput is not a number" in report
    assert "3 sites (0 new), 2026-04-23 00:00 to 2026-05-01 23:00 UTC, one every 60 min" in report
    assert run_sql("SELECT count(*), count(capacity), count(country) FROM dayahead.sites WHERE timezone <> ''") == [(3, 3, 3)]


def test_load_takes_own_names_and_a_zone(call, run_sql, tmp_path):
    (tmp_path / "own.csv").write_text("perf_name;created_at;thp\nx;2026-08-01 00:00;1\nx;2026-08-01 00:10;2\n")

    call("load", "own.csv", "--columns", "site=perf_name,ts=created_at,throughput=thp", "--timezone", "Asia/Ho_Chi_Minh")

    assert run_sql("SELECT min(ts)::text, max(throughput) FROM dayahead.traffic") == [("2026-07-31 17:00:00+00", 2.0)]


def test_load_refuses_a_mapping_that_is_none(call, tmp_path):
    with pytest.raises(ConfigurationError, match="'site' is no pair; expected OURS=YOURS"):
        call("load", "own.csv", "--columns", "site")


def test_sites_get_labels_from_further_columns(call, run_sql, tmp_path):
    (tmp_path / "sites.csv").write_text("site,capacity,region\nx,5,south\ny,,\n")
    (tmp_path / "r.csv").write_text("site,ts,throughput\nx,2026-08-01 00:00,1\nx,2026-08-01 00:10,2\n")

    call("load", "r.csv", "--sites", "sites.csv")

    assert run_sql("SELECT site, timezone, capacity, labels FROM dayahead.sites ORDER BY site") == [
        ("x", "UTC", 5.0, {"region": "south"}),
        ("y", "UTC", None, {}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nx\n", "names no site; found the columns name"),
        ("site\nx\nx\n", "names the site 'x' twice"),
        ("site,capacity\nx,much\n", "site 'x' has the capacity 'much'"),
        ("site,timezone\nx,Mars\n", "time zone 'Mars'"),
        ("", "is empty"),
        ("site,capacity\na,5,6,7\n", "line 2: 'a,5,6,7' has more or fewer values than the header"),
        ("site,capacity\na\n", "line 2: 'a' has more or fewer values"),
        ("site,capacity\na\0b,5\n", "column 'site' holds a NUL character"),
        ("site,region\na,x\0y\n", "column 'region' holds a NUL character"),
        ("site,capacity,capacity\na,5,6\n", "has 2 columns 'capacity'"),
        ("site,capacity\na,inf\n", "site 'a' has the capacity 'inf'"),
        ("site,country\na,XX\n", "the country 'XX'; expected an ISO 3166 code"),
        ("site,capacity\n,5\n", "row 1 names no site"),
        (f"site\n{'é' * 501}\n", "more than 1000 bytes"),
        ("site,capacity,\na,5,6\n", "values in a column without a name"),
        ('site,region\n"a,x\nb,y\nc,z\n', "the record that begins in line 2 runs on"),
    ],
)
def test_a_sites_file_that_is_wrong_is_refused(call, tmp_path, text, message):
    (tmp_path / "sites.csv").write_text(text)

    with pytest.raises(DataError, match=message):
        call("load", "r.csv", "--sites", "sites.csv")


def test_sites_are_not_described_where_the_readings_beside_them_are_refused(call, run_sql, tmp_path):
    (tmp_path / "sites.csv").write_text("site,capacity\nx,5\n")
    (tmp_path / "r.csv").write_text("site,ts,throughput\n" + 2000 * "x,never,1\n")

    with pytest.raises(DataError, match="2000 of the first 2000 rows"):
        call("load", "r.csv", "--sites", "sites.csv")
    assert run_sql("SELECT count(*) FROM dayahead.sites") == [(0,)]


def test_a_sites_file_may_be_divided_by_semicolons_and_end_its_lines_with_empty_cells(call, run_sql, tmp_path):
    (tmp_path / "sites.csv").write_text(" site ;timezone;capacity;\nx; Europe/Berlin ;5;\n")
    (tmp_path / "r.csv").write_text("site,ts,throughput\nx,2026-08-01 00:00,1\nx,2026-08-01 00:10,2\n")

    call("load", "r.csv", "--sites", "sites.csv")

    assert run_sql("SELECT site, timezone, capacity, labels FROM dayahead.sites") == [("x", "Europe/Berlin", 5.0, {})]


def test_sql_prints_a_table_json_or_csv(call):
    query = "SELECT 'it''s' AS name, 1234.5 AS value, NULL AS nothing, '{\"a\": 1}'::jsonb AS more, '2026-08-01Z'::timestamptz AS ts"

    table = call("sql", query)
    rows = json.loads(call("sql", "--json", query))
    lines = list(csv.reader(call("sql", "--csv", query).splitlines()))

    assert "it's" in table
    assert table.endswith("1 row\n")
    assert rows[0]["name"] == "it's"
    assert rows[0]["more"] == {"a": 1}
    assert lines[0] == ["name", "value", "nothing", "more", "ts"]
    assert lines[1][:4] == ["it's", "1234.5", "", '{"a": 1}']


def test_sql_says_what_a_statement_without_rows_did(call):
    assert call("sql", "CREATE TABLE dayahead.mine (a int)") == "CREATE TABLE\n"


def test_sql_refuses_two_formats_and_a_wrong_statement(call):
    with pytest.raises(ConfigurationError, match="exclude each other"):
        call("sql", "--json", "--csv", "SELECT 1")
    with pytest.raises(DataError, match="Postgres refused the statement: syntax error"):
        call("sql", "SELEC 1")


def test_migrate_says_what_it_applied(call):
    assert call("migrate").endswith("up to date\n")
