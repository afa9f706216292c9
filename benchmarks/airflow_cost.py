"""What Airflow adds to a forecast: the time of a run of `forecast_day_ahead` with one shard, less what its steps took themselves.

Runs in the stack that is up and has been through `make demo`: python -m benchmarks.airflow_cost [--runs 3]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from datetime import datetime
from pathlib import Path

from pipeline.config import Settings, read_settings
from pipeline.local.airflow_api import Airflow
from pipeline.local.demo import FORECAST, day_after_last_reading, run_dag

OUT = Path(__file__).parent / "out" / "airflow_cost.json"
TOOK = re.compile(r"step=(\w+) run=\S+ seconds=([\d.]+)")
LIMIT_SECONDS = 15.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    settings = read_settings()
    airflow = Airflow(settings.airflow_url, settings.tracking_username, settings.tracking_password.get_secret_value())
    measured = [measure(airflow, settings) for _ in range(runs)]
    for figures in measured:
        print("  ".join(f"{name} {seconds:.1f}" for name, seconds in figures.items()))
    outside = statistics.median(figures["outside"] for figures in measured)
    print(f"outside the steps: {outside:.1f} s (median of {runs}), to reach: {LIMIT_SECONDS:.0f} s or less")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"outside_seconds": outside, "limit_seconds": LIMIT_SECONDS, "runs": measured}, indent=1))


def measure(airflow: Airflow, settings: Settings) -> dict[str, float]:
    """Return seconds: of the whole run, of each step's own work, and of what is neither."""
    day = day_after_last_reading(settings)
    asked = time.time()
    run_dag(airflow, FORECAST, {"target_day": day.isoformat(), "shards": 1}, lambda _: None)
    runs = airflow._ask("GET", f"/dags/{FORECAST}/dagRuns?limit=1&order_by=-run_after")["dag_runs"]
    run = next(found for found in runs if datetime.fromisoformat(found["queued_at"]).timestamp() > asked - 1)
    began, ended = (datetime.fromisoformat(run[name]).timestamp() for name in ("queued_at", "end_date"))
    ran = [task for task in airflow.tasks(FORECAST, run["dag_run_id"]) if task["try_number"]]
    logs = [airflow.log(FORECAST, run["dag_run_id"], task, 10_000) for task in ran]
    own = {name: float(seconds) for log in logs for name, seconds in TOOK.findall(log)}
    return {"run": ended - began, **own, "outside": ended - began - sum(own.values())}


if __name__ == "__main__":
    main()
