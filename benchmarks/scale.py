"""The daily run, extract to publish without Airflow, at growing numbers of sites: what a site costs must not grow with the fleet.

    python -m benchmarks.scale [--sites 100,1000,10000] [--shard-sites 1000] [--days 28]

Every size has a database of its own, filled inside Postgres with 28 days × 144 readings a site. Every shard's chain runs in a process of
its own, as its mapped task would, then one more process publishes all of them. Prints seconds per thousand sites by step and the largest
process, and writes ``benchmarks/out/scale.json``. The forecaster is the seasonal naive: ``benchmarks.data`` says what the default costs.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data import temporary_postgres

OUT = Path(__file__).parent / "out" / "scale.json"
CHAIN = ("extract", "validate", "features", "forecast")
DAY, CUTOFF = date(2026, 8, 21), datetime(2026, 8, 21, tzinfo=UTC)
FILL = """
SELECT dayahead.ensure_partition('traffic', m::date)
FROM generate_series(date_trunc('month', date '2026-08-21' - interval '{days} days'), '2026-08-01', '1 month') AS m;
INSERT INTO dayahead.sites (site, capacity, labels)
SELECT 'edge-' || lpad(i::text, 5, '0'), 3e6, jsonb_build_object('tier', i % 4, 'city', i % 50) FROM generate_series(1, {sites}) AS i;
INSERT INTO dayahead.traffic (site, ts, throughput, device_num, dxcc_usage)
SELECT 'edge-' || lpad(i::text, 5, '0'), ts, 1e6 * (1.2 - cos(extract(epoch FROM ts) / 86400 * 2 * pi()) + random()), 20, random()
FROM generate_series(1, {sites}) AS i,
    generate_series('2026-08-21 00:00+00'::timestamptz - interval '{days} days', '2026-08-20 23:59+00', '10 min') AS ts;
"""


def work(url: str, home: str, steps: str, shard: int | None, shards: int, days: int) -> None:
    """Run the steps of one shard, or publish, in this process; print the seconds of each and the most memory held."""
    from pydantic import SecretStr

    from pipeline.adapters.store.snapshots import Run
    from pipeline.config import Settings
    from pipeline.steps import features, forecast, publish, validate
    from pipeline.steps.extract import extract

    settings = Settings(home=Path(home), database_url=SecretStr(url), context_days=7, forecast_days=14)
    run = Run("forecast", DAY, CUTOFF, shards)
    part = run if shard is None else replace(run, shard=shard)
    calls = {
        "extract": lambda: extract(part, settings, days=days),
        "validate": lambda: validate.validate(part, settings),
        "features": lambda: features.features(part, settings),
        "forecast": lambda: forecast.forecast(part, settings),
        "publish": lambda: publish.publish(part, settings),
    }
    if "validate" in steps:
        import great_expectations  # noqa: F401  # its import belongs to the process, not to the fleet
    seconds = {}
    for name in steps.split(","):
        start = time.perf_counter()
        calls[name]()
        seconds[name] = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def run_alone(module: str, *arguments: object) -> dict:
    """Return what one process of a benchmark's module measured.

    Raises:
        RuntimeError: It failed; its output is in the message.
    """
    command = [sys.executable, "-m", module, "--work", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def fill(url: str, folder: Path, sites: int, days: int) -> None:
    import psycopg2
    from pydantic import SecretStr

    from pipeline.adapters.postgres.migrations import migrate
    from pipeline.config import Settings

    migrate(Settings(home=folder, database_url=SecretStr(url)))
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(FILL.format(sites=sites, days=days))
    connection.cursor().execute("VACUUM ANALYZE dayahead.traffic")
    connection.close()


def measure(sites: int, shard_sites: int, days: int) -> dict:
    """Return seconds by step, in all and per thousand sites, and the most memory of any process."""
    with TemporaryDirectory(prefix="dayahead-scale-", ignore_cleanup_errors=True) as place, temporary_postgres(Path(place)) as url:
        fill(url, Path(place), sites, days)
        shards = max(1, round(sites / shard_sites))
        parts: list[int | None] = list(range(shards)) if shards > 1 else [None]
        found = [run_alone("benchmarks.scale", url, place, ",".join(CHAIN), part, shards, days) for part in parts]
        found.append(run_alone("benchmarks.scale", url, place, "publish", None, shards, days))
    seconds = {name: sum(each["seconds"].get(name, 0.0) for each in found) for name in (*CHAIN, "publish")}
    total = sum(seconds.values())
    return {
        "sites": sites,
        "shards": shards,
        "seconds": seconds,
        "per_thousand": 1000 * total / sites,
        "peak_mb": max(e["peak_mb"] for e in found),
    }


def exponent(small: dict, large: dict) -> float:
    """Return how the whole run's seconds grow: 1 where a site costs the same in both fleets."""
    return math.log(sum(large["seconds"].values()) / sum(small["seconds"].values())) / math.log(large["sites"] / small["sites"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", default="100,1000,10000")
    parser.add_argument("--shard-sites", type=int, default=1000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.work:
        work(*json.loads(asked.work))
        return
    results: list[dict] = []
    for sites in map(int, asked.sites.split(",")):
        found = measure(sites, asked.shard_sites, asked.days)
        grown = f"   exponent {exponent(results[-1], found):.2f}" if results else ""
        steps = "  ".join(f"{name} {seconds:.1f} s" for name, seconds in found["seconds"].items())
        print(f"{sites:>7} sites  {found['shards']:>3} shard(s)  {steps}", end="  ")
        print(f"{found['per_thousand']:.1f} s per 1,000 sites  {found['peak_mb']:.0f} MB{grown}", flush=True)
        results.append(found)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
