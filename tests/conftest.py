"""What every test may lean on: quiet libraries, and real services from ``tests/fixtures``."""

import logging
import os

if "PYTEST_XDIST_WORKER" in os.environ:  # threads that spin for work would take the cores from the other process
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
SWITCHES = (
    "MLFLOW_DISABLE_TELEMETRY=true",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR=0",  # a server that a test has cut off does not come back while MLflow's client pauses
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER=0",
    "GX_ANALYTICS_ENABLED=false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false",
)
for switch in SWITCHES:
    os.environ.setdefault(*switch.split("=", 1))

pytest_plugins = [
    "tests.fixtures.side_by_side",
    "tests.fixtures.database",
    "tests.fixtures.tracking",
    "tests.fixtures.object_store",
    "tests.fixtures.stack",
    "tests.fixtures.browser",
    "tests.fixtures.versions",
    "tests.fixtures.journey",
    "tests.fixtures.journal",
]


def pytest_unconfigure() -> None:
    """Let the result be the last thing that is said: handlers that libraries left write to streams which pytest has closed by now."""
    logging.disable(logging.CRITICAL)
