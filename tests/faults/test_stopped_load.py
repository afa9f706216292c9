"""A `load` that is stopped in the middle, as by SIGSTOP: the next one says who it waits for, and both end once it goes on."""

from __future__ import annotations

import signal
import time
from functools import partial

import pytest

from pipeline.adapters.postgres import loading
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.loading import load_readings
from pipeline.errors import BusyError
from tests.fixtures.bench import Bench

HOLDS = """
SELECT count(*) FROM pg_locks AS l INNER JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE a.application_name = 'dayahead load' AND l.granted AND l.relation = 'dayahead.locks'::regclass
"""


def test_a_load_that_is_stopped_is_named_to_the_next_one_which_does_not_hang(bench: Bench, tmp_path, monkeypatch):
    many, one = tmp_path / "many.csv", tmp_path / "one.csv"
    stamps = [
        f"2026-{month:02}-{day:02}T{hour:02}:{minute:02}Z"
        for month in range(5, 9)
        for day in range(1, 29)
        for hour in range(24)
        for minute in range(60)
    ]
    many.write_text("site,ts,throughput\n" + "".join(f"a,{stamp},1\n" for stamp in stamps))
    one.write_text("site,ts,throughput\n" + "".join(f"b,2026-08-20T{hour:02}:00Z,1\n" for hour in range(24)))
    first = bench.python("-m", "pipeline", "load", str(many))
    try:
        end = time.monotonic() + 120
        while bench.sql(HOLDS) == [(0,)]:
            assert time.monotonic() < end
            assert first.poll() is None, first.communicate()
        first.send_signal(signal.SIGSTOP)

        monkeypatch.setattr(loading, "connect", partial(connect, lock_seconds=0.5))  # a minute is what a person waits for the same words
        with pytest.raises(
            BusyError, match=r"(?s)locks are held by pid \d+ \(postgres, dayahead load\) since .*nothing was changed, run it again"
        ):
            load_readings(bench.settings, one)
    finally:
        first.send_signal(signal.SIGCONT)

    said = first.communicate(timeout=300)
    assert first.returncode == 0, said
    assert load_readings(bench.settings, one).loaded == 24
    assert bench.sql("SELECT site, count(*) FROM dayahead.traffic GROUP BY site ORDER BY 1") == [("a", len(stamps)), ("b", 24)]
