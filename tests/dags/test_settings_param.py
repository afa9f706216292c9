"""What the form of train_model says of settings reaches the step as it was said, and is refused before anything is read."""

import json

from tests.fixtures.dag_process import found_by

PROBE = """
import json, logging, sys
from airflow.utils.db import initdb
logging.disable(logging.CRITICAL)
initdb()
import pipeline.scheduling.tasks
from airflow.dag_processing.dagbag import DagBag

asked = []
def pretend(name, run, **options):
    if name == "train":
        asked.append(options["model_settings"])
    return {"data_docs": "", "url": "", "version": "1", "target_day": run["target_day"]}

pipeline.scheduling.tasks.run_step = pretend
dag = DagBag(sys.argv[1]).dags["train_model"].partial_subset("train", include_upstream=True)  # what comes after it, settings do not reach
for link in pipeline.scheduling.tasks.LINKS.values():
    link[0].get_link = lambda *_, **__: ""
found = []
for day, settings in enumerate(json.loads(sys.argv[2]), start=1):
    done = dag.test(run_conf={"target_day": f"2026-03-{day:02d}", "architecture": "daily_gru_dot", "settings": settings})
    found.append({t.task_id: t.state for t in done.get_task_instances()})
print("PROBE" + json.dumps([asked, found]))
"""
GOOD = [None, "original", '{"per_site": true}', {"hidden": 32}]


def test_settings_reach_the_step_and_a_mistyped_one_ends_the_first_task(tmp_path):
    asked, states = found_by(PROBE, tmp_path, json.dumps([*GOOD, '{"hiden": 32}']))

    assert asked == GOOD
    assert [state["train"] for state in states[:-1]] == ["success"] * len(GOOD)
    assert states[-1]["plan"] == "failed"
    assert states[-1]["extract"] != "success"
