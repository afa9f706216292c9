"""The distributed stack without containers: Redis, Celery workers on two queues, snapshots on an S3-compatible server."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
import psutil
import pytest

from pipeline.local.broker import WORKERS
from pipeline.local.stack import status
from tests.fixtures.object_store import make_bucket
from tests.fixtures.stack import Stack, started

SITES, DAYS, SHARDS, TRAIN_SHARDS = 8, 30, 3, 2
TOMORROW = "2026-03-31"
WAIT_SECONDS = 1500
pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed: apt-get install redis-server")


@pytest.fixture(scope="module")
def cluster(object_store: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running stack, its readings loaded; a task is missed after twenty seconds."""
    own = {"EXECUTOR": "celery", "STORE": f"{make_bucket(object_store)}/snapshots", "TASK_SILENCE_SECONDS": "20", "SHARDS": str(SHARDS)}
    own |= {"VALIDATION_DAYS": "3", "TEST_DAYS": "3"}
    with started(**{f"DAYAHEAD_{name}": value for name, value in own.items()}, **object_store) as running:
        file = tmp_path_factory.mktemp("cluster") / "traffic.csv.gz"
        readings().to_csv(file, index=False)
        running.run("load", str(file))
        yield running


@pytest.fixture(scope="module")
def trained(cluster: Stack) -> str:
    """A training that ran through: its run's id. Its version is made champion, whatever one epoch has taught it."""
    run = walked(cluster, "train_model", {"target_day": TOMORROW, "epochs": 1, "days": DAYS, "shards": TRAIN_SHARDS})
    cluster.run("promote", "--to", "1", "--by", "a test", "--reason", "to see it forecast")
    return run


@pytest.fixture(scope="module")
def survived(cluster: Stack, trained: str) -> str:
    """A forecast whose worker was killed while it validated shards: its run's id."""
    return walked(cluster, "forecast_day_ahead", {"target_day": TOMORROW}, kill_worker_in="validate")


def readings() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ts = pd.date_range(end="2026-03-30 23:00", periods=DAYS * 24, freq="h")
    shape = 1.3 - np.cos(2 * np.pi * ts.hour / 24)
    noise = np.exp(0.05 * rng.standard_normal((SITES, len(ts))))
    return pd.concat([pd.DataFrame({"site": f"site {i}", "ts": ts, "throughput": 100.0 * shape * noise[i]}) for i in range(SITES)])


def test_every_service_answers(cluster: Stack):
    told = cluster.run("status").stdout

    assert {"redis", *WORKERS} <= {line.split()[0] for line in told.splitlines() if "healthy" in line}


def test_only_the_gpu_worker_trains_and_it_does_nothing_else(cluster: Stack, trained: str):
    taken = {worker: tasks_in_log(cluster, worker) for worker in WORKERS}

    assert taken["gpu-worker"] == {"train"}
    assert {"plan", "extract", "validate", "features", "gather", "evaluate", "register", "promote"} <= taken["worker"] - {"train"}


def test_training_reads_every_shard_from_the_object_store(cluster: Stack, trained: str):
    folder = re.escape("snapshots/train/20260331T000000Z")

    shards = {match[1] for key in keys_in(cluster) if (match := re.match(rf"{folder}/shard-(\d)-of-{TRAIN_SHARDS}/grid-.*", key))}
    assert shards == {str(shard) for shard in range(TRAIN_SHARDS)}
    assert len([key for key in keys_in(cluster) if re.fullmatch(rf"{folder}/grid-\w+\.safetensors", key)]) == 1


def test_forecast_survives_the_death_of_its_worker_and_tries_the_lost_shards_again(cluster: Stack, survived: str):
    tasks = cluster.airflow.tasks("forecast_day_ahead", survived)

    assert len([task for task in tasks if task["task_id"] == "validate" and task["try_number"] > 1]) > 1
    assert {task["state"] for task in tasks if task["task_id"] in ("validate", "forecast", "publish")} == {"success"}
    assert sorted({task["rendered_map_index"] for task in tasks if task["task_id"] == "forecast"})[0] == f"shard 1 of {SHARDS}"


def test_after_it_no_row_is_lost_and_none_stands_twice(cluster: Stack, survived: str):
    counted = """select site, count(*) as n, count(distinct ts) as hours, min(degradation) as rung, min(q05) > 0 as sane
                 from dayahead.forecasts where role = 'champion' group by site order by site"""
    rows = json.loads(cluster.run("sql", counted, "--json").stdout)

    whole = {"n": 24, "hours": 24, "rung": "none", "sane": True}
    assert rows == [{"site": site, **whole} for site in sorted(f"site {i}" for i in range(SITES))]


def walked(cluster: Stack, dag: str, conf: dict[str, Any], kill_worker_in: str | None = None) -> str:
    """Run a DAG to its end and return the run's id; on the way, kill the ordinary worker amid tasks of this name."""
    airflow = cluster.airflow
    assert until(lambda: airflow.find_dag(dag))
    airflow.set_paused(dag, False)
    run = airflow.trigger(dag, conf)

    def running() -> list[dict[str, Any]]:
        return [task for task in airflow.tasks(dag, run) if task["task_id"] == kill_worker_in and task["state"] == "running"]

    if kill_worker_in:
        worker = psutil.Process(next(line.pid for line in status(cluster.settings) if line.name == "worker"))
        assert until(lambda: killed_amid(worker, running), pause_seconds=0.05)  # a shard's step may be over in a second
    assert until(lambda: airflow.run_state(dag, run) in ("success", "failed"))
    failed = [task for task in airflow.tasks(dag, run) if task["state"] == "failed"]
    assert airflow.run_state(dag, run) == "success", [airflow.log(dag, run, task, 20) for task in failed]
    return run


def killed_amid(worker: psutil.Process, tasks: Callable[[], list[dict[str, Any]]]) -> bool:
    """Kill a worker with everything below it, as a machine that loses its power does, if several of the tasks run on it; return whether."""
    worker.suspend()  # so that it starts nothing new meanwhile, and nothing that runs can end
    everything = [*worker.children(recursive=True), worker]
    for process in everything:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    is_amid = len(tasks()) > 1
    for process in everything:
        with suppress(psutil.NoSuchProcess):
            (process.kill if is_amid else process.resume)()
    return is_amid


def tasks_in_log(cluster: Stack, worker: str) -> set[str]:
    return set(re.findall(r"task_id='(\w+)'", Path(cluster.home.logs, f"{worker}.log").read_text()))


def keys_in(cluster: Stack) -> list[str]:
    login = {"aws_access_key_id": "dayahead", "aws_secret_access_key": "of-no-worth", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=cluster.environment["AWS_ENDPOINT_URL"], **login)
    bucket = cluster.settings.store.removeprefix("s3://").split("/")[0]
    return [item["Key"] for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket) for item in page["Contents"]]


def until(found: Callable[[], Any], pause_seconds: float = 0.5) -> Any:
    """Return what a question answers as soon as it is true, and its last answer when time is up."""
    end = time.monotonic() + WAIT_SECONDS
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(pause_seconds)
    return answer
