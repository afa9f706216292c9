"""Airflow through its REST API: pools, DAG runs, the states and logs of their tasks."""

from __future__ import annotations

from typing import Any

import requests

from pipeline.errors import ServiceError


class Airflow:
    """A running Airflow and a login to it.

    Args:
        url: Root of the API server, such as ``http://127.0.0.1:8090``.
        username: Login name.
        password: Its password.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self._login = {"username": username, "password": password}
        self._session = requests.Session()

    def set_pool(self, name: str, slots: int) -> None:
        """Make a pool where there is none of this name; one that exists keeps its slots."""
        self._ask("POST", "/pools", {"name": name, "slots": slots}, expected=(201, 409))

    def find_dag(self, dag: str) -> bool:
        """Tell whether Airflow has parsed the DAG."""
        return self._ask("GET", f"/dags/{dag}", expected=(200, 404)).get("dag_id") == dag

    def import_errors(self) -> list[str]:
        """Return what went wrong in each DAG file that cannot be parsed."""
        return [f"{e['filename']}: {e['stack_trace'].strip()}" for e in self._ask("GET", "/importErrors")["import_errors"]]

    def set_paused(self, dag: str, paused: bool) -> bool:
        """Switch the DAG off or on, and return whether it was off before."""
        was = self._ask("GET", f"/dags/{dag}")["is_paused"]
        if was != paused:
            self._ask("PATCH", f"/dags/{dag}", {"is_paused": paused})
        return bool(was)

    def trigger(self, dag: str, conf: dict[str, Any], partition_key: str | None = None) -> str:
        """Start a run with the given Params, or of a target day as the schedule does, and return its id."""
        body = {"logical_date": None, "conf": conf, "partition_key": partition_key}
        return str(self._ask("POST", f"/dags/{dag}/dagRuns", body)["dag_run_id"])

    def run_state(self, dag: str, run: str) -> str:
        """Return ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self._ask("GET", f"/dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Return the run's task instances in the order in which they began, those that have not last."""
        found = self._ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances?limit=1000")["task_instances"]
        return sorted(found, key=lambda task: (task["start_date"] is None, task["start_date"] or "", task["task_id"]))

    def log(self, dag: str, run: str, task: dict[str, Any], lines: int) -> str:
        """Return the end of a task instance's latest log, errors with their message."""
        where = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task['task_id']}/logs/{max(1, task['try_number'])}"
        content = self._ask("GET", f"{where}?full_content=true&map_index={task['map_index']}")["content"]
        entries = [{"event": entry} if isinstance(entry, str) else entry for entry in content]
        return "\n".join([text for entry in entries if (text := _line(entry))][-lines:])

    def page(self, dag: str, run: str) -> str:
        """Return the address of a run in the UI."""
        return f"{self.url}/dags/{dag}/runs/{run}"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, expected: tuple[int, ...] = (200, 201)) -> dict[str, Any]:
        try:
            answer = self._send(method, path, body)
            if answer.status_code == 401:
                self._authenticate()
                answer = self._send(method, path, body)
        except requests.RequestException as error:
            raise ServiceError(f"Airflow at {self.url} does not answer ({error}); see: make status") from error
        if answer.status_code not in expected:
            raise ServiceError(f"Airflow refused {method} {path} with status {answer.status_code}: {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        headers = {"Accept": "application/json"}
        return self._session.request(method, f"{self.url}/api/v2{path}", json=body, headers=headers, timeout=60)

    def _authenticate(self) -> None:
        answer = self._session.post(f"{self.url}/auth/token", json=self._login, timeout=60)
        if answer.status_code != 201:
            raise ServiceError(f"Airflow at {self.url} refused the login {self._login['username']}: {answer.text[:200]}; see: make status")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _line(entry: dict[str, Any]) -> str:
    """Return a log entry as text; empty for what Airflow adds: folds, where the file lies, where it does not."""
    said = str(entry.get("event", ""))
    if said.startswith(("::", "Could not read served logs")) or (said.startswith("/") and said.endswith(".log")):
        return ""
    causes = [f"{cause.get('exc_type')}: {cause.get('exc_value')}" for cause in entry.get("error_detail") or []]
    return " — ".join([said, *causes])
