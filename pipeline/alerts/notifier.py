"""Where Airflow hands over: one notifier for a failed task, a missed deadline, a published and a monitored forecast."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from airflow.sdk import BaseNotifier
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from pipeline.config import Settings, read_settings
from pipeline.errors import DayaheadError

log = logging.getLogger(__name__)

Event = Literal["failed", "late", "published", "monitored", "asked", "unanswered"]
SUBJECT_CHARACTERS = 300
SHARD = re.compile(r"\bshard[- ]\d+( of \d+|-of-\d+)?")  # shards that fail alike are one failure


class Tell(BaseNotifier):
    """Finds what an event is worth telling, and tells it; whatever goes wrong on the way is logged, never raised.

    Args:
        event: What happened.
        context: Airflow's; given by the triggerer, which awaits the notifier.
        facts: What the event's alert speaks of, where neither the context nor the database tells it.
    """

    template_fields = ()

    def __init__(self, event: Event, context: Any = None, facts: dict[str, Any] | None = None) -> None:
        super().__init__(context=context)
        self.event = event
        self.facts = facts or {}

    def notify(self, context: Any) -> None:
        """Tell, in the process of the task or of the DAG processor."""
        try:
            self._tell(read_settings(), context)
        except Exception:
            log.exception("alerts of event %s could not be sent; the run is not affected", self.event)

    async def async_notify(self, context: Any) -> None:
        """Tell, in the triggerer."""
        await asyncio.to_thread(self.notify, context)

    def _tell(self, settings: Settings, context: Any) -> None:
        from pipeline.alerts import conditions
        from pipeline.alerts.delivery import deliver

        if self.event in ("late", "published") and _of(context["dag_run"], "run_type") == "backfill":
            return  # the day is past: nobody waits for it, and its capacity is no longer at risk
        if self.event == "late":
            found = _late(settings, context)
        elif self.event == "failed":
            found = [_failure(context)]
        elif self.event in ("asked", "unanswered"):
            found = [_about_a_review(settings, self.event, context, self.facts)]
        else:
            ti = context["ti"]
            result = ti.xcom_pull(task_ids=ti.task_id)
            look = conditions.after_publish if self.event == "published" else conditions.after_monitor
            found = look(settings, result)
        for alert in found:
            deliver(settings, alert, _run_url(settings, context))


def deadline(settings: Settings) -> DeadlineAlert:
    """Return the alert on a run that takes longer than ``deadline_minutes``, told unless its day is published by then."""
    interval = timedelta(minutes=settings.deadline_minutes)
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, interval, AsyncCallback(Tell, {"event": "late"}), name="published in time")


def _failure(context: Any) -> Any:
    from pipeline.alerts.messages import Alert

    ti, error = context["ti"], context.get("exception")
    said = str(error) if isinstance(error, DayaheadError) else f"{type(error).__name__ if error else 'it ended'}, see its log"
    facts = {"dag": ti.dag_id, "task": ti.task_id, "tries": ti.try_number, "reason": said}
    subject = f"{ti.dag_id}.{ti.task_id}: {SHARD.sub('a shard', said)}"
    return Alert("failure", _day(context["dag_run"]), subject[:SUBJECT_CHARACTERS], facts)


def _about_a_review(settings: Settings, event: Event, context: Any, facts: dict[str, Any]) -> Any:
    from pipeline.alerts.messages import Alert

    ti = context["ti"]
    kind = {"asked": "review", "unanswered": "silence"}[event]
    question = f"{_run_url(settings, context)}/tasks/{ti.task_id}/required_actions" if event == "asked" else ""
    return Alert(kind, _day(context["dag_run"]), f"{ti.dag_id} {ti.run_id}", {"dag": ti.dag_id} | facts, question)


def _late(settings: Settings, context: Any) -> list[Any]:
    from pipeline.alerts.messages import Alert

    run, due = context["dag_run"], context["deadline"]["deadline_time"]
    if _is_published(settings, run):
        return []
    when = due if isinstance(due, datetime) else datetime.fromisoformat(due)
    return [Alert("deadline", _day(run), facts={"dag": _of(run, "dag_id"), "due": when.astimezone(ZoneInfo(settings.timezone))})]


def _is_published(settings: Settings, run: Any) -> bool:
    """Whether the champion's forecast stands already and only what follows it takes long; no where that cannot be told."""
    from pipeline.alerts import conditions

    if not _asked(run):
        return False
    try:
        return conditions.is_published(settings, _day(run))
    except DayaheadError as error:
        log.warning("sent without knowing whether the forecast is published reason=%s", error)
        return False


def _asked(run: Any) -> Any:
    """Target day as the form or the schedule gave it to Airflow; None where ``plan`` chooses it."""
    return (_of(run, "conf") or {}).get("target_day") or _of(run, "partition_key")


def _day(run: Any) -> date:
    """Target day of a run as far as Airflow knows it, else the day on which it runs."""
    return date.fromisoformat(str(_asked(run) or _of(run, "run_after"))[:10])


def _run_url(settings: Settings, context: Any) -> str:
    run = context["dag_run"]
    return f"{settings.people_url}/dags/{_of(run, 'dag_id')}/runs/{_of(run, 'run_id') or _of(run, 'dag_run_id')}"


def _of(run: Any, name: str) -> Any:
    """Field of a run, which is an object in a task and plain JSON in the triggerer."""
    return run.get(name) if isinstance(run, dict) else getattr(run, name, None)
