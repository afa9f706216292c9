"""What the embedded stack runs: one service per line of the table, its command, port and limits."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Settings
from pipeline.local import broker, everywhere, postgres
from pipeline.local.home import PROJECT, Home, Secrets

KEEPER = "keeper"  # watches the others for the process manager, and is in no table of people's
KEEPER_EVENTS = (
    *(f"PROCESS_STATE_{state}" for state in ("RUNNING", "EXITED", "BACKOFF", "FATAL")),
    "TICK_5",
    "TICK_60",
)
MARK = "DAYAHEAD_STACK"  # in the environment of every process we start: the home it belongs to
FORKS_TASKS = "pipeline.local.preloaded"  # Airflow's command, for the service that is the executor
SLOTS = {"default": 3, "gpu": 1}  # tasks at a time
NOT_OURS = ("DAYAHEAD_", "AIRFLOW_", "_AIRFLOW_", "MLFLOW_", "PG")  # a variable of the caller must not steer a service


@dataclass(frozen=True)
class Service:
    """A process of the stack.

    Args:
        name: Name in ``status``, ``logs`` and the log folder.
        command: Program and arguments.
        port: TCP port it listens on; None where it has none.
        setting: Variable that moves the port.
        user: Account it runs as; None for ours.
        stop_signal: Signal that asks it to end.
        stop_seconds: How long it may take to end before it is killed.
    """

    name: str
    command: tuple[str, ...]
    port: int | None = None
    setting: str | None = None
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 10


def services_of(settings: Settings, home: Home) -> tuple[Service, ...]:
    """Return the services in the order in which they need each other."""
    python = sys.executable
    airflow_port, mlflow_port, port = settings.airflow_port, settings.mlflow_port, settings.postgres_port
    mlflow = (
        python, "-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1", "--host", postgres.HOST, "--port", str(mlflow_port),
        "--artifacts-destination", home.artifacts.as_uri(),
    )  # fmt: skip
    database = postgres.bare(postgres.server_command(home, port), MARK)
    return (
        # INT is PostgreSQL's fast shutdown: it ends sessions and leaves a clean data folder.
        Service("postgres", database, port, "DAYAHEAD_POSTGRES_PORT", postgres.account(), "INT", 60),
        Service("mlflow", mlflow, mlflow_port, "DAYAHEAD_MLFLOW_PORT"),
        Service("api-server", (python, "-m", "airflow", "api-server"), airflow_port, "DAYAHEAD_AIRFLOW_PORT"),
        Service("scheduler", (python, "-m", FORKS_TASKS if settings.executor == "local" else "airflow", "scheduler", "--skip-serve-logs")),
        Service("dag-processor", (python, "-m", "airflow", "dag-processor")),
        Service("triggerer", (python, "-m", "airflow", "triggerer", "--skip-serve-logs")),
        *(_celery(settings, home) if settings.executor == "celery" else ()),
    )


def _celery(settings: Settings, home: Home) -> tuple[Service, ...]:
    worker = (sys.executable, "-m", FORKS_TASKS, "celery", "worker", "--skip-serve-logs", "--without-mingle", "--without-gossip")
    return (
        Service("redis", ("redis-server", str(home.run / "redis.conf")), settings.redis_port, "DAYAHEAD_REDIS_PORT"),
        *(
            Service(name, (*worker, "--queues", queue, "--concurrency", str(SLOTS[queue]), "--celery-hostname", f"{name}@dayahead"))
            for name, queue in broker.WORKERS.items()
        ),
    )


def environment(settings: Settings, home: Home, secrets: Secrets) -> dict[str, str]:
    """Return the environment of every service: the caller's, less what could steer one, plus ours.

    Settings of the project are not in it: tasks read them anew from the home's file at each start.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    threads = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return kept | {
        MARK: str(home.root),
        "SPT_NOENV": "1",  # else the titles that Airflow gives its processes overwrite the mark
        "DAYAHEAD_HOME": str(home.root),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": kept.get("OMP_NUM_THREADS", threads),
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait leave the core to the services beside them
        "AIRFLOW_HOME": str(home.airflow),
        "MLFLOW_BACKEND_STORE_URI": postgres.url("mlflow", secrets.mlflow, settings.postgres_port, "mlflow"),
        "MLFLOW_AUTH_CONFIG_PATH": str(home.run / "basic_auth.ini"),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.session,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **everywhere.variables(),
    }


def urls(settings: Settings) -> dict[str, str]:
    """Return the address of each service that people open."""
    return {
        "Airflow": f"http://{postgres.HOST}:{settings.airflow_port}",
        "MLflow": f"http://{postgres.HOST}:{settings.mlflow_port}",
        "Postgres": f"postgresql://{postgres.HOST}:{settings.postgres_port}/traffic",
    }


def dags_folder(settings: Settings) -> Path:
    """Return the folder whose DAGs Airflow runs."""
    return Path(settings.dags).resolve() if settings.dags else PROJECT / "dags"
