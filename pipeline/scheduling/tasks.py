"""The steps as Airflow tasks: what the DAG files share. Loads nothing heavy: a task imports its step when it runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlparse

from airflow.sdk import BaseOperatorLink, ExceptionRetryPolicy, Param, RetryAction, RetryRule, XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline.alerts.notifier import Tell
from pipeline.config import read_settings
from pipeline.errors import NothingToForecastError
from pipeline.scheduling.assets import tell_events
from pipeline.scheduling.telemetry import observed
from pipeline.steps import run_step

if TYPE_CHECKING:
    from pipeline.adapters.store.snapshots import Run

TRY_AGAIN_WHERE_IT_MAY_HELP = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=["pipeline.errors.DataError", "pipeline.errors.ConfigurationError", "pipeline.errors.ModelError"],
            action=RetryAction.FAIL,
            reason="the same input would fail again; the message says what to fix",
        )
    ]
)
NO_CATCHING_UP = timedelta(0)  # with no start_date: turning a DAG on waits for the next tick and makes up for none
LONGEST, LONGEST_TRAINING = timedelta(hours=3), timedelta(days=2)  # a task that takes longer hangs: it is ended and tried again
TASK_DEFAULTS = {
    "execution_timeout": LONGEST,
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": TRY_AGAIN_WHERE_IT_MAY_HELP,
    "on_failure_callback": [Tell("failed")],
}
SHARD_DEFAULTS = {"map_index_template": "shard {{ ti.map_index + 1 }} of {{ params.shards }}"}
SHARDS = Param(
    read_settings().shards,
    type="integer",
    minimum=1,
    maximum=1000,
    title="Shards",
    description="Parts of the fleet, each its own chain of tasks.",
)
GROUP = Param(
    "",
    type="string",
    enum=["", *read_settings().groups],
    title="Group",
    description="Of sites with a model of their own, such as region=west: DAYAHEAD_GROUPS. Empty: the fleet.",
)
TARGET_DAY = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Target day",
    description="Day to forecast; its start is the cutoff. Empty: the latest whose cutoff has passed.",
)


TITLES = {  # what Airflow's pages show; the id stays the step's name
    "plan": "Plan: which day",
    "extract": "Extract the readings",
    "validate": "Validate: Great Expectations",
    "features": "Features: lay the grid",
    "gather": "Gather the shards",
    "train": "Train a challenger",
    "evaluate": "Evaluate: backtest against all",
    "register": "Register in MLflow",
    "promote": "Promote if better",
    "forecast": "Forecast every site",
    "fill": "Fill by seasonal naive",
    "publish": "Publish to Postgres",
    "shadow": "Shadow: the challenger's forecast",
    "monitor": "Monitor: score and watch",
    "retain": "Retain: drop what is old",
}


class DataDocsLink(BaseOperatorLink):
    """Button on the task's page: what Great Expectations expected and found."""

    name = "Data Docs"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address of the Data Docs that the task built."""
        settings = read_settings()
        page = Path(urlparse(ti_key.xcom_pull(task_ids=operator.task_id, map_indexes=ti_key.map_index)["data_docs"]).path)
        return f"{settings.people_url}/dayahead/data-docs/{quote(str(page.relative_to(settings.home.resolve() / 'gx')))}"


class ModelVersionLink(BaseOperatorLink):
    """Button on the task's page: the version in MLflow's registry, with its model card."""

    name = "Model version"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address of the version that the task registered or decided about."""
        return str(ti_key.xcom_pull(task_ids=operator.task_id)["url"])


LINKS = {"validate": (DataDocsLink(),), "register": (ModelVersionLink(),), "promote": (ModelVersionLink(),)}


@task(task_display_name=TITLES["plan"])
def plan(purpose: str) -> dict[str, Any]:
    """Decide which day the run is about, once, before the first step."""
    return _plan(purpose).to_json()


def plan_shards(purpose: str) -> tuple[XComArg, XComArg]:
    """Return what ``plan`` decides, as the whole run and as the list of its shards to map over; one task makes both."""
    parts = _plan_shards(purpose)
    return parts["run"], parts  # type: ignore[index]  # a task's result can be asked for its other keys


@task(task_id="plan", task_display_name=TITLES["plan"])
def _plan_shards(purpose: str) -> list[dict[str, Any]]:
    params = get_current_context()["params"]
    if params.get("settings"):  # a mistyped one is refused here, not after an hour of reading
        from pipeline.core.models import settings_of

        settings_of(params["architecture"], params["settings"])
    run = _plan(purpose, params["shards"], params.get("group", ""))
    get_current_context()["ti"].xcom_push("run", run.to_json())
    return [part.to_json() for part in run.parts()]


def step(name: str, run: XComArg, *, operator: dict[str, Any] | None = None, **options: Any) -> XComArg:
    """Return the task that runs a step.

    Args:
        name: One of ``pipeline.steps.STEPS``; also the task's id.
        run: What ``plan`` returned.
        operator: Arguments of the Airflow task, such as its queue and pool.
        options: Keyword arguments of the step, usually templates of Params.
    """
    made = task(task_id=name, task_display_name=TITLES.get(name, name), **(operator or {}))(_run_step)(name, run, options)
    made.operator.operator_extra_links = LINKS.get(name, ())  # type: ignore[attr-defined]  # a called task has its operator
    return made


def _plan(purpose: str, shards: int = 1, group: str = "") -> Run:
    from pipeline.steps.plan import plan as plan_run

    context = get_current_context()
    dag_run, asked = context["dag_run"], context["params"]["target_day"]
    key, at = dag_run.partition_key, dag_run.run_after
    return plan_run(purpose, read_settings(), asked=asked, partition_key=key, at=at, shards=shards, group=group)


def _run_step(name: str, run: Any, options: dict[str, Any]) -> dict[str, Any]:
    # Airflow hands its whole context to a function that takes any keyword, so this one takes none.
    try:
        with observed(name, run) as told:
            told(result := run_step(name, run, **options))
    except NothingToForecastError as error:
        if run.get("shard") is None:
            raise
        raise AirflowSkipException(str(error)) from error
    tell_events(get_current_context(), result)
    if name == "publish":
        _name_the_day(run)
    return result


def _name_the_day(run: dict[str, Any]) -> None:
    """Say in the asset's event which day was published: a run started by hand has no partition key, and its day would not be monitored."""
    context = get_current_context()
    if context["dag_run"].partition_key is None:
        for asset in context["task"].outlets:
            context["outlet_events"][asset].add_partitions(run["target_day"])
