"""What every test may lean on: quiet libraries, and real services from ``tests/fixtures``."""

import logging
import os

if "PYTEST_XDIST_WORKER" in os.environ:  # threads that spin for work would take the cores from the other process
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
for switch in ("MLFLOW_DISABLE_TELEMETRY=true", "GX_ANALYTICS_ENABLED=false", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false"):
    os.environ.setdefault(*switch.split("=", 1))

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.tracking",
    "tests.fixtures.object_store",
    "tests.fixtures.stack",
    "tests.fixtures.browser",
    "tests.fixtures.versions",
    "tests.fixtures.journey",
    "tests.fixtures.journal",
    "tests.fixtures.side_by_side",
]


def pytest_unconfigure() -> None:
    """Let the result be the last thing that is said: handlers that libraries left write to streams which pytest has closed by now."""
    logging.disable(logging.CRITICAL)
