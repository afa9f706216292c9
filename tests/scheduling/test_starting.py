"""Tasks that start other runs: which run, for which group, and when not."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, DagRunTriggerException

from pipeline.scheduling.starting import AskForPromotion, Retrain, TrainGroup, run_name

WEST = "region=west"
WATCHED = {"target_day": "2026-08-21", "trainings": [{"group": WEST, "reason": "WAPE 0.4"}]}


def started(kind: type, told: dict[str, Any], group: str, run_type: str = "scheduled") -> tuple[str, dict[str, Any]]:
    """Return the name of the run that a task starts, and what it is given."""
    task = kind(task_id="start", trigger_dag_id="another", told=told, group=group)
    with pytest.raises(DagRunTriggerException) as found:
        task.execute({"dag_run": SimpleNamespace(run_type=run_type), "ti": SimpleNamespace()})
    return found.value.dag_run_id, found.value.conf


def test_a_training_is_started_for_the_group_whose_champion_asks_for_it():
    assert started(Retrain, WATCHED, WEST) == ("decay__2026-08-21__region~3d~west", {"target_day": "2026-08-21", "group": WEST})
    with pytest.raises(AirflowSkipException, match="the champion is what it was"):
        Retrain(task_id="start", trigger_dag_id="train_model", told=WATCHED, group="").execute({})


def test_the_schedules_training_of_the_fleet_starts_one_of_each_group_and_a_persons_does_not():
    name = "with_the_fleet__2026-08-21__region~3d~west"

    assert started(TrainGroup, {"target_day": "2026-08-21"}, WEST) == (name, {"target_day": "2026-08-21", "group": WEST})
    task = TrainGroup(task_id="start", trigger_dag_id="train_model", told={"target_day": "2026-08-21"}, group=WEST)
    with pytest.raises(AirflowSkipException, match="somebody asked for one training"):
        task.execute({"dag_run": SimpleNamespace(run_type="manual")})


def test_a_promotion_is_asked_for_once_for_the_version_of_a_group():
    told = {"asks": [{"version": "7", "reason": "better"}, {"version": f"{WEST}:3", "reason": "better by 4 %"}]}

    assert started(AskForPromotion, told, WEST) == (
        "shadow_of_version_region~3d~west:3",
        {"version": f"{WEST}:3", "reason": "better by 4 %", "approval": "automatic"},
    )
    assert started(AskForPromotion, told, "")[0] == "shadow_of_version_7"


def test_no_two_groups_make_the_same_name_of_a_run():
    assert len({run_name(text) for text in ("a=b", "a~3d~b", "a_b", "a b", "å=b")}) == 5
