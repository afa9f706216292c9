"""What is worth an alert, and how Airflow's notifier comes to it, against a real PostgreSQL."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from airflow.triggers.callback import CallbackTrigger

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.alerts.conditions import after_monitor, after_publish
from pipeline.alerts.notifier import Tell
from pipeline.errors import DataError
from tests.fixtures.published import replace_forecasts
from tests.fixtures.receivers import web_server
from tests.steps.test_publish import attention_rows, forecast_rows

DAY = date(2026, 8, 21)
PUBLISHED = {"target_days": [DAY.isoformat()]}
MONITORED = {"target_day": "2026-08-22", "scored": [], "drifted": [], "decay": None, "retrain": None, "groups": {}, "outside": []}
SITES = """INSERT INTO dayahead.sites (site, capacity, timezone)
VALUES ('a', %s, 'Asia/Shanghai'), ('it''s b', NULL, 'UTC'), ('📡 Straße', 100, 'UTC')"""
RISK = """INSERT INTO dayahead.risks
SELECT '2026-08-21', 'champion', %s, 4.5, '2026-08-21 00:00+00', %s, ARRAY[0.1, 0.1, 0.2], ARRAY[1, 1, 3], ARRAY[4, 4, 4], ARRAY[5, 5, 5]"""
ANOMALY = "INSERT INTO dayahead.anomalies VALUES (%s, %s, '2026-08-21 06:00+00', '2026-08-21 09:00+00', 'above', 4, 9, 5, 2)"
COMPLETE = "INSERT INTO dayahead.completeness VALUES (%s, %s, 24, 24, '2026-08-21 23:00+00')"
DRIFT = "INSERT INTO dayahead.drift VALUES ('2026-08-22', %s, %s, %s, 21, '3', now(), '')"


@pytest.fixture
def published(database, run_sql):
    """A day of three sites, one of them by the seasonal naive; the quantiles are 1 … 7."""
    rows = forecast_rows()
    rows.loc[rows["site"] == "it's b", "degradation"] = "seasonal_naive"
    with connect(database, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [DAY])
    with connect(database, "writer") as connection:
        replace_forecasts(connection, rows, attention_rows())
    return database


def test_a_published_day_tells_of_degraded_sites_and_of_capacity_at_risk(published, run_sql):
    run_sql(SITES, 4.5)
    for site, day in (("a", 0.31), ("it's b", 0.19)):
        run_sql(RISK, site, day)

    degraded, capacity = after_publish(published, PUBLISHED)

    assert degraded.facts == {"affected": 1, "total": 3, "rungs": [("seasonal_naive", 1, ["it's b"])]}
    assert capacity.facts["count"] == 1
    site, hour, probability, limit = capacity.facts["worst"][0]
    assert (site, hour, limit) == ("a", datetime(2026, 8, 21, 2, tzinfo=UTC), 4.5)
    assert hour.tzinfo.key == "Asia/Shanghai"
    assert probability == 0.31


def test_a_published_day_within_the_thresholds_tells_nothing(published, run_sql):
    run_sql(SITES, 100)
    relaxed = published.model_copy(update={"alert_degraded_share": 0.4})

    assert after_publish(relaxed, PUBLISHED) == []


def test_a_monitored_day_tells_of_what_drifted_beyond_both_thresholds(database, run_sql):
    for row in (("level", 0.9, 0.2), ("shape", 0.9, 1.1), ("variability", 0.2, 0.1)):
        run_sql(DRIFT, *row)

    [alert] = after_monitor(database, MONITORED | {"retrain": "input drift"})

    assert (alert.kind, alert.target_day) == ("drift", date(2026, 8, 22))
    assert alert.facts == {"features": [("level", 0.9, 0.2)], "version": "3", "retrain": "input drift"}


def test_a_monitored_day_tells_of_decay_beyond_the_threshold(database):
    assert after_monitor(database, MONITORED | {"decay": 1.4}) == []
    [alert] = after_monitor(database, MONITORED | {"decay": 1.6})
    assert (alert.kind, alert.facts["against"]) == ("decay", "its backtest")


def test_a_monitored_day_tells_of_anomalies_on_the_last_day_scored(database, run_sql):
    for day in ("2026-08-20", "2026-08-21"):
        for site in ("a", "b", "c", "d"):
            run_sql(COMPLETE, day, site)
    for site in ("a", "b"):
        run_sql(ANOMALY, DAY, site)
    scored = [{"target_day": day, "role": role} for day in ("2026-08-20", "2026-08-21") for role in ("challenger", "champion")]

    [alert] = after_monitor(database, MONITORED | {"scored": scored})

    assert (alert.kind, alert.target_day) == ("anomalies", DAY)
    assert (alert.facts["count"], alert.facts["total"]) == (2, 4)
    assert alert.facts["worst"][0] == ("a", datetime(2026, 8, 21, 6, tzinfo=UTC), "above", 4, 9.0, 5.0)
    assert after_monitor(database.model_copy(update={"alert_anomaly_share": 0.6}), MONITORED | {"scored": scored}) == []


@pytest.fixture
def hook(database, monkeypatch):
    """A webhook, and an environment that leads the notifier to the test's database."""
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_AIRFLOW_URL", "http://airflow.example.com")
    with web_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_WEBHOOK", server.connection)
        yield server


