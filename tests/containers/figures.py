"""What a run of the stack cost, kept beside what its images did."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from benchmarks.airflow_cost import TOOK
from tests.containers.engine import STATE
from tests.containers.stack import Containers

FILE = STATE / "run.json"


def note(**found: Any) -> None:
    """Add figures to those of this run."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    FILE.write_text(json.dumps(known | found, indent=1))


def memory(stack: Containers) -> dict[str, str]:
    """Return what each container uses, as the engine counts it: with the files that the kernel keeps in memory for it."""
    used = {}
    for service in stack.services:
        if stack.state(service)["Status"] == "running":
            told = stack.engine.run("stats", "--no-stream", "--format", "{{.MemUsage}}", stack.container(service)).stdout
            used[service] = told.split("/")[0].strip()
    return used


def cost_of_run(stack: Containers, dag: str, run: str) -> dict[str, float]:
    """Return seconds: of a run from queued to its end, of the steps of its slowest shards themselves, and of what is neither."""
    found = stack.airflow._ask("GET", f"/dags/{dag}/dagRuns/{run}")
    began, ended = (datetime.fromisoformat(found[name]).timestamp() for name in ("queued_at", "end_date"))
    own: dict[str, float] = {}
    for task in stack.airflow.tasks(dag, run):
        if task["try_number"]:
            for step, seconds in TOOK.findall(stack.airflow.log(dag, run, task, 10_000)):
                own[step] = max(own.get(step, 0.0), float(seconds))
    steps = sum(own.values())
    return {"run": round(ended - began, 1), "steps": round(steps, 1), "outside": round(ended - began - steps, 1)}
