"""# forecast_day_ahead

Writes the target day's quantile forecast of every live site to Postgres, all of it or nothing.

**Reads** `traffic`, `sites`, the champion. **Writes** snapshots, `quarantine`, `forecasts`, `attention`.
**Usual duration** under a minute for 20 sites. **Runs** daily; by hand with a date; backfills a range of days (partition key = target day).

| If this fails | do this |
|---|---|
| `validate` | the batch is broken (wrong schema, most sites stale): mend the source, then clear the task |
| `forecast` | not for want of a model: it goes down the ladder champion → previous champion → seasonal naive and says so |
| `publish` | Postgres did not answer: it retries; readers see the old day until the new one is whole |

Running a day again replaces it by the same rows.
"""

from airflow.sdk import Asset, CronPartitionTimetable, chain, dag

from pipeline.config import read_settings
from pipeline.tasks import NO_CATCHING_UP, TARGET_DAY, TASK_DEFAULTS, plan, step

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
    params={"target_day": TARGET_DAY},
)
def forecast_day_ahead() -> None:
    """Wire the steps of a forecast."""
    run = plan("forecast")
    chain(
        step("extract", run, days=settings.forecast_days),
        step("validate", run),
        step("features", run),
        step("forecast", run, operator={"inlets": [Asset("dayahead_champion")]}),
        step("publish", run, operator={"outlets": [Asset("dayahead_forecasts")]}),
    )


forecast_day_ahead()
