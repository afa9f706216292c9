"""# forecast_day_ahead

Writes the target day's quantile forecast of every live site to Postgres, all of it or nothing.

**Reads** `traffic`, `sites`, the champion. **Writes** snapshots, `quarantine`, `forecasts`, `attention`.
**Usual duration** under a minute for 20 sites. **Runs** daily; by hand with a date; backfills a range of days (partition key = target day).

| If this fails | do this |
|---|---|
| `plan` | the day asked for is not a date, or is later than tomorrow: trigger again with another |
| `validate` | the batch is broken (wrong schema, most sites stale): fix the source, then clear the task |
| `forecast` | not because a model is missing: it falls back from champion to previous champion to seasonal naive and says so |
| `extract`, `features`, any of one shard | `fill` answers for its sites by seasonal naive; fix the cause, then clear the failed task |
| `fill` | the shard's readings cannot be had, so nothing is published: fix the cause, then clear the failed tasks |
| `publish` | Postgres did not answer: it retries; readers see the old day until the new one is complete |
| `shadow` | the champion's forecast stands already; only the challenger's is missing: clear it, or leave it |

Running a day again replaces it by the same rows.
"""

from airflow.sdk import CronPartitionTimetable, XComArg, chain, dag, task_group

from pipeline.alerts.notifier import Tell, deadline
from pipeline.config import read_settings
from pipeline.scheduling.assets import champion_asset, table_asset
from pipeline.scheduling.tasks import NO_CATCHING_UP, SHARD_DEFAULTS, SHARDS, TARGET_DAY, TASK_DEFAULTS, plan_shards, step

settings = read_settings()


@dag(
    schedule=CronPartitionTimetable(
        settings.schedule, timezone=settings.timezone, run_offset=settings.days_ahead, key_format="%Y-%m-%d", run_immediately=NO_CATCHING_UP
    ),
    catchup=False,
    max_active_runs=2,
    render_template_as_native_obj=True,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    deadline=deadline(settings),
    params={"target_day": TARGET_DAY, "shards": SHARDS},
)
def forecast_day_ahead() -> None:
    """Wire the steps of a forecast."""
    run, parts = plan_shards("forecast")
    published = step(
        "publish",
        run,
        operator={
            "inlets": [table_asset("traffic"), champion_asset()],
            "outlets": [table_asset("forecasts")],
            "trigger_rule": "none_failed",
            "on_success_callback": [Tell("published")],
        },
    )
    shard.expand(run=parts) >> published >> step("shadow", run)


@task_group(prefix_group_id=False, group_display_name="Each shard", default_args=SHARD_DEFAULTS)
def shard(run: XComArg) -> None:
    """Wire the chain of one shard."""
    chain(
        step("extract", run, operator={"inlets": [table_asset("traffic")]}),
        step("validate", run),
        step("features", run),
        step("forecast", run, operator={"inlets": [champion_asset()]}),
        step("fill", run, operator={"trigger_rule": "one_failed"}),
    )


forecast_day_ahead()
