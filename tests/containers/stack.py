"""The stack of `docker/compose.yaml` itself, in containers, seen from outside as its users see it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ServiceError
from pipeline.local.airflow_api import Airflow
from pipeline.local.home import PROJECT
from tests.containers.engine import Engine

WAIT_SECONDS = 900
ENDED = "service_completed_successfully"


@dataclass(frozen=True)
class Containers:
    """A Compose project.

    Args:
        engine: What runs it.
        folder: A copy of ``docker/`` with secrets of its own.
        project: Name of the project; networks and volumes carry it.
        files: Its Compose files in the folder.
        address: Address of this machine on which the stack's services are open to other hosts.
    """

    engine: Engine
    folder: Path
    project: str
    files: tuple[str, ...]
    address: str

    def compose(self, *arguments: str, check: bool = True, seconds: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a command of Compose on the project."""
        files = [word for file in self.files for word in ("--file", str(self.folder / file))]
        variables = {"PRIVATE_ADDRESS": self.address, "STACK_ADDRESS": self.address, "WORKER_QUEUES": "gpu", "WORKER_SLOTS": "1"}
        engine = replace(self.engine, environment=self.engine.environment | variables)
        return engine.run("--project-name", self.project, *files, *arguments, check=check, seconds=seconds, compose=True)

    @cached_property
    def services(self) -> dict[str, Any]:
        """The services of the first file that can run here: no profile, and an image that is on this machine."""
        described = yaml.safe_load((self.folder / self.files[0]).read_text())["services"]
        return {name: it for name, it in described.items() if "profiles" not in it and self.engine.has_image(it["image"])}

    def up(self) -> None:
        """Start the services, each as soon as what it depends on is there, and wait until all are healthy.

        Compose does so itself. Podman before 4.6 knows no conditions, and runs health checks by timers of systemd only: there we ask.
        """
        if self.engine.program == "docker":
            self.compose("up", "--detach", "--wait", *self.services, seconds=WAIT_SECONDS)
            return
        left = dict(self.services)
        while left:
            ready = [name for name, it in left.items() if not set(it.get("depends_on", {})) & set(left)]
            self.compose("up", "--detach", "--no-deps", *ready)
            self.wait_for(ready)
            left = {name: it for name, it in left.items() if name not in ready}

    def wait_for(self, services: Iterable[str]) -> None:
        """Wait until these services are healthy, or have ended well where they only prepare something."""
        for service in services:
            assert until(partial(self.ready, service)), f"{service} is not well:\n{self.logs(service)}"

    def ready(self, service: str) -> bool:
        """Tell whether a service is healthy by its own check, or done where it has none."""
        found = self.state(service)
        if self.services[service]["healthcheck"].get("disable"):
            return found["Status"] == "exited" and found["ExitCode"] == 0
        if found["Status"] != "running":
            return False
        if self.engine.program == "docker":
            return found["Health"]["Status"] == "healthy"
        return self.engine.run("healthcheck", "run", self.container(service), check=False).returncode == 0

    def down(self) -> None:
        """Stop and remove the containers; their volumes stay."""
        self.compose("down", "--timeout", "20")

    def delete(self) -> None:
        """Kill and remove the containers, and their volumes too."""
        self.compose("down", "--timeout", "0", "--volumes")

    def replace(self, service: str) -> None:
        """Put a new container in the place of a service's, as an upgrade of its image does; a task in its midst is let to its end."""
        old = self.container(service)
        self.engine.run("stop", "--time", "300", old, seconds=400)
        self.engine.run("rm", old)
        self.compose("up", "--detach", "--no-deps", service)

    def container(self, service: str) -> str:
        """Return the id of the container of a service, also of one that has ended."""
        labels = [f"label=com.docker.compose.{key}={value}" for key, value in (("project", self.project), ("service", service))]
        found = self.engine.run("ps", "--all", "--quiet", "--filter", labels[0], "--filter", labels[1]).stdout.split()
        assert found, f"service {service} has no container"
        return found[0]

    def state(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of the container's state."""
        return dict(json.loads(self.engine.run("inspect", self.container(service)).stdout)[0]["State"])

    def image(self, service: str) -> str:
        """Return the id of the image that the container of a service is made from."""
        return str(json.loads(self.engine.run("inspect", self.container(service)).stdout)[0]["Image"])

    def execute(self, service: str, *command: str, check: bool = True) -> str:
        """Run a command in the container of a service and return what it printed."""
        return self.engine.run("exec", self.container(service), *command, check=check).stdout

    def logs(self, service: str, lines: int = 60) -> str:
        """Return the end of what a service said."""
        done = self.engine.run("logs", "--tail", str(lines), self.container(service), check=False)
        return done.stdout + done.stderr

    def secret(self, name: str) -> str:
        """Return a secret that the script made."""
        return (self.folder / "secrets" / name).read_text()

    @cached_property
    def airflow(self) -> Airflow:
        """Airflow's API on the published port, with the login that people have."""
        return Airflow("http://localhost:8080", "admin", self.secret("login_password"))

    def load(self, file: Path) -> None:
        """Load a file of readings as README.md says: with a container of the worker's image that sees it."""
        self.compose(
            "run",
            "--rm",
            "--no-deps",
            "-T",
            "--volume",
            f"{file}:/readings.csv:ro",
            "worker",
            "python",
            "-m",
            "pipeline",
            "load",
            "/readings.csv",
        )

    def begin(self, dag: str, conf: dict[str, Any]) -> str:
        """Start a run over the REST API and return its id."""
        assert until(lambda: self.airflow.find_dag(dag)), f"{dag} is not parsed: {self.airflow.import_errors()}"
        self.airflow.set_paused(dag, False)
        return self.airflow.trigger(dag, conf)

    def end(self, dag: str, run: str) -> str:
        """Wait for the end of a run, which is to be green, and return its id; services may be away meanwhile."""
        assert until(lambda: self.asked(lambda: self.airflow.run_state(dag, run) in ("success", "failed"))), f"{dag} takes too long"
        failed = [task for task in self.airflow.tasks(dag, run) if task["state"] == "failed"]
        assert self.airflow.run_state(dag, run) == "success", [self.airflow.log(dag, run, task, 20) for task in failed]
        return run

    def running(self, dag: str, run: str, task: str) -> bool:
        """Tell whether a task of the run is at work just now."""
        return any(found["task_id"] == task and found["state"] == "running" for found in self.airflow.tasks(dag, run))

    def asked(self, question: Callable[[], bool]) -> bool:
        """Return the answer to a question, and False where a service does not answer at the moment."""
        try:
            return question()
        except ServiceError:
            return False

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return rows of the database ``traffic``, as the worker's command prints them."""
        return list(json.loads(self.execute("worker", "python", "-m", "pipeline", "sql", sql, "--json")))


def copy_of_docker(folder: Path) -> Path:
    """Copy ``docker/`` and make its secrets, as README.md says."""
    copied = shutil.copytree(PROJECT / "docker", folder / "docker", ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([copied / "make-secrets.sh"], check=True, capture_output=True)
    return copied


def until(found: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Return what a question answers as soon as it is true, and its last answer when time is up."""
    end = time.monotonic() + seconds
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(1)
    return answer
