"""DAGs that are forms: what somebody fills in, and what comes of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[2] / "dags"
PROBE = """
import json, logging, sys
from airflow.utils.db import initdb
logging.disable(logging.CRITICAL)
initdb()
from airflow.dag_processing.dagbag import DagBag
logging.disable(logging.NOTSET)
ended = []
for form in json.loads(sys.argv[2]):
    dag = DagBag(sys.argv[1]).dags[sys.argv[3]]  # anew: one that ran remembers what was filled in
    ended.append(dag.test(run_conf=form).state)
print("PROBE" + json.dumps(ended))
"""
SITES = """INSERT INTO dayahead.sites (site, country, labels) VALUES ('fra', 'DE', '{"tier": "edge"}')"""
NOTED = """
SELECT kind, category, site, labels, starts_at::text, ends_at::text, expected_factor, note, noted_by FROM dayahead.events ORDER BY id
"""
MATCH = {"category": "match", "from": "2026-06-11T20:00:00+02:00", "to": "2026-06-11T23:00:00+02:00"}


@pytest.fixture
def fill_in(database, run_sql, tmp_path):
    """Function that fills a DAG's form in, once for each further argument; returns how the runs ended, and what was said."""
    run_sql(SITES)
    own = {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    own |= {"PYTHONPATH": str(DAGS.parent), "DAYAHEAD_HOME": str(database.home)}
    environment = os.environ | own | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    def run(dag: str, *forms: dict) -> tuple[list[str], str]:
        words = [sys.executable, "-c", PROBE, str(DAGS), json.dumps(forms), dag]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
        marked = [line for line in done.stdout.splitlines() if line.startswith("PROBE")]
        assert marked, done.stderr
        return json.loads(marked[0].removeprefix("PROBE")), done.stdout + done.stderr

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