@pytest.mark.parametrize(("run_type", "told"), [("scheduled", 1), ("backfill", 0)])
def test_a_published_day_tells_nothing_where_it_was_filled_in_later(published, hook, run_type, told):
    ti = SimpleNamespace(task_id="publish", xcom_pull=lambda task_ids: PUBLISHED)
    run = SimpleNamespace(dag_id="forecast_day_ahead", run_id="r", run_type=run_type)

    Tell("published")({"ti": ti, "dag_run": run})

    assert [body["kind"] for _, body in hook.posts] == ["degraded"] * told


def context_of(error: Exception, partition_key: str | None = None) -> dict:
    run = SimpleNamespace(
        dag_id="train_model", run_id="manual__1", partition_key=partition_key, conf={}, run_after=datetime(2026, 8, 22, tzinfo=UTC)
    )
    return {"ti": SimpleNamespace(dag_id="train_model", task_id="train", try_number=3), "dag_run": run, "exception": error}


def test_a_failed_task_is_told_once_a_day_with_our_own_words(hook):
    for _ in range(2):
        Tell("failed")(context_of(DataError("10 days of history are too few")))

    [(_, body)] = hook.posts
    assert body["title"] == "train_model: train failed (2026-08-22)"
    assert "after 3 tries: 10 days of history are too few" in body["text"]
    assert body["links"]["run"] == "http://airflow.example.com/dags/train_model/runs/manual__1"


def test_two_failures_of_one_task_on_one_day_are_two_alerts_and_shards_that_fail_alike_are_one(hook, run_sql):
    for said in ("no readings", "the store is full", "train/x/shard-1-of-8/grid is not there", "train/x/shard-2-of-8/grid is not there"):
        Tell("failed")(context_of(DataError(said)))

    assert ["full" in body["text"] for _, body in hook.posts] == [False, True, False]
    subjects = run_sql("SELECT subject FROM dayahead.alerts ORDER BY id")
    assert subjects[0] == ("train_model.train: no readings",)


def test_an_unforeseen_error_is_named_without_its_words(hook):
    Tell("failed")(context_of(KeyError("password=hunter2"), partition_key="2026-08-21"))

    assert "KeyError, see its log" in hook.posts[0][1]["text"]
    assert "hunter2" not in str(hook.posts)
    assert hook.posts[0][1]["target_day"] == "2026-08-21"


