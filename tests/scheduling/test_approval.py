"""The approval task: whom it asks, whom it does not, and what it makes of an answer or of silence."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.api.datamodels._generated import DagRunType

from pipeline.config import read_settings
from pipeline.scheduling.approval import APPROVE, REJECT, Approval, who_asked

BY_HAND = SimpleNamespace(run_type="manual", triggering_user_name="anna")


@pytest.fixture
def approval(tmp_path, monkeypatch) -> Approval:
    """The task as DAG ``promote_model`` has it."""
    monkeypatch.setenv("DAYAHEAD_HOME", str(tmp_path))
    return Approval(task_id="review")


def test_run_that_the_shadow_asked_for_is_not_laid_to_the_user_of_the_run_before():
    assert who_asked({"dag_run": BY_HAND}) == "anna"
    assert who_asked({"dag_run": SimpleNamespace(run_type=DagRunType.OPERATOR_TRIGGERED, triggering_user_name="anna")}) == "shadow"
    assert who_asked({"dag_run": SimpleNamespace(run_type="manual", triggering_user_name=None)}) == "unknown"


@pytest.mark.parametrize(
    ("params", "needless"),
    [
        ({"approval": "automatic", "version": "2"}, "approval is automatic"),
        ({"approval": "required", "version": None}, "going back to the previous champion must not wait"),
    ],
)
def test_nobody_is_asked_where_nobody_need_be(approval, params, needless):
    context = {"params": params | {"reason": "alarms"}, "dag_run": BY_HAND}

    assert approval._question(context).needless == needless


@pytest.mark.parametrize(("option", "approved"), [(APPROVE, True), (REJECT, False)])
def test_answer_names_the_user_and_the_reason(approval, option, approved):
    event = {"chosen_options": [option], "params_input": {"comment": " the new region is missing "}}
    event |= {"responded_at": datetime(2026, 8, 21, tzinfo=UTC), "responded_by_user": {"id": "7", "name": "anna"}}

    assert approval.execute_complete({}, event) == {"approved": approved, "by": "anna", "reason": "the new region is missing"}


def test_silence_is_a_no_of_the_time_limit(approval):
    event = {"chosen_options": approval.defaults, "params_input": {"comment": ""}}
    event |= {"responded_at": datetime(2026, 8, 21, tzinfo=UTC), "responded_by_user": None}

    context = {"params": {"version": "3"}}

    assert approval.execute_complete(context, event) == {"approved": False, "by": "timeout", "reason": "nobody answered within 48 hours"}


def test_settings_decide_how_long_is_waited_and_what_silence_means(monkeypatch):
    monkeypatch.setenv("DAYAHEAD_APPROVAL_AT_TIMEOUT", "approve")
    monkeypatch.setenv("DAYAHEAD_APPROVAL_HOURS", "2")

    waiting = Approval(task_id="review")

    assert waiting.defaults == [APPROVE]
    assert waiting.response_timeout.total_seconds() == 7200
    assert read_settings().approval == "automatic"
