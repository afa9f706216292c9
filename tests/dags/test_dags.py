"""The DAG files: they parse, load nothing heavy, and are wired as the journey says."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.fixtures.dag_process import found_by

PROBE = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from airflow.dag_processing.dagbag import DagBag
heavy = {"torch", "mlflow", "pandas", "great_expectations", "lightgbm", "matplotlib"}
bag = DagBag(sys.argv[1])
dags = {
    dag.dag_id: {
        "doc": dag.doc_md, "tags": sorted(dag.tags), "params": sorted(dag.params), "max_active_runs": dag.max_active_runs,
        "approval": dag.params.get_param("approval").schema["enum"] if "approval" in dag.params else None,
        "deadlines": [alert.interval.total_seconds() for alert in dag.deadline or ()],
        "schedule": type(dag.timetable).__name__, "heavy": sorted(heavy & set(sys.modules)),
        "tasks": {
            t.task_id: {
                "title": t.task_display_name, "queue": t.queue, "pool": t.pool, "after": sorted(t.upstream_task_ids),
                "reads": [asset.extra["address"] for asset in t.inlets], "writes": [asset.extra["address"] for asset in t.outlets],
                "mapped": t.get_closest_mapped_task_group() is not None, "rule": t.trigger_rule.value,
                "hours": t.execution_timeout and t.execution_timeout.total_seconds() / 3600,
                "tells": [
                    getattr(call, "event", "") for call in (*t.on_failure_callback, *t.on_success_callback)
                ] if t.has_on_failure_callback else [],
            }
            for t in dag.tasks
        },
    }
    for dag in bag.dags.values()
}
print("PROBE" + json.dumps({"errors": bag.import_errors, "dags": dags}))
"""


def parse(home: Path, **settings: str) -> dict:
    return found_by(PROBE, home, **{"DAYAHEAD_DATABASE_URL": "postgresql://me:secret@db.example:6543/mine"} | settings)


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return parse(tmp_path_factory.mktemp("airflow"))


def test_dags_parse_without_an_error(parsed: dict):
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {
        "train_model",
        "forecast_day_ahead",
        "monitor_forecasts",
        "promote_model",
        "note_event",
        "what_if",
        "retain_days",
    }


def test_dags_load_nothing_heavy_while_they_are_parsed(parsed: dict):
    assert [name for name, dag in parsed["dags"].items() if dag["heavy"]] == []


def test_dags_carry_a_runbook_and_a_tag(parsed: dict):
    for name, dag in parsed["dags"].items():
        assert dag["doc"].startswith(f"# {name}")
        assert dag["tags"] == ["dayahead"]


def test_runbooks_say_what_to_do_about_every_task(parsed: dict):
    left_out = [(name, task) for name, dag in parsed["dags"].items() for task in dag["tasks"] if f"`{task}`" not in dag["doc"]]

    assert left_out == []


def test_graph_of_assets_leads_from_traffic_to_forecasts_and_from_training_to_champion_without_a_password(parsed: dict):
    tasks = {(name, task): found for name, dag in parsed["dags"].items() for task, found in dag["tasks"].items()}
    reads = {key: found["reads"] for key, found in tasks.items() if found["reads"]}
    writes = {key: found["writes"] for key, found in tasks.items() if found["writes"]}

    traffic, forecasts = (f"postgres://db.example:6543/mine/dayahead/{table}" for table in ("traffic", "forecasts"))
    champion = "mlflow://localhost:5010/dayahead@champion"
    extracts = {("forecast_day_ahead", "extract"): [traffic], ("train_model", "extract"): [traffic]}
    assert reads == {**extracts, ("forecast_day_ahead", "forecast"): [champion], ("forecast_day_ahead", "publish"): [traffic, champion]}
    promoted = {("train_model", "promote"): [champion], ("promote_model", "promote"): [champion]}
    assert writes == {**promoted, ("forecast_day_ahead", "publish"): [forecasts]}


def test_tasks_have_names_for_people(parsed: dict):
    tasks = {name: task for dag in parsed["dags"].values() for name, task in dag["tasks"].items()}

    assert [name for name, task in tasks.items() if task["title"] == name] == []


def test_train_model_runs_its_steps_in_the_order_of_the_journey(parsed: dict):
    tasks = parsed["dags"]["train_model"]["tasks"]

    chained = ["extract", "validate", "features", "gather", "train", "evaluate", "register", "review", "promote"]
    assert set(tasks) == {"plan", *chained}
    for before, after in pairwise(chained):
        assert before in tasks[after]["after"]


def test_forecast_day_ahead_runs_its_steps_in_the_order_of_the_journey(parsed: dict):
    tasks = parsed["dags"]["forecast_day_ahead"]["tasks"]

    chained = ["extract", "validate", "features", "forecast", "fill", "publish", "shadow"]
    assert set(tasks) == {"plan", *chained}
    for before, after in pairwise(chained):
        assert before in tasks[after]["after"]


