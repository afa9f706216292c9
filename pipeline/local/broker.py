"""What the Celery executor needs beside the rest: Redis, which hands tasks to workers, and a word from each of them."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Settings
from pipeline.local import postgres
from pipeline.local.home import Home, Secrets

WORKERS = {"worker": "default", "gpu-worker": "gpu"}  # service and the queue whose tasks it takes


def url(settings: Settings, secrets: Secrets) -> str:
    """Return the address of the broker."""
    return f"redis://:{secrets.redis}@{postgres.HOST}:{settings.redis_port}/0"


def configuration(settings: Settings, home: Home, secrets: Secrets) -> str:
    """Return the text of ``redis.conf``: loopback, a password, and every task written down before it is taken."""
    lines = {
        "bind": postgres.HOST,
        "port": settings.redis_port,
        "requirepass": secrets.redis,
        "dir": _quoted(home.redis),
        "save": '""',
        "appendonly": "yes",
        "daemonize": "no",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def airflow_sections(settings: Settings, secrets: Secrets) -> dict[str, dict[str, str]]:
    """Return what Airflow's configuration says about Celery."""
    return {
        "celery": {
            "broker_url": url(settings, secrets),
            "result_backend": f"db+{postgres.url('airflow', secrets.airflow, settings.postgres_port, 'airflow')}",
        },
    }


def answering(settings: Settings, secrets: Secrets) -> set[str]:
    """Return which of Redis and the workers answer."""
    from celery import Celery
    from redis import Redis, RedisError

    address = url(settings, secrets)
    try:
        with Redis.from_url(address, socket_timeout=5) as broker:
            broker.ping()
    except RedisError:
        return set()
    with Celery(broker=address) as client:
        answers = client.control.ping(timeout=1, limit=len(WORKERS))
    return {"redis"} | {name.split("@")[0] for answer in answers for name in answer}


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
