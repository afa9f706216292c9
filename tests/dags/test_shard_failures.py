"""What Airflow makes of a shard that fails: the scheduler's own rules decide, on steps that only pretend to work."""

import json

import pytest

from tests.fixtures.dag_process import found_by

PROBE = """
import json, logging, sys
from airflow.utils.db import initdb
logging.disable(logging.CRITICAL)
initdb()
import pipeline.scheduling.tasks
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
from sqlalchemy import select
from airflow.dag_processing.dagbag import DagBag
from pipeline.errors import DataError, NothingToForecastError

def pretend(name, run, **options):
    if broken.get(f"{name} {run.get('shard')}") == "empty":
        raise NothingToForecastError(f"no site in shard {run['shard']}")
    if f"{name} {run.get('shard')}" in broken:
        raise DataError(f"{name} of shard {run.get('shard')} is broken")
    return {"data_docs": "", "url": ""}

pipeline.scheduling.tasks.run_step = pretend
dag = DagBag(sys.argv[1]).dags["forecast_day_ahead"]
dag.deadline = None  # a test run knows no deadline
for link in pipeline.scheduling.tasks.LINKS.values():
    link[0].get_link = lambda *_, **__: ""
found = {}
for case, (day, broken) in json.loads(sys.argv[2]).items():
    done = dag.test(run_conf={"target_day": day, "shards": 3})
    found[case] = [done.state, {f"{t.task_id} {t.map_index}": t.state for t in done.get_task_instances()}]
with create_session() as session:
    found["days told"] = sorted(str(event.partition_key) for event in session.scalars(select(AssetEvent)))
print("PROBE" + json.dumps(found))
"""
CASES = {
    "forecast fails": ("2026-03-31", {"forecast 1": "fails"}),
    "extract fails": ("2026-03-30", {"extract 0": "fails"}),
    "fill fails": ("2026-03-29", {"forecast 1": "fails", "fill 1": "fails"}),
    "empty": ("2026-03-28", {"extract 2": "empty"}),
    "no day": ("2999-01-01", {}),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """How the run and its tasks ended, by case."""
    return found_by(PROBE, tmp_path_factory.mktemp("airflow"), json.dumps(CASES))


@pytest.mark.parametrize(("case", "shard"), [("forecast fails", 1), ("extract fails", 0)])
def test_a_shard_that_failed_is_filled_alone_and_the_day_is_published(ended: dict, case: str, shard: int):
    state, tasks = ended[case]

    assert state == tasks["publish -1"] == "success"
    assert [tasks[f"fill {i}"] for i in range(3)] == ["success" if i == shard else "skipped" for i in range(3)]
    assert [tasks[f"forecast {i}"] == "success" for i in range(3)] == [i != shard for i in range(3)]


def test_nothing_is_published_when_a_shard_cannot_be_filled(ended: dict):
    state, tasks = ended["fill fails"]

    assert (state, tasks["fill 1"], tasks["publish -1"]) == ("failed", "failed", "upstream_failed")


def test_a_shard_without_a_live_site_is_skipped_and_the_day_is_published(ended: dict):
    state, tasks = ended["empty"]

    assert state == tasks["publish -1"] == "success"
    assert {tasks[f"{step} 2"] for step in ("extract", "validate", "features", "forecast")} == {"skipped"}
    assert not [name for name, ended_as in tasks.items() if name.startswith("fill") and ended_as != "skipped"]


def test_a_run_without_a_day_fails_before_any_shard_begins(ended: dict):
    state, tasks = ended["no day"]

    assert (state, tasks["plan -1"]) == ("failed", "failed")
    assert set(tasks.values()) == {"failed", "upstream_failed"}


def test_a_run_started_by_hand_names_its_day_for_the_monitoring_that_follows(ended: dict):
    assert ended["days told"] == ["2026-03-28", "2026-03-30", "2026-03-31"]  # those that were published