def test_every_shard_of_a_forecast_has_its_own_chain_up_to_the_publication_of_all(parsed: dict):
    tasks = parsed["dags"]["forecast_day_ahead"]["tasks"]

    assert {name for name, task in tasks.items() if task["mapped"]} == {"extract", "validate", "features", "forecast", "fill"}
    assert (tasks["fill"]["rule"], tasks["publish"]["rule"]) == ("one_failed", "none_failed")


def test_monitoring_compares_the_challenger_after_the_scores_and_asks_only_then(parsed: dict):
    tasks = parsed["dags"]["monitor_forecasts"]["tasks"]

    assert "monitor" in tasks["compare"]["after"]
    assert tasks["ask_for_promotion"]["after"] == ["compare"]


def test_training_waits_for_the_gpu_queue_and_a_pool_of_one(parsed: dict):
    assert parsed["dags"]["train_model"]["tasks"]["train"]["queue"] == "gpu"
    assert parsed["dags"]["train_model"]["tasks"]["train"]["pool"] == "training"


def test_schedules_carry_the_target_day_as_partition_key(parsed: dict):
    schedules = {name: dag["schedule"] for name, dag in parsed["dags"].items()}

    assert schedules == {
        "train_model": "CronPartitionTimetable",
        "forecast_day_ahead": "CronPartitionTimetable",
        "monitor_forecasts": "PartitionedAssetTimetable",
        "promote_model": "NullTimetable",
        "note_event": "NullTimetable",
        "what_if": "NullTimetable",
        "retain_days": "CronPartitionTimetable",
    }


def test_train_model_asks_for_approval_sites_span_architecture_its_settings_and_epochs(parsed: dict):
    wanted = ["approval", "architecture", "days", "epochs", "group", "settings", "shards", "sites", "target_day"]
    assert parsed["dags"]["train_model"]["params"] == wanted


def test_promote_model_asks_for_a_version_and_a_reason(parsed: dict):
    assert parsed["dags"]["promote_model"]["params"] == ["approval", "group", "reason", "version"]


def test_a_groups_training_is_started_by_the_fleets_where_there_are_groups(parsed: dict, tmp_path: Path):
    grouped = parse(tmp_path, DAYAHEAD_GROUPS="region=west,region=east")["dags"]

    assert "train_groups" not in parsed["dags"]["train_model"]["tasks"]
    assert grouped["train_model"]["tasks"]["train_groups"]["after"] == ["plan"]


def test_note_event_asks_for_what_an_event_is(parsed: dict):
    assert parsed["dags"]["note_event"]["params"] == ["category", "factor", "from", "kind", "labels", "note", "sites", "to"]


def test_what_if_asks_for_an_event_and_a_capacity(parsed: dict):
    wanted = ["capacity", "category", "factor", "from", "labels", "shards", "sites", "target_day", "to"]
    assert parsed["dags"]["what_if"]["params"] == wanted


def test_no_form_offers_less_approval_than_the_setting_asks_for(parsed: dict, tmp_path: Path):
    strict = parse(tmp_path, DAYAHEAD_APPROVAL="required")["dags"]

    for name in ("promote_model", "train_model"):
        assert parsed["dags"][name]["approval"] == ["automatic", "required"]
        assert strict[name]["approval"] == ["required"]


def test_no_task_may_run_for_ever(parsed: dict):
    hours = {(name, task): facts["hours"] for name, dag in parsed["dags"].items() for task, facts in dag["tasks"].items()}

    assert {key: value for key, value in hours.items() if not value} == {}
    assert hours["forecast_day_ahead", "publish"] == 3
    assert hours["train_model", "train"] == 48


def test_every_task_tells_of_its_failure(parsed: dict):
    tasks = [(name, task, facts) for name, dag in parsed["dags"].items() for task, facts in dag["tasks"].items()]

    silent = [(name, task) for name, task, facts in tasks if "failed" not in facts["tells"]]
    assert silent == []


def test_a_published_and_a_monitored_day_are_told_and_a_late_one_too(parsed: dict):
    assert parsed["dags"]["forecast_day_ahead"]["tasks"]["publish"]["tells"] == ["failed", "published"]
    assert parsed["dags"]["monitor_forecasts"]["tasks"]["monitor"]["tells"] == ["failed", "monitored"]
    assert parsed["dags"]["forecast_day_ahead"]["deadlines"] == [120 * 60]


def test_decay_starts_a_training_after_the_monitor(parsed: dict):
    assert parsed["dags"]["monitor_forecasts"]["tasks"]["retrain"]["after"] == ["monitor"]
