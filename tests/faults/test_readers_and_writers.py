"""Readers while days are published, and two who publish or extract the same at once."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.config import Settings
from pipeline.steps.publish import publish
from tests.fixtures.bench import ATTENTION, FORECASTS, SITES, Bench, extracting
from tests.fixtures.journal import Journal
from tests.steps.test_publish import RUN, attention_rows, forecast_rows, leave

REPUBLICATIONS = 100
OLD, NEW = (1.0, 24, 7), (5.0, 23, 6)  # level, steps of the day, past days
READER = """
import json, select, sys
import psycopg2
connection = psycopg2.connect(sys.argv[1])
connection.autocommit = True
cursor, seen = connection.cursor(), {}
print("reading", flush=True)
while True:
    cursor.execute(sys.argv[2])
    day = json.dumps(cursor.fetchone())
    seen[day] = seen.get(day, 0) + 1
    if select.select([sys.stdin], [], [], 0.002)[0]:  # some hundred looks at each publication; the core is for who publishes
        break
print(json.dumps(seen))
"""
DAY_AT_A_GLANCE = """
SELECT
    (SELECT count(*) FROM dayahead.forecasts), (SELECT count(DISTINCT site) FROM dayahead.forecasts),
    (SELECT min(q05) FROM dayahead.forecasts), (SELECT max(q05) FROM dayahead.forecasts), (SELECT count(*) FROM dayahead.attention)
"""


def whole_day(level: float, steps: int, past: int) -> list[float]:
    """What a reader counts of a day that is whole."""
    return [len(SITES) * steps, len(SITES), level, level, len(SITES) * 4 * past]


def leave_day(settings: Settings, level: float, steps: int, past: int) -> None:
    leave(settings, forecast_rows(level, sites=SITES, steps=steps), attention_rows(sites=SITES, past=past))


def test_a_reader_sees_only_whole_days_during_a_hundred_republications(bench: Bench, journal: Journal):
    leave_day(bench.settings, *OLD)
    publish(RUN, bench.settings)
    url = bench.settings.database_url.get_secret_value()
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, url, DAY_AT_A_GLANCE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout.readline() == "reading\n"

    for number in range(REPUBLICATIONS):
        leave_day(bench.settings, *(OLD if number % 2 else NEW))
        publish(RUN, bench.settings)
    seen = json.loads(reader.communicate("enough\n", timeout=300)[0].splitlines()[-1])

    halves = {day: reads for day, reads in seen.items() if json.loads(day) not in (whole_day(*OLD), whole_day(*NEW))}
    assert halves == {}
    assert len(seen) == 2
    assert sum(seen.values()) > REPUBLICATIONS
    how = f"{REPUBLICATIONS} republications, {sum(seen.values())} reads by another process"
    journal.note("a day read while it is replaced", how, expected=[tuple(whole_day(*OLD))], found=bench.sql(DAY_AT_A_GLANCE))


def test_two_who_publish_one_day_at_once_leave_the_whole_day_of_one_of_them(bench: Bench, journal: Journal):
    hosts = [bench.settings.model_copy(update={"home": bench.settings.home / name}) for name in ("one", "other")]
    outcomes = []
    for host, day in zip(hosts, (OLD, NEW), strict=True):
        leave_day(host, *day)
        publish(RUN, host)
        outcomes.append(bench.sql(FORECASTS) + bench.sql(ATTENTION))

    for _ in range(10):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda host: publish(RUN, host), hosts))
        found = bench.sql(FORECASTS) + bench.sql(ATTENTION)

        assert found in outcomes
        journal.note(
            "two `publish` of one day at once", "two hosts with other forecasts", expected=outcomes[found == outcomes[1]], found=found
        )


@pytest.mark.parametrize("at_once", [3])
def test_several_who_extract_one_cutoff_at_once_leave_one_snapshot(bench: Bench, journal: Journal, at_once: int):
    work = extracting(bench)
    whole, _ = work.rehearse(bench)
    work.prepare()

    processes = [bench.start(work.step, work.day) for _ in range(at_once)]
    said = [process.communicate(timeout=300) for process in processes]

    assert [process.returncode for process in processes] == [0] * at_once, said
    journal.note("`extract` of one cutoff at once", f"{at_once} processes", expected=whole, found=work.look())
