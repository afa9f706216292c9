"""The approval task: a person decides about a version, in Airflow's UI or by its API, while no worker is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, XComArg, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline.alerts.notifier import Tell
from pipeline.config import read_settings
from pipeline.core.series.groups import FLEET
from pipeline.scheduling.starting import AskForPromotion
from pipeline.steps import run_step

if TYPE_CHECKING:
    from airflow.sdk import Context

    from pipeline.steps.review import Question

APPROVE, REJECT = "Approve", "Reject"
SILENCE = {"approve": "approved", "reject": "rejected"}
BY_SHADOW = "shadow"
COMMENT = Param("", type="string", title="Reason", description="Kept with the decision.")


def approval_param(default: str) -> Param:
    """Return the Param that says whether a person must agree; never less than ``DAYAHEAD_APPROVAL`` asks for."""
    required = read_settings().approval == "required"
    return Param(
        "required" if required else default,
        enum=["required"] if required else ["automatic", "required"],
        title="Approval",
        description="required: a person must agree before a version becomes champion.",
    )


def who_asked(context: Context) -> str:
    """Return the Airflow user who started the run; ``shadow`` where the comparison of the shadow did."""
    if context["dag_run"].run_type == "operator_triggered":
        return BY_SHADOW  # such a run inherits the user of the run that triggered it, who asked for nothing
    return who_triggered(context)


def who_triggered(context: Context) -> str:
    """Return the Airflow user who started the run."""
    return getattr(context["dag_run"], "triggering_user_name", None) or "unknown"


def ask_where_better(run: XComArg) -> XComArg:
    """Return the task of step ``compare``; where it finds a challenger better, ``promote_model`` is started, once for a version."""
    found = _compare(run)
    asking = AskForPromotion.partial(
        task_id="ask_for_promotion", task_display_name="Ask for a promotion", trigger_dag_id="promote_model", told=found
    )
    asking.expand(group=[FLEET, *read_settings().groups])
    return found


@task(task_id="compare", task_display_name="Compare with the shadow")
def _compare(run: Any) -> dict[str, Any]:
    found = run_step("compare", run)
    if not found["asks"]:
        raise AirflowSkipException(found["found"])
    return found


class Approval(HITLOperator):
    """Ask a person whether a version may become champion, and return what was said: ``approved``, ``by``, ``reason``.

    Skipped where Param ``approval`` is ``automatic`` and where there is nothing to ask. The settings decide who may answer, how long an
    answer is waited for, and what is taken for one then. The question is told to whom alerts go; so is that nobody answered.

    Args:
        run: What ``plan`` returned, to ask about the version of a training; None to ask about the version that Param ``version`` names.
        operator: Arguments of the Airflow task.
    """

    template_fields = (*HITLOperator.template_fields, "run")

    def __init__(self, *, run: Any = None, **operator: Any) -> None:
        settings = read_settings()
        operator["params"] = {"comment": COMMENT}  # in the place of the DAG's own Params, which are no part of the answer
        super().__init__(
            subject="",
            options=[APPROVE, REJECT],
            defaults=APPROVE if settings.approval_at_timeout == "approve" else REJECT,
            response_timeout=timedelta(hours=settings.approval_hours),
            assigned_users=[{"id": name, "name": name} for name in settings.reviewers] or None,
            **operator,
        )
        self.run = run
        self.silence = SILENCE[settings.approval_at_timeout]

    def execute(self, context: Context) -> None:
        """Ask, and let the worker go."""
        question = self._question(context)
        if question.needless:
            self.log.info("nobody is asked: %s", question.needless)
            raise AirflowSkipException(question.needless)
        self.subject, self.body = question.subject, question.body
        self.notifiers = [Tell("asked", facts=self._terms() | {"question": question.subject})]
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as plain values."""
        answer = super().execute_complete(context, event)
        user, approved = answer.get("responded_by_user"), answer["chosen_options"] == [APPROVE]
        if not user:
            hours = read_settings().approval_hours
            Tell("unanswered", facts={"version": self._version(context), "hours": hours, "silence": self.silence}).notify(context)
            return {"approved": approved, "by": "timeout", "reason": f"nobody answered within {hours:g} hours"}
        return {"approved": approved, "by": user["name"], "reason": str((answer["params_input"] or {}).get("comment", "")).strip()}

    def _terms(self) -> dict[str, Any]:
        """Until when whose answer is waited for, and what is taken for one then."""
        settings = read_settings()
        until = datetime.now(UTC) + timedelta(hours=settings.approval_hours)
        return {"until": until.astimezone(ZoneInfo(settings.timezone)), "silence": self.silence, "reviewers": settings.reviewers}

    def _version(self, context: Context) -> str:
        if self.run:
            return str((context["ti"].xcom_pull(task_ids="register") or {}).get("version", "of this run"))
        return str(context.get("params", {}).get("version", "of this run"))

    def _question(self, context: Context) -> Question:
        from pipeline.adapters.store.snapshots import Run
        from pipeline.steps.review import Question, review_run, review_version

        params = context["params"]
        if params["approval"] == "automatic":
            return Question(needless="approval is automatic")
        if self.run:
            return review_run(Run.from_json(self.run), read_settings())
        return review_version(read_settings(), params["version"], who_asked(context), params["reason"])
