"""Files as bad as they come, into a real database: each row is loaded, missing or in quarantine, the counts add up, and errors are words.

``make fuzz SECONDS=60`` tries mutations for longer, from a seed of its own.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import random
import time
from calendar import timegm
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.files.tally import LoadReport
from pipeline.adapters.postgres.loading import load_readings
from pipeline.config import Settings
from pipeline.errors import DataError
from tests.fixtures.journal import Journal

SECONDS, SEED = float(os.environ.get("FUZZ_SECONDS", "5")), int(os.environ.get("FUZZ_SEED", "0"))
EMPTY = "TRUNCATE dayahead.traffic, dayahead.quarantine, dayahead.sites, dayahead.site_aliases"
TABLE = "SELECT site, extract(epoch FROM ts)::bigint / 3600, throughput FROM dayahead.traffic"
HOUR = 496_000  # since 1970, in August 2026

printable = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), include_characters=" \n,;\t|\"'\\%{}")
sound_names = st.sampled_from(["a", "'; drop table traffic;--", "new\nline 🚀", "NULL", "007"]) | st.text(printable, min_size=1, max_size=8)
names = sound_names.filter(lambda name: name.strip() != "")
numbers = st.floats(0, 1e308).map(repr) | st.sampled_from(["0", "1e3", " 7 ", "1.7976931348623157e308", "00012", "1E-320"])
missing = st.sampled_from(["", "NA", "null", "NaN"])
no_numbers = st.sampled_from(["-1", "inf", "-inf", "1e999", "0x10", "1,5", "many", "１２.5", "1_000", "--1", "1e", "٣"])
no_instants = st.sampled_from(["", "yesterday", "2026-13-01", "1066-10-14 00:00", "2099-01-01", "9" * 40, "2026-08-01T25:00", "0", "\0"])
no_names = st.sampled_from(["", "  ", "x\0y", "é" * 501])


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """A row of a file, and what is to become of it: ``reading``, ``missing`` or ``faulty``."""
    fate = draw(st.sampled_from(["reading", "reading", "reading", "missing", "no name", "no instant", "no number"]))
    site = draw(no_names if fate == "no name" else names)
    ts = draw(no_instants) if fate == "no instant" else instant(draw(st.integers(0, 40)), draw(st.integers(0, 3)))
    value = draw({"missing": missing, "no number": no_numbers}.get(fate, numbers))
    return site, ts, value, fate if fate in ("reading", "missing") else "faulty"


def instant(hour: int, style: int) -> str:
    """An hour of August 2026 in one of the ways to write it."""
    moment = time.gmtime((HOUR + hour) * 3600)
    formats = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ", " %Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S.000000")
    return time.strftime(formats[style], moment)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(rows(), min_size=1, max_size=25),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    zipped=st.booleans(),
    mark=st.booleans(),
)
def test_every_row_of_a_strange_file_is_loaded_missing_or_in_quarantine(
    database: Settings, run_sql, tmp_path: Path, table, delimiter, end, quoting, zipped, mark
):
    run_sql(EMPTY)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("site", "ts", "throughput"), *(row[:3] for row in table)])
    content = text.getvalue().encode("utf-8-sig" if mark else "utf-8")
    path = tmp_path / "strange.csv"
    path.write_bytes(gzip.compress(content) if zipped else content)

    report = load_readings(database, path)

    expected: dict[tuple[str, int], float] = {}
    conflicts = 0
    for site, ts, value, fate in table:
        if fate == "reading":
            kept = expected.setdefault((site, hour_of(ts)), float(value))
            conflicts += kept != float(value)
    fates = [row[3] for row in table]
    assert {(site, hour): value for site, hour, value in run_sql(TABLE)} == expected
    assert (report.rows, report.missing, report.loaded) == (len(table), fates.count("missing"), len(expected))
    assert report.quarantined.total() == fates.count("faulty") + conflicts
    check(report, run_sql)


def hour_of(ts: str) -> int:
    return timegm(time.strptime(ts.strip()[:16].replace("T", " "), "%Y-%m-%d %H:%M")) // 3600


def check(report: LoadReport, run_sql) -> None:
    """Compare what a report says with what the database holds."""
    assert report.rows == report.loaded + report.updated + report.unchanged + report.repeated + report.missing + report.quarantined.total()
    assert min(report.loaded, report.updated, report.unchanged, report.repeated, report.missing) >= 0
    assert run_sql("SELECT count(*) FROM dayahead.quarantine") == [(report.quarantined.total(),)]
    assert run_sql("SELECT count(*) FROM dayahead.traffic") == [(report.loaded,)]


SPLICES = (
    *(b'"', b'""', b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b",,,", b";", b"\t", b"-", b"\xc3", b"\x80", b'"a', b"\\"),
    *(b"1e999", b"9" * 400, b"nan", b"=cmd()", b"2026-08-01T00:00:00+99:99", b"0000-00-00", b"\x1f\x8b", b"PAR1"),
    *(b"a,2026-08-01 00:00,1\n", "é🚀\u202e".encode(), b"'; drop table dayahead.traffic;--"),
)


def mutated(rng: random.Random) -> bytes:
    """A file of readings with some bytes flipped, cut, doubled or spliced in, and sometimes another encoding."""
    lines = [
        f"site {rng.randrange(3)},{instant(rng.randrange(60), rng.randrange(4))},{rng.choice(['1.5', '2', '', 'x'])}" for _ in range(30)
    ]
    content = bytearray(
        ("site,ts,throughput\n" + "\n".join(lines) + "\n").encode(rng.choice(["utf-8"] * 6 + ["utf-16", "latin-1", "utf-8-sig"]))
    )
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(content) + 1)
        to = min(len(content), at + rng.randrange(1, 40))
        match rng.randrange(5):
            case 0:
                content[at:at] = rng.choice(SPLICES)
            case 1:
                del content[at:to]
            case 2:
                content[at:at] = content[at:to]
            case 3:
                content[at:to] = bytes(rng.randrange(256) for _ in range(to - at))
            case _:
                content[at:to] = rng.choice(SPLICES)
    packed = gzip.compress(bytes(content), mtime=0) if rng.random() < 0.2 else bytes(content)
    return packed[: rng.randrange(len(packed))] if packed and rng.random() < 0.1 else packed


def test_a_mutated_file_is_loaded_with_counts_that_add_up_or_refused_in_words(
    database: Settings, run_sql, tmp_path: Path, journal: Journal
):
    until, fates = time.monotonic() + SECONDS, Counter()
    for seed in itertools.takewhile(lambda _: time.monotonic() < until, itertools.count(SEED)):
        path = tmp_path / f"seed-{seed}.csv"  # FUZZ_SEED shows it again
        path.write_bytes(mutated(random.Random(seed)))
        run_sql(EMPTY)
        fates[fate_of(path, database, run_sql)] += 1
        path.unlink()

    journal.tried("mutated CSV files", fates.total(), ", ".join(f"{count} {fate}" for fate, count in fates.items()))


def fate_of(path: Path, database: Settings, run_sql) -> str:
    try:
        report = load_readings(database, path)
    except DataError as error:
        told, report = str(error), None
    if report:
        check(report, run_sql)
        return "loaded row by row"
    assert str(path) in told
    assert run_sql("SELECT count(*) FROM dayahead.traffic") == [(0,)]
    return "refused in words"


@pytest.mark.parametrize("harm", [b"", b"PAR1", b"PAR1PAR1", b"\x1f\x8b\x08\x00", b"\x1f\x8b" + b"x" * 50, b"\0" * 100, b"\xff" * 100])
def test_a_file_that_is_no_table_at_all_is_refused_in_words(database: Settings, tmp_path: Path, harm: bytes):
    path = tmp_path / "none"
    path.write_bytes(harm)

    with pytest.raises(DataError, match=str(path)):
        load_readings(database, path)
