"""# retain_days

Drops what the settings no longer keep, and makes one table of the days of each month that is over.

**Reads** the store, the registry, the tables. **Writes** nothing new: removes old snapshots, Data Docs, checkpoints, copies of models, and
tables of days and months that are older than `DAYAHEAD_KEEP_…_DAYS`. Traffic is kept for ever unless a number of days is set.
**Usual duration** seconds. **Runs** daily at noon; by hand with `dry_run` it only says what would go.

If `retain` fails, a reader kept a table locked or a setting keeps less than a step needs: the log says which. It runs again tomorrow;
nothing else waits for it. `plan` fails for a day that is no date.
"""

from airflow.sdk import CronPartitionTimetable, Param, dag

from pipeline.config import read_settings
from pipeline.scheduling.tasks import NO_CATCHING_UP, TARGET_DAY, TASK_DEFAULTS, plan, step

settings = read_settings()


@dag(
    schedule=CronPartitionTimetable("0 12 * * *", timezone=settings.timezone, key_format="%Y-%m-%d", run_immediately=NO_CATCHING_UP),
    catchup=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={"target_day": TARGET_DAY, "dry_run": Param(False, type="boolean", description="Only say what would go.")},
)
def retain_days() -> None:
    """Wire the one step."""
    step("retain", plan("retain"), dry_run="{{ params.dry_run }}")


retain_days()
