"""Command ``calendars``, the sites that name one, and the run that knows its days from when they were known."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.store.snapshots import Store
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.validate import validate
from tests.fixtures.snapshots import CUTOFF, LOAD_TWO_WEEKS, RUN

DAYS = "from,to,kind,name\n2026-01-12,2026-01-13,school,Winter\n2026-01-15,,school,Fog\n2026-01-15,,holiday,Fair\n"


@pytest.fixture
def type_in(database, run_sql, monkeypatch):
    """Function that runs a command and returns what it printed; an error of ours is raised."""
    run_sql(LOAD_TWO_WEEKS, ["a", "b"], ["a", "b"])
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, list(words))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def loaded(type_in, tmp_path):
    """Calendar ``schools`` of two kinds, named by site a."""
    (tmp_path / "days.csv").write_text(DAYS)
    type_in("calendars", "load", "schools", str(tmp_path / "days.csv"))
    type_in("sites", "set", "a", "--country", "DE", "--calendar", "DE-NW,schools")
    return tmp_path / "days.csv"


def test_a_calendar_is_loaded_once_listed_and_removed(type_in, loaded, run_sql):
    assert type_in("calendars", "load", "schools", str(loaded)) == "added 0 of 4 days to schools\n"
    assert type_in("calendars", "list") == (
        "schools  holiday  1 days  2026-01-15 to 2026-01-15\nschools  school  3 days  2026-01-12 to 2026-01-15\n1 calendars\n"
    )
    assert "calendar DE-NW,schools" in type_in("sites", "list")
    assert type_in("calendars", "load", "others", str(loaded), "--dry-run") == "would have added 4 of 4 days to others\n"
    assert type_in("calendars", "remove", "schools") == "removed schools\n"
    assert run_sql("SELECT count(*) FROM dayahead.calendar_days") == [(0,)]
    assert type_in("calendars", "list") == "0 calendars\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["calendars", "load", "DE-NW", "{file}"], "a calendar cannot be named 'DE-NW'"),
        (["calendars", "load", "a,b", "{file}"], "a calendar cannot be named 'a,b'"),
        (["calendars", "remove", "dentists"], "there is no calendar 'dentists'"),
        (["sites", "set", "b", "--calendar", "DE,dentists"], "the site 'b' has the calendar 'dentists'; .* or one of schools"),
        (["sites", "set", "b", "--calendar", "DE-XX"], "has the calendar 'DE-XX'; expected a country or a subdivision such as DE-NW"),
        (["sites", "set", "--file", "{sites}"], "a site has the calendar 'dentists'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(type_in, loaded, words, message):
    (loaded.parent / "sites.csv").write_text("site,calendar\nb,dentists\n")

    with pytest.raises(DataError, match=message):
        type_in(*(word.format(file=loaded, sites=loaded.parent / "sites.csv") for word in words))


def test_a_site_takes_its_calendar_from_a_file_and_an_empty_cell_empties(type_in, loaded, run_sql):
    (loaded.parent / "sites.csv").write_text("site,calendar\na,\nb,schools\n")

    type_in("sites", "set", "--file", str(loaded.parent / "sites.csv"))

    assert run_sql("SELECT site, calendar FROM dayahead.sites ORDER BY site") == [("a", None), ("b", "schools")]


def walk(settings) -> Grid:
    extract(RUN, settings)
    validate(RUN, settings)
    return Store(settings.store_url).get(features(RUN, settings)["grid"], Grid.load)


def test_a_run_has_the_days_that_were_known_at_its_cutoff(type_in, loaded, database, run_sql):
    run_sql("UPDATE dayahead.calendar_days SET known_from = %s", CUTOFF - timedelta(days=1))
    run_sql("UPDATE dayahead.calendar_days SET known_from = %s WHERE name = 'Fog'", CUTOFF)

    grid = walk(database)

    assert [site.country for site in grid.sites] == ["DE-NW,schools", None]
    assert grid.calendars == {"schools": {"holiday": ["2026-01-15"], "school": ["2026-01-12", "2026-01-13"]}}


def test_without_a_calendar_that_a_site_names_every_file_is_what_it_was(type_in, database, run_sql, tmp_path):
    extract(RUN, database)
    before = walk(database), Store(database.store_url).read_result(RUN, "extract"), Store(database.store_url).read_result(RUN, "features")
    (tmp_path / "days.csv").write_text(DAYS)
    type_in("calendars", "load", "schools", str(tmp_path / "days.csv"))
    run_sql("UPDATE dayahead.calendar_days SET known_from = %s", CUTOFF - timedelta(days=1))

    walk(database)

    assert "calendars" not in before[1]
    assert (Store(database.store_url).read_result(RUN, "extract"), Store(database.store_url).read_result(RUN, "features")) == before[1:]


def test_a_calendar_that_is_none_costs_its_own_site_nothing_else(type_in, loaded, database, run_sql):
    run_sql("UPDATE dayahead.sites SET calendar = 'DE-NW,dentists' WHERE site = 'a'")

    result = extract(RUN, database)

    assert result["fleet"]["unusable"] == {"a": "'dentists' is no calendar; it runs without it"}
