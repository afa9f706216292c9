"""# train_model

Trains a challenger on the readings known at the cutoff and makes it champion if it is better beyond noise (a retraining of the same
architecture: as good) and, where Param `approval` is `required`, a person agrees.

**Reads** `traffic`, `sites`. **Writes** snapshots, an MLflow run and version, alias `champion`, `quarantine`, `promotions`.
**Usual duration** 2–10 minutes for 20 sites on 2 cores. **Runs** weekly and by hand (*Trigger* opens the form); where groups of sites have
models of their own (`DAYAHEAD_GROUPS`), the weekly run starts one more for each.

| If this fails | do this |
|---|---|
| `train_groups` | Airflow could not start a group's training: clear it; the fleet's goes on |
| `plan` | not a date, a day later than tomorrow, or settings that the architecture does not have: its log says which |
| `extract`, `features` | Postgres or the store did not answer, or a site's name in the form is not known: its log says which |
| `validate` | read the failed expectation in its log and in the Data Docs it names; fix the source, then clear the task |
| `gather` | a shard is missing: clear its failed task, not this one |
| `train` | clear it: it resumes from its checkpoint |
| `evaluate`, `register`, `promote` | most often MLflow or Postgres is down: they retry by themselves; then clear the task |
| `review` waits | it is no failure: open it (*Required actions*), read the card and answer; holds no worker |

A failed training never touches the champion: tomorrow's forecast goes on with the one there is.
"""

from airflow.sdk import CronPartitionTimetable, Param, XComArg, chain, dag, task_group

from pipeline.config import read_settings
from pipeline.core.models import FORECASTERS
from pipeline.scheduling.approval import Approval, approval_param
from pipeline.scheduling.assets import champion_asset, table_asset
from pipeline.scheduling.starting import TrainGroup
from pipeline.scheduling.tasks import (
    GROUP,
    LONGEST_TRAINING,
    NO_CATCHING_UP,
    SHARD_DEFAULTS,
    SHARDS,
    TARGET_DAY,
    TASK_DEFAULTS,
    plan_shards,
    step,
)

settings = read_settings()


@dag(
    schedule=CronPartitionTimetable(
        settings.train_schedule, timezone=settings.timezone, key_format="%Y-%m-%d", run_immediately=NO_CATCHING_UP
    ),
    catchup=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={
        "target_day": TARGET_DAY,
        "group": GROUP,
        "sites": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "minLength": 1},
            uniqueItems=True,
            title="Sites",
            description="Only these sites, one a line, named as in the table sites. Empty: all. A name that is not there ends extract.",
        ),
        "shards": SHARDS,
        "days": Param(
            settings.train_days, type="integer", minimum=14, maximum=3660, title="Days", description="Days of history to learn from."
        ),
        "architecture": Param(settings.model, enum=list(FORECASTERS), title="Architecture", description="Which model to train."),
        "settings": Param(
            None,
            type=["null", "string", "object"],
            title="Settings",
            description='Of the architecture: JSON such as {"hidden": 128}, or a preset such as original. Empty: DAYAHEAD_MODEL_SETTINGS.',
        ),
        "approval": approval_param(settings.approval),
        "epochs": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=10_000,
            title="Epochs",
            description="Passes over the windows. Empty: the model's own schedule.",
        ),
    },
)
def train_model() -> None:
    """Wire the steps of a training."""
    run, parts = plan_shards("train")
    if settings.groups:
        groups = TrainGroup.partial(task_id="train_groups", task_display_name="Train each group", trigger_dag_id="train_model", told=run)
        groups.expand(group=list(settings.groups))
    review = Approval(task_id="review", task_display_name="Review by a person", run=run)
    chain(
        shard.expand(run=parts),
        step("gather", run, operator={"trigger_rule": "none_failed"}),
        step(
            "train",
            run,
            architecture="{{ params.architecture }}",
            epochs="{{ params.epochs }}",
            model_settings="{{ params.settings }}",
            operator={"queue": "gpu", "pool": "training", "execution_timeout": LONGEST_TRAINING},
        ),
        step("evaluate", run, operator={"execution_timeout": LONGEST_TRAINING}),
        step("register", run),
        review,
        step("promote", run, answer=review.output, operator={"outlets": [champion_asset()], "trigger_rule": "none_failed"}),
    )


@task_group(prefix_group_id=False, group_display_name="Each shard", default_args=SHARD_DEFAULTS)
def shard(run: XComArg) -> None:
    """Wire the chain of one shard."""
    extracted = step("extract", run, sites="{{ params.sites }}", days="{{ params.days }}", operator={"inlets": [table_asset("traffic")]})
    chain(extracted, step("validate", run), step("features", run))


train_model()
