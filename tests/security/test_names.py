"""Sites with names that would hurt where text became code: loaded, forecast, published, scored and asked for in SQL, whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.adapters.postgres.loading import load_readings
from tests.fixtures.bench import Bench

DAY, NEXT = "2026-08-21", "2026-08-22"
NAMES = (
    "'; drop table traffic;--",
    "new\nline 🚀",
    '"; DROP SCHEMA dayahead CASCADE; --',
    "%(day)s {table} \\N $1",
    "../../etc/passwd",
    "<script>alert(1)</script>",
)
CHAIN = ("extract", "validate", "features", "forecast", "publish")


def test_a_site_may_have_any_name_from_the_file_to_its_score_with_a_login_of_two_roles(bench: Bench, login, run_sql, tmp_path: Path):
    ts = pd.date_range("2026-07-20", f"{DAY} 23:00", freq="h")
    readings = pd.DataFrame({"site": np.repeat(NAMES, len(ts)), "ts": np.tile(ts, len(NAMES))})
    readings["throughput"] = 50 + 10 * np.sin(np.arange(len(readings)) / 4)
    readings.to_csv(tmp_path / "names.csv", index=False)

    report = load_readings(bench.settings, tmp_path / "names.csv")
    limited = login("reader", "writer")
    for step, day in (*((step, DAY) for step in CHAIN), ("monitor", NEXT)):
        bench.here(step, day, limited)

    assert (report.loaded, report.quarantined.total()) == (len(readings), 0)
    for table in ("sites", "forecasts", "attention", "scores"):
        named = {name for (name,) in run_sql(f"SELECT DISTINCT site FROM dayahead.{table}")}
        assert named == set(NAMES) or (table == "attention" and not named)
    hours = "SELECT count(*) FROM dayahead.next_day WHERE site = %s"
    assert [run_sql(hours, name) for name in NAMES] == [[(24,)]] * len(NAMES)
    assert {path.name for path in bench.settings.home.iterdir()} <= {"store", "gx", "models", "checkpoints"}
