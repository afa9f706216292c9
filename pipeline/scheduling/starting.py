"""The tasks that start other runs: a training where monitoring asked for one, the groups' trainings, and the promotion of a challenger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException

from pipeline.config import read_settings
from pipeline.core.series.groups import group_of

SCHEDULED = "scheduled"  # type of a run that no person and no other run started


def run_name(text: str) -> str:
    """Return a text as part of a run's id, which may hold few signs; two texts never make one name.

    Example:
        >>> run_name("region=west:7")
        'region~3d~west:7'
    """
    return re.sub(r"[^A-Za-z0-9_.:+-]", lambda found: f"~{ord(found[0]):x}~", text)


class _Start(TriggerDagRunOperator):
    """Starts a run of its own name for a group of sites, or for the fleet; skipped where that run exists already.

    Args:
        told: What the task before it returned.
        group: Whose run it is; empty for the fleet's.
        options: Arguments of the Airflow task.
    """

    template_fields: Sequence[str] = (*TriggerDagRunOperator.template_fields, "told", "group")

    def __init__(self, *, told: Any, group: str, **options: Any) -> None:
        super().__init__(logical_date=None, skip_when_already_exists=True, **options)
        self.told, self.group = told, group

    def start(self, name: str, conf: dict[str, Any], context: Any) -> None:
        """Start the run of a name."""
        self.trigger_run_id, self.conf = name, conf
        super().execute(context)

    def train(self, why: str, context: Any) -> None:
        """Start a training of the day that the task before it told, named by day and group so that there is one."""
        day = self.told["target_day"]
        name = f"{why}__{day}" + (f"__{run_name(self.group)}" if self.group else "")
        self.start(name, {"target_day": day} | ({"group": self.group} if self.group else {}), context)


class Retrain(_Start):
    """Starts ``train_model`` for the monitored day where step ``monitor`` says that it is asked for."""

    def execute(self, context: Any) -> None:
        """Start the run, or say why not."""
        reasons = {each["group"]: each["reason"] for each in self.told["trainings"]}
        if self.group not in reasons:
            raise AirflowSkipException("the champion is what it was, or a training was asked for lately")
        self.log.info("asking for a training target_day=%s reason=%s", self.told["target_day"], reasons[self.group])
        self.train("decay", context)


class TrainGroup(_Start):
    """Starts ``train_model`` for a group where the schedule started the fleet's."""

    def execute(self, context: Any) -> None:
        """Start the run, or say why not."""
        if context["dag_run"].run_type != SCHEDULED:
            raise AirflowSkipException("somebody asked for one training")
        self.train("with_the_fleet", context)


class AskForPromotion(_Start):
    """Starts ``promote_model``, once for a version, where step ``compare`` found the group's challenger better."""

    def execute(self, context: Any) -> None:
        """Start the run, or say why not."""
        for asked in self.told["asks"]:
            if group_of(asked["version"]) == self.group:
                conf = {name: asked[name] for name in ("version", "reason")} | {"approval": read_settings().approval}
                self.start(f"shadow_of_version_{run_name(asked['version'])}", conf, context)
                return
        raise AirflowSkipException("no challenger is better")
