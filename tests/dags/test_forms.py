"""DAGs that are forms: what somebody fills in, and what comes of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from threading import Timer

import pytest

from tests.fixtures.dag_process import DAGS, LONGEST_SECONDS, environment_of

PROBE = """
import json, logging, os, sys
from airflow.utils.db import initdb
logging.disable(logging.CRITICAL)
initdb()
from airflow.dag_processing.dagbag import DagBag
logging.disable(logging.NOTSET)
for line in sys.stdin:
    dag, forms, environment = json.loads(line)
    os.environ |= environment
    # Parsed anew: a DAG that ran remembers what was filled in.
    ended = [DagBag(sys.argv[1]).dags[dag].test(run_conf=form).state for form in forms]
    print("PROBE" + json.dumps(ended))
"""
SITES = """INSERT INTO dayahead.sites (site, country, labels) VALUES ('fra', 'DE', '{"tier": "edge"}')"""
NOTED = """
SELECT kind, category, site, labels, starts_at::text, ends_at::text, expected_factor, note, noted_by FROM dayahead.events ORDER BY id
"""
MATCH = {"category": "match", "from": "2026-06-11T20:00:00+02:00", "to": "2026-06-11T23:00:00+02:00"}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A process that runs DAGs as it is told, a line each: the first run of a process costs as much as twenty more."""
    environment = environment_of(tmp_path_factory.mktemp("airflow"))
    words = [sys.executable, "-u", "-c", PROBE, str(DAGS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(words, env=environment, text=True, **pipes) as process:
        watch = Timer(LONGEST_SECONDS, process.kill)
        watch.start()
        yield process
        watch.cancel()
        process.kill()  # nothing of it is kept


@pytest.fixture
def fill_in(airflow, database, run_sql):
    """Function that fills a DAG's form in, once for each further argument; returns how the runs ended, and what was said."""
    run_sql(SITES)
    environment = {"DAYAHEAD_HOME": str(database.home), "DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    def run(dag: str, *forms: dict) -> tuple[list[str], str]:
        print(json.dumps([dag, forms, environment]), file=airflow.stdin, flush=True)
        said = ""
        for line in airflow.stdout:
            if line.startswith("PROBE"):
                return json.loads(line.removeprefix("PROBE")), said
            said += line
        raise AssertionError(said)

    return run


def test_what_the_form_says_is_noted_once_by_whoever_triggered_it(fill_in, run_sql):
    of_site = MATCH | {"sites": ["fra"], "factor": 1.5, "note": "opening match"}
    of_labels = {"kind": "break", "from": "2026-07-01T00:00:00Z", "labels": ["tier=edge", "country=DE"]}

    ended, _ = fill_in("note_event", of_site, of_labels, of_site)

    assert ended == ["success"] * 3
    assert run_sql(NOTED) == [
        ("expected", "match", "fra", None, "2026-06-11 18:00:00+00", "2026-06-11 21:00:00+00", 1.5, "opening match", "dag_test"),
        ("break", None, None, {"tier": "edge", "country": "DE"}, *["2026-07-01 00:00:00+00"] * 2, None, "", "dag_test"),
    ]


def test_a_form_that_cannot_be_is_refused_in_words(fill_in, run_sql):
    ended, said = fill_in("note_event", MATCH | {"sites": ["frs"]}, MATCH | {"to": "2026-06-11T19:00:00+02:00"})

    assert ended == ["failed"] * 2
    assert "there is no site 'frs'; was 'fra' meant?" in said
    assert "the form: the event ends at 2026-06-11T19:00:00+02:00, before it starts" in said
    assert run_sql(NOTED) == []


def test_a_question_about_a_day_that_is_not_forecast_is_refused_in_words(fill_in):
    capacity = {"sites": ["fra"], "capacity": 1e9, "target_day": "2026-03-31"}

    ended, said = fill_in("what_if", capacity, MATCH | {"kind": "ignore", "target_day": "2026-03-31"}, {"target_day": "2026-03-31"})

    assert ended == ["failed"] * 3
    assert said.count("no result of step forecast") >= 2
    assert "the question supposes nothing" in said
