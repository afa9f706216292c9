"""What OpenLineage tells of a run, where its provider is installed, on steps that only pretend to work."""

import json
from importlib.util import find_spec

import pytest

from tests.fixtures.dag_process import found_by

PROBE = """
import sys
from airflow.utils.db import initdb
initdb()
import pipeline.scheduling.tasks
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.lineage import get_hook_lineage_collector

def pretend(name, run, **options):
    get_hook_lineage_collector.cache_clear()  # a task's own process begins without what others collected
    return {"rows": 288}

pipeline.scheduling.tasks.run_step = pretend
dag = DagBag(sys.argv[1]).dags["forecast_day_ahead"]
dag.deadline = None
print("PROBE" + ("true" if dag.test().state == "success" else "false"))
"""


@pytest.mark.skipif(not find_spec("airflow.providers.openlineage"), reason="OpenLineage is not installed: uv pip install --group lineage")
def test_a_catalogue_learns_that_forecasts_are_made_of_traffic(tmp_path):
    events = tmp_path / "events"

    assert found_by(
        PROBE,
        tmp_path / "airflow",
        DAYAHEAD_DATABASE_URL="postgresql://me:secret@db.example:5432/mine",
        OPENLINEAGE__TRANSPORT=json.dumps({"type": "file", "log_file_path": str(events), "append": True}),
    )

    told = {event["job"]["name"]: event for event in map(json.loads, events.read_text().splitlines()) if event["eventType"] == "COMPLETE"}
    publish = told["forecast_day_ahead.publish"]
    assert [(each["namespace"], each["name"]) for each in publish["inputs"]] == [("postgres://db.example:5432", "mine.dayahead.traffic")]
    assert [(each["namespace"], each["name"]) for each in publish["outputs"]] == [("postgres://db.example:5432", "mine.dayahead.forecasts")]
    assert "secret" not in events.read_text()
