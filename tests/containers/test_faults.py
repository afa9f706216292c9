"""What people meet sooner or later: a container dies, restarts, is upgraded or is away, in the midst of a forecast."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.containers.build import image_of
from tests.containers.conftest import SITES
from tests.containers.stack import Containers, until

DAG, SHARDS = "forecast_day_ahead", 2
COUNTED = """select count(*) as n, count(distinct (site, ts)) as apart, count(*) filter (where published_at < '{}') as old
             from dayahead.forecasts where role = 'champion' and target_day = '{}'"""


def kill_worker(stack: Containers) -> None:
    stack.engine.run("kill", stack.container("worker"))
    stack.compose("start", "worker")


def shake_everything(stack: Containers) -> None:
    """Restart Redis and Postgres, take the object store away for a minute, and kill the scheduler, one after the other in the same run."""
    stack.engine.run("restart", stack.container("redis"))
    stack.engine.run("restart", stack.container("postgres"))
    stack.engine.run("stop", stack.container("object-store"))
    time.sleep(60)
    stack.engine.run("start", stack.container("object-store"))
    stack.engine.run("kill", stack.container("scheduler"))
    time.sleep(10)
    stack.compose("start", "scheduler")


def upgrade_images(stack: Containers) -> None:
    """Build the next release under the same names, and put its containers in the place of the old ones as docker/README.md says."""
    replaced = ("mlflow", "api-server", "scheduler", "dag-processor", "triggerer", "worker")
    before = {service: stack.image(service) for service in replaced}
    for target in ("tracking", "scheduler", "worker"):
        (stack.folder / "Next").write_text(f"FROM {image_of(target)}\nLABEL release=next\n")
        stack.engine.run("build", "--file", str(stack.folder / "Next"), "--tag", image_of(target), str(stack.folder / "postgres"))
    stack.replace("init")
    stack.wait_for(["init"])
    for service in replaced:
        stack.replace(service)
    assert not [service for service in replaced if stack.image(service) == before[service]]


@pytest.mark.parametrize(
    ("fault", "day", "tries"),
    [(kill_worker, "2026-03-31", 2), (shake_everything, "2026-03-30", 2), (upgrade_images, "2026-03-29", 1)],
)  # a day each: one that is there already would stay as it is, its rows being the same
def test_forecast_ends_whole_after(stack: Containers, fault: Callable[[Containers], None], day: str, tries: int) -> None:
    asked = stack.query("select now()::text as at")[0]["at"]
    run = stack.begin(DAG, {"target_day": day, "shards": SHARDS})
    assert until(lambda: stack.running(DAG, run, "validate"))

    fault(stack)

    stack.end(DAG, run)
    stack.wait_for(stack.services)
    assert stack.query(COUNTED.format(asked, day)) == [{"n": SITES * 24, "apart": SITES * 24, "old": 0}]
    assert max(task["try_number"] for task in stack.airflow.tasks(DAG, run)) >= tries


def test_nothing_is_lost_when_all_containers_are_removed_and_made_again(stack: Containers) -> None:
    tables = ("traffic", "forecasts", "promotions")
    counted = f"select {', '.join(f'(select count(*) from dayahead.{table}) as {table}' for table in tables)}"
    before = stack.query(counted)
    found = "s3fs.S3FileSystem().find('dayahead', detail=True).values()"
    files = ("python", "-c", f"import s3fs; print([(file['name'], file['size'], file['ETag']) for file in {found}])")
    kept = stack.execute("worker", *files)

    stack.down()
    stack.up()

    assert stack.query(counted) == before
    assert stack.execute("worker", *files) == kept
