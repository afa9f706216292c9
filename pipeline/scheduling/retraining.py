"""The task that starts a training where monitoring asked for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException


class Retrain(TriggerDagRunOperator):
    """Starts ``train_model`` for the monitored day; skipped where nothing asked for it, or that run exists already.

    Args:
        watched: What step ``monitor`` returned: ``retrain`` is the reason, None for none.
        options: Arguments of the Airflow task.
    """

    template_fields: Sequence[str] = (*TriggerDagRunOperator.template_fields, "watched")

    def __init__(self, *, watched: Any, **options: Any) -> None:
        super().__init__(trigger_dag_id="train_model", logical_date=None, skip_when_already_exists=True, **options)
        self.watched = watched

    def execute(self, context: Any) -> None:
        """Start the run, named by its day so that there is one."""
        day, reason = self.watched["target_day"], self.watched["retrain"]
        if not reason:
            raise AirflowSkipException("the champion is what it was, or a training was asked for lately")
        self.log.info("asking for a training target_day=%s reason=%s", day, reason)
        self.trigger_run_id, self.conf = f"decay__{day}", {"target_day": day}
        super().execute(context)
