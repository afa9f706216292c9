"""The part of the corpus that is Parquet: columns of every type that can be written, and what they claim to hold."""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults.hostile_files import Hostile


def hostile_parquet() -> Iterator[Hostile]:
    """Every Parquet file of the corpus; the same at each call."""
    hours = 48
    moments = [datetime(2026, 6, 1) + timedelta(hours=hour) for hour in range(hours)]
    sound = {
        "site": pa.array(["a"] * hours),
        "ts": pa.array(moments, pa.timestamp("us", "UTC")),
        "throughput": pa.array(range(hours), pa.float64()),
    }

    def file(name: str, refused: bool = False, **columns: pa.Array) -> Hostile:
        made = sound | columns
        return Hostile(f"parquet-{name}.parquet", _parquet_bytes(pa.table(made)), hours, refused)

    yield from _parquet_sites(file, hours)
    yield from _parquet_instants(file, hours, moments)
    yield from _parquet_values(file, hours)
    columns = list(sound.values())
    twice = pa.Table.from_arrays([*columns, columns[2]], names=["site", "ts", "throughput", "throughput"])
    yield Hostile("parquet-header-twice.parquet", _parquet_bytes(twice), hours, refused=True)
    unread = pa.Table.from_arrays([*columns, columns[2], columns[2]], names=["site", "ts", "throughput", "x", "x"])
    yield Hostile("parquet-unread-twice.parquet", _parquet_bytes(unread), hours)
    yield Hostile("parquet-no-rows.parquet", _parquet_bytes(pa.table(sound).slice(0, 0)), 0, refused=True)
    yield Hostile("parquet-no-column.parquet", _parquet_bytes(pa.table({"x": [1]})), 1, refused=True)
    whole = _parquet_bytes(pa.table(sound))
    for i, at in enumerate((4, 8, len(whole) // 2, len(whole) - 8, len(whole) - 1)):
        yield Hostile(f"parquet-cut-{i}.parquet", whole[:at], hours, refused=True)
    yield Hostile("parquet-damaged.parquet", whole[:20] + b"\xff" * 60 + whole[80:], hours, refused=True)
    yield Hostile("parquet-zipped.parquet", gzip.compress(whole, mtime=0), hours, refused=True)
    yield Hostile("parquet-named-csv.csv", whole, hours)
    odd = {"list": pa.array([[1.0, float("nan")]] * hours), "bytes": pa.array([b"\xff"] * hours), "age": pa.array([timedelta(1)] * hours)}
    values = pa.array(["x"] * hours)  # every row is faulty, and is kept with all of its columns
    yield file("odd-columns-beside-faults", throughput=values, **odd)


def _parquet_sites(file: Callable[..., Hostile], hours: int) -> Iterator[Hostile]:
    text = ["a"] * hours
    for kind in (pa.string_view(), pa.large_string(), pa.binary(), pa.large_binary(), pa.binary_view()):
        values = [t.encode() for t in text] if "binary" in str(kind) else text
        yield file(f"site-{kind}", site=pa.array(values, kind))
    yield file("site-dictionary", site=pa.array(text).dictionary_encode())
    yield file("site-number", site=pa.array([7] * hours))
    yield file("site-fixed-bytes", site=pa.array([b"ab"] * hours, pa.binary(2)))
    yield file("site-some-null", site=pa.array([None, *text[1:]]))
    yield file("site-null", site=pa.array([None] * hours))
    yield file("site-day", site=pa.array([date(2026, 6, 1)] * hours))
    yield file("site-list", True, site=pa.array([["a"]] * hours))
    yield file("site-struct", True, site=pa.array([{"a": "b"}] * hours))
    yield file("site-map", True, site=pa.array([[("a", "b")]] * hours, pa.map_(pa.string(), pa.string())))
    yield file("site-no-utf8", True, site=pa.array([b"\xff\xfe"] * hours))
    broken = pa.StringArray.from_buffers(hours, pa.array(range(hours + 1), pa.int32()).buffers()[1], pa.py_buffer(b"\xff" * hours))
    yield file("site-text-of-no-utf8", True, site=broken)
    yield file("site-time", True, site=pa.array([time(1)] * hours))


def _parquet_instants(file: Callable[..., Hostile], hours: int, moments: list[datetime]) -> Iterator[Hostile]:
    for unit, zone in itertools.product(("ms", "us", "ns"), (None, "UTC", "Asia/Tokyo", "+05:30")):
        yield file(
            f"ts-{unit}-{'none' if zone is None else zone.replace('/', '-').replace(':', '')}",
            ts=pa.array(moments, pa.timestamp(unit, zone)),
        )
    far = [2**62, -(2**62), *range(2, hours)]
    for unit in ("ms", "us", "ns"):
        yield file(f"ts-far-{unit}", ts=pa.array(far, pa.int64()).view(pa.timestamp(unit, "UTC")))
    yield file("ts-far-day", ts=pa.array([2**31 - 1, -(2**31), *range(20_000, 20_000 + hours - 2)], pa.int32()).view(pa.date32()))
    yield file("ts-day", ts=pa.array([date(2026, 1, 1) + timedelta(days=i) for i in range(hours)]))
    yield file("ts-text", ts=pa.array([str(moment) for moment in moments]))
    yield file("ts-text-view", ts=pa.array([str(moment) for moment in moments], pa.string_view()))
    yield file("ts-dictionary", ts=pa.array([str(moment) for moment in moments]).dictionary_encode())
    yield file("ts-some-null", ts=pa.array([None, *moments[1:]], pa.timestamp("us", "UTC")))
    yield file("ts-null", ts=pa.array([None] * hours))
    yield file("ts-bool", ts=pa.array([True] * hours))
    yield file("ts-number", True, ts=pa.array(range(hours)))
    yield file("ts-float", True, ts=pa.array([1.5] * hours))
    yield file("ts-decimal", True, ts=pa.array([Decimal(1)] * hours))
    yield file("ts-time", True, ts=pa.array([time(1)] * hours))
    yield file("ts-duration", True, ts=pa.array([timedelta(1)] * hours))
    yield file("ts-list", True, ts=pa.array([[moments[0]]] * hours))


def _parquet_values(file: Callable[..., Hostile], hours: int) -> Iterator[Hostile]:
    for kind in (pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float16(), pa.float32()):
        yield file(f"value-{kind}", throughput=pa.array(range(hours), pa.float64()).cast(kind))
    yield file("value-largest", throughput=pa.array([2**64 - 1, 2**63, *range(2, hours)], pa.uint64()))
    yield file("value-large-whole", throughput=pa.array([2**62 + 1, -(2**62), *range(2, hours)], pa.int64()))
    yield file("value-decimal", throughput=pa.array([Decimal("1.5")] * hours))
    yield file("value-decimal256", throughput=pa.array([Decimal("1.5")] * hours, pa.decimal256(60, 2)))
    yield file("value-infinite", throughput=pa.array([float("inf"), float("-inf"), float("nan"), *range(3, hours)], pa.float64()))
    yield file("value-text", throughput=pa.array([str(i) for i in range(hours)], pa.string_view()))
    yield file("value-null", throughput=pa.array([None] * hours))
    yield file("value-bool", throughput=pa.array([True] * hours))
    yield file("value-list", True, throughput=pa.array([[1.0]] * hours))
    yield file("value-struct", True, throughput=pa.array([{"x": 1.0}] * hours))
    yield file("value-duration", True, throughput=pa.array([timedelta(1)] * hours))
    yield file("value-bytes", True, throughput=pa.array([b"\xff"] * hours))
    yield file("value-fixed-list", True, throughput=pa.array([[1.0, 2.0]] * hours, pa.list_(pa.float64(), 2)))


def _parquet_bytes(columns: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(columns, target)
    return target.getvalue()
