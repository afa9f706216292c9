"""A person's word in Airflow: asked before a version becomes champion, answered over the API, written down with name and reason."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import jwt
import pytest
import requests

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.store.snapshots import Run
from pipeline.steps.register import register
from tests.fixtures.stack import Stack
from tests.fixtures.training import evaluation, store_training

DAG = "promote_model"
WAIT_SECONDS = 600
TRAINING = Run("train-for-review", date(2026, 2, 14), datetime(2026, 2, 14, tzinfo=UTC))


@pytest.fixture(scope="module")
def version(stack: Stack, walked: str) -> Iterator[str]:
    """A second version in the registry of the walked stack, where the champion is as it was before, in the end."""
    champion = registry.champion_version(stack.settings)
    store_training(stack.settings, evaluation(), run=TRAINING)
    yield register(TRAINING, stack.settings)["version"]
    assert registry.champion_version(stack.settings) == champion


def session_of(stack: Stack, user: str, role: str) -> requests.Session:
    """A login as Airflow would give it to a user of this role."""
    settings, session = stack.settings, requests.Session()
    login = {"username": settings.tracking_username, "password": settings.tracking_password.get_secret_value()}
    token = requests.post(f"{settings.airflow_url}/auth/token", json=login, timeout=120).json()["access_token"]
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    own = jwt.encode(claims | {"sub": user, "role": role}, stack.home.secrets().jwt, header["alg"], headers=header)
    session.headers["Authorization"] = f"Bearer {own}"
    return session


def ask(stack: Stack, version: str) -> str:
    """Start a run that needs an approval, and return its id once it waits for the answer.

    Airflow 3.3 loses the attempt where the answer comes before the scheduler has seen the asking process end: sooner than people read.
    """
    run = stack.airflow.trigger(DAG, {"version": version, "reason": "better at night", "approval": "required"})
    wait(lambda: "awaiting_input" in states(stack, run).values())
    seen = f"TaskInstance Finished: dag_id={DAG}, task_id=review, run_id={run},"
    wait(lambda: seen in (stack.home.logs / "scheduler.log").read_text())
    return run


def answer(stack: Stack, session: requests.Session, run: str, option: str, comment: str) -> requests.Response:
    address = f"{stack.settings.airflow_url}/api/v2/dags/{DAG}/dagRuns/{run}/taskInstances/review/-1/hitlDetails"
    return session.patch(address, json={"chosen_options": [option], "params_input": {"comment": comment}}, timeout=120)


def states(stack: Stack, run: str) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in stack.airflow.tasks(DAG, run)}


def wait(found) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not found():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.5)


def settle(stack: Stack, run: str) -> None:
    wait(lambda: stack.airflow.run_state(DAG, run) in ("success", "failed"))
    assert stack.airflow.run_state(DAG, run) == "success"


def last_decision(stack: Stack) -> tuple[str, ...]:
    with connect(stack.settings) as connection, driver(connection).cursor() as cursor:
        cursor.execute("SELECT version, previous, decision, decided_by, reason FROM dayahead.promotions ORDER BY id DESC LIMIT 1")
        return cursor.fetchone()


def test_reviewer_sees_the_card_and_a_viewer_may_not_answer(stack: Stack, version: str):
    champion = registry.champion_version(stack.settings)
    run = ask(stack, version)
    reviewer, viewer = session_of(stack, "anna", "admin"), session_of(stack, "eve", "viewer")

    address = f"{stack.settings.airflow_url}/api/v2/dags/{DAG}/dagRuns/{run}/hitlDetails"
    question = reviewer.get(address, timeout=120).json()["hitl_details"][0]
    assert question["subject"] == f"Make version {version} champion, in the place of version {champion}?"
    for part in ("Asked by admin: better at night.", version_url(stack.settings, version), "seasonal_naive_week", "Worst sites"):
        assert part in question["body"]

    assert answer(stack, viewer, run, "Approve", "let me").status_code == 403
    assert answer(stack, reviewer, run, "Reject", "the new region is missing").status_code == 200
    assert answer(stack, reviewer, run, "Approve", "after all").status_code == 409
    settle(stack, run)
    assert registry.champion_version(stack.settings) == champion
    reason = "rejected: the new region is missing; asked by admin: better at night"
    assert last_decision(stack) == (version, champion, "rejected", "anna", reason)
    assert registry.tags_of(stack.settings, version)["decided_by"] == "anna"


@contextmanager
def setting(stack: Stack, **variables: str) -> Iterator[None]:
    """Let every task read these settings for the length of a ``with``."""
    before = stack.home.stack_env.read_text()
    stack.home.stack_env.write_text(before + "".join(f"DAYAHEAD_{name.upper()}='{value}'\n" for name, value in variables.items()))
    try:
        yield
    finally:
        stack.home.stack_env.write_text(before)


def told(stack: Stack, kind: str, run: str) -> str:
    """Return the one alert of this kind about a run."""
    with connect(stack.settings) as connection, driver(connection).cursor() as cursor:
        cursor.execute("SELECT message FROM dayahead.alerts WHERE kind = %s AND subject = %s", [kind, f"{DAG} {run}"])
        [(message,)] = cursor.fetchall()
    return message


def test_question_is_announced_with_a_link_and_only_the_reviewers_that_are_named_may_answer(stack: Stack, version: str):
    with setting(stack, reviewers="anna,ben", public_url="https://air.example.com", timezone="Asia/Shanghai"):
        run = ask(stack, version)
    message = told(stack, "review", run)

    assert message.startswith(f"Make version {version} champion, in the place of version ")
    assert f"question https://air.example.com/dags/{DAG}/runs/{run}/tasks/review/required_actions" in message
    assert "It may be answered by: anna, ben." in message
    assert "(Asia/Shanghai), it counts as rejected" in message
    assert answer(stack, session_of(stack, "carl", "admin"), run, "Approve", "me too").status_code == 403
    assert answer(stack, session_of(stack, "anna", "admin"), run, "Reject", "not yet").status_code == 200
    settle(stack, run)


def test_silence_is_announced_and_counts_as_the_setting_says(stack: Stack, version: str):
    champion = registry.champion_version(stack.settings)
    with setting(stack, approval_hours="0.001"):
        run = stack.airflow.trigger(DAG, {"version": version, "reason": "better at night", "approval": "required"})
        settle(stack, run)

    assert told(stack, "silence", run).startswith(f"Nobody answered: version {version} counts as rejected")
    assert last_decision(stack)[2:4] == ("rejected", "timeout")
    assert registry.champion_version(stack.settings) == champion


def test_reviewer_who_agrees_makes_the_champion_and_a_run_without_a_version_takes_it_back(stack: Stack, version: str):
    champion = registry.champion_version(stack.settings)
    reviewer, run = session_of(stack, "anna", "admin"), ask(stack, version)

    assert answer(stack, reviewer, run, "Approve", "").status_code == 200
    settle(stack, run)
    assert registry.champion_version(stack.settings) == version
    assert last_decision(stack)[2:4] == ("promoted", "anna")

    back = stack.airflow.trigger(DAG, {"reason": "alarms since the change", "approval": "required"})
    settle(stack, back)
    assert states(stack, back) == {"review": "skipped", "promote": "success"}
    assert registry.champion_version(stack.settings) == champion
    assert last_decision(stack) == (champion, version, "rolled_back", "admin", "alarms since the change")
