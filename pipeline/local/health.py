"""Is a service not only running but answering? And where it is not: which one, why, and what to do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from typing import Any

import requests

from pipeline.config import Settings
from pipeline.errors import ConfigurationError, ServiceError
from pipeline.local import broker, postgres
from pipeline.local.home import Home
from pipeline.local.services import Service, urls
from pipeline.local.supervision import Supervisor, tail

START_SECONDS = 240  # a slow machine takes a minute; longer than this means that something is wrong
AIRFLOW_PARTS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def healthy(settings: Settings, home: Home) -> set[str]:
    """Return the names of the services that answer."""
    found: set[str] = set()
    if postgres.is_answering(settings.postgres_port, home.secrets()):
        found.add("postgres")
    if settings.executor == "celery":
        found |= broker.answering(settings, home.secrets())
    if _get(f"{urls(settings)['MLflow']}/health") is not None:
        found.add("mlflow")
    report = _get(f"{urls(settings)['Airflow']}/api/v2/monitor/health")
    if report is not None:
        found.add("api-server")
        found |= {name for name, part in AIRFLOW_PARTS.items() if (report.json().get(part) or {}).get("status") == "healthy"}
    return found


def wait_healthy(
    names: Iterable[str], settings: Settings, home: Home, report: Callable[[str], None], probe: Callable[[], set[str]] | None = None
) -> None:
    """Wait until services answer, and report each as it does.

    Raises:
        ServiceError: One ended, or did not answer in time; the message ends with the last lines of its log.
    """
    waiting, supervisor, began = set(names), Supervisor(home), time.monotonic()
    while waiting:
        ready = (probe() if probe else healthy(settings, home)) & waiting
        running = {state.name: state for state in supervisor.states()}
        for name in sorted(ready):
            report(f"{name} ready after {time.monotonic() - began:.1f} s")
        waiting -= ready
        for name in sorted(waiting):
            if name not in running or running[name].word in ("FATAL", "EXITED", "STOPPED"):
                raise ServiceError(fault(home, name, "ended while starting"))
        if waiting and time.monotonic() - began > START_SECONDS:
            raise ServiceError(fault(home, sorted(waiting)[0], f"does not answer after {START_SECONDS} s"))
        if waiting:
            time.sleep(0.25)


def fault(home: Home, name: str, what: str) -> str:
    """Return a plain sentence about a service that fails, the end of its log and the way out."""
    log = home.logs / f"{name}.log"
    said = tail(log, 12) or "(its log is empty)"
    return f"{name} {what}. The end of {log}:\n{said}\nMend the cause, then: make down up"


def check_programs(services: Iterable[Service]) -> None:
    """Raise unless every service's program is installed.

    Raises:
        ConfigurationError: One is not; the message names it.
    """
    missing = [service.command[0] for service in services if not shutil.which(service.command[0])]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} is not installed, and DAYAHEAD_EXECUTOR=celery needs it: apt-get install {' '.join(missing)}, "
            "or DAYAHEAD_EXECUTOR=local"
        )


def check_ports(services: Iterable[Service]) -> None:
    """Raise unless every port is free.

    Raises:
        ConfigurationError: Another program listens there; the message names the variable that moves the port.
    """
    taken = [service for service in services if service.port and _is_taken(service.port)]
    if taken:
        lines = [f"port {s.port} on {postgres.HOST} is in use by another program, and {s.name} needs it" for s in taken]
        ways = " ".join(f"{s.setting}=<free port>" for s in taken)
        raise ConfigurationError(f"{'; '.join(lines)}. Stop that program or choose another port: make up {ways} (or set it in .env)")


def _is_taken(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((postgres.HOST, port))
        except OSError:
            return True
    return False


def _get(address: str) -> Any:
    try:
        answer = requests.get(address, timeout=5)
    except requests.RequestException:
        return None
    return answer if answer.ok else None