def test_what_goes_wrong_while_telling_is_logged_and_not_raised(hook, caplog):
    Tell("failed")({"ti": None})

    assert "could not be sent; the run is not affected" in caplog.text


def missed_deadline(day: str | None = "2026-08-21", run_type: str = "scheduled") -> dict:
    """What the triggerer hands over: plain JSON."""
    run = {"dag_id": "forecast_day_ahead", "dag_run_id": "r", "run_type": run_type, "partition_key": day, "conf": {}}
    run["run_after"] = "2026-08-21T00:00:00Z"
    return {"dag_run": run, "deadline": {"id": "1", "deadline_time": "2026-08-21T02:00:00Z"}}


@pytest.mark.parametrize(("run_type", "told"), [("scheduled", 1), ("backfill", 0)])
def test_a_missed_deadline_is_told_by_the_triggerer_and_not_for_a_backfill(hook, monkeypatch, run_type, told):
    monkeypatch.setenv("DAYAHEAD_TIMEZONE", "Europe/Berlin")
    context = missed_deadline(run_type=run_type)
    trigger = CallbackTrigger("pipeline.alerts.notifier.Tell", {"event": "late", "context": context})

    async def events() -> list:
        return [event async for event in trigger.run()]

    with ThreadPoolExecutor(1) as triggerer:  # a browser of another test keeps this thread's loop running
        states = [event.payload["state"] for event in triggerer.submit(lambda: asyncio.run(events())).result()]

    assert states == ["running", "success"]
    assert len(hook.posts) == told
    if told:
        assert "to be published by Fri 21 Aug 04:00 (Europe/Berlin)" in hook.posts[0][1]["text"]


@pytest.mark.parametrize(("day", "told"), [("2026-08-21", 0), ("2026-08-22", 1), (None, 1)])
def test_a_missed_deadline_is_not_told_where_the_day_is_known_to_be_published(published, hook, day, told):
    Tell("late")(missed_deadline(day))

    assert len(hook.posts) == told


def test_a_missed_deadline_is_told_where_the_database_does_not_answer(hook, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")

    Tell("late")(missed_deadline())

    assert len(hook.posts) == 1


def asking(run_id: str = "manual__1") -> dict:
    ti = SimpleNamespace(dag_id="promote_model", task_id="review", run_id=run_id)
    run = SimpleNamespace(dag_id="promote_model", run_id=run_id, run_type="manual", partition_key=None, conf={})
    return {"ti": ti, "dag_run": SimpleNamespace(**vars(run), run_after=datetime(2026, 8, 22, tzinfo=UTC))}


def test_a_question_is_announced_once_a_run_with_a_link_that_opens_it(hook, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_PUBLIC_URL", "https://air.example.com")
    until = datetime(2026, 8, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    facts = {"question": "Make version 3 champion, in the place of version 2?", "until": until, "silence": "rejected"}

    for run_id in ("a", "a", "b"):
        Tell("asked", facts=facts | {"reviewers": ("anna", "ben")})(asking(run_id))

    (_, body), _ = hook.posts
    assert body["title"] == "Make version 3 champion, in the place of version 2? (2026-08-22)"
    assert body["links"]["question"] == "https://air.example.com/dags/promote_model/runs/a/tasks/review/required_actions"
    assert "It may be answered by: anna, ben." in body["text"]
    assert "until Mon 24 Aug 09:00 (Asia/Shanghai), it counts as rejected" in body["text"]


@pytest.mark.parametrize(("silence", "next_step"), [("rejected", "The champion stays."), ("approved", "The way back: start promote_model")])
def test_silence_is_announced_with_what_it_counts_as_and_what_to_do(hook, silence, next_step):
    Tell("unanswered", facts={"version": "3", "hours": 48.0, "silence": silence})(asking())

    [(_, body)] = hook.posts
    assert body["title"] == f"Nobody answered: version 3 counts as {silence} (2026-08-22)"
    assert next_step in body["text"]
