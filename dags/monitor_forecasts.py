"""# monitor_forecasts

Scores every published day whose actuals are in, watches the champion, and starts `train_model` where it has decayed.

**Reads** `forecasts`, `traffic`. **Writes** `scores`, `scores_by_hour`, `completeness`, `anomalies`, `drift`, `retrainings`, `alerts`, and
the same figures to the MLflow experiment `dayahead-monitoring`.
**Usual duration** seconds. **Runs** after each published day (asset `dayahead_forecasts`, same partition key) and by hand.

| If this fails | do this |
|---|---|
| `plan` | the day asked for is not a date, or is later than tomorrow: trigger again with another |
| `monitor` | Postgres did not answer: it retries; then clear the task. Nothing else waits for it. Without MLflow it only warns |
| `compare` | Postgres or MLflow did not answer, or a version is not one of ours: clear it, or wait for tomorrow's |
| `ask_for_promotion`, `retrain` | Airflow could not start the other DAG: clear the task; a run that exists is not started twice |
| `compare` is skipped | no challenger is better in the shadow beyond noise; else `ask_for_promotion` starts `promote_model`, once |
| `retrain` is skipped | nothing asked for a training, or one within the cool-down did |

Running a day again changes nothing, tells nothing again and starts no second training. docs/operations.md says what each alert means.
"""

from datetime import UTC, datetime

from airflow.sdk import PartitionedAssetTimetable, dag

from pipeline.alerts.notifier import Tell
from pipeline.config import read_settings
from pipeline.core.series.groups import FLEET
from pipeline.scheduling.approval import ask_where_better
from pipeline.scheduling.assets import table_asset
from pipeline.scheduling.starting import Retrain
from pipeline.scheduling.tasks import TARGET_DAY, TASK_DEFAULTS, plan, step


@dag(
    schedule=PartitionedAssetTimetable(assets=table_asset("forecasts")),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={"target_day": TARGET_DAY},
)
def monitor_forecasts() -> None:
    """Wire the watching."""
    run = plan("monitor")
    watched = step("monitor", run, operator={"on_success_callback": [Tell("monitored")]})
    retrain = Retrain.partial(
        task_id="retrain", task_display_name="Retrain where the champion decayed", trigger_dag_id="train_model", told=watched
    )
    retrain.expand(group=[FLEET, *read_settings().groups])
    watched >> ask_where_better(run)


monitor_forecasts()
