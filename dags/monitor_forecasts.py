"""# monitor_forecasts

Scores every published day whose actuals are in, and scores it again where late readings changed them.

**Reads** `forecasts`, `traffic`. **Writes** `scores` (and so the view `site_accuracy_30d`).
**Usual duration** seconds. **Runs** after each published day (asset `dayahead_forecasts`, same partition key) and by hand.

If it fails, Postgres did not answer: it retries; then clear the task. Nothing else waits for it.
"""

from datetime import UTC, datetime

from airflow.sdk import Asset, PartitionedAssetTimetable, dag

from pipeline.tasks import TARGET_DAY, TASK_DEFAULTS, plan, step


@dag(
    schedule=PartitionedAssetTimetable(assets=Asset("dayahead_forecasts")),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={"target_day": TARGET_DAY},
)
def monitor_forecasts() -> None:
    """Wire the scoring."""
    step("monitor", plan("monitor"))


monitor_forecasts()
