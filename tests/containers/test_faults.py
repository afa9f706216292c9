"""What people meet sooner or later: a container dies, restarts, is upgraded or is away for a minute, in the midst of a forecast."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.containers.conftest import SITES
from tests.containers.stack import Containers, until

DAG, TOMORROW, SHARDS = "forecast_day_ahead", "2026-03-31", 4
COUNTED = "select count(*) as n, count(distinct (site, ts)) as apart from dayahead.forecasts where role = 'champion'"


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
    stack.replace("init")
    stack.wait_for(["init"])
    for service in ("api-server", "scheduler", "dag-processor", "triggerer", "worker"):
        stack.replace(service)


@pytest.mark.parametrize("fault", [kill_worker, shake_everything, upgrade_images])
def test_forecast_ends_whole_after(stack: Containers, fault: Callable[[Containers], None]):
    run = stack.begin(DAG, {"target_day": TOMORROW, "shards": SHARDS})
    assert until(lambda: stack.running(DAG, run, "validate"))

    fault(stack)

    stack.end(DAG, run)
    stack.wait_for(stack.services)
    assert stack.query(COUNTED) == [{"n": SITES * 24, "apart": SITES * 24}]


def test_nothing_is_lost_when_all_containers_are_removed_and_made_again(stack: Containers):
    tables = ("traffic", "forecasts", "promotions")
    counted = f"select {', '.join(f'(select count(*) from dayahead.{table}) as {table}' for table in tables)}"
    before = stack.query(counted)
    files = ("python", "-c", "import s3fs; print(sorted(s3fs.S3FileSystem().find('dayahead')))")
    kept = stack.execute("worker", *files)

    stack.down()
    stack.up()

    assert stack.query(counted) == before
    assert stack.execute("worker", *files) == kept
