"""Raw columns as they come from a file, judged row by row: what is a reading, what is missing, what is faulty and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DataError

MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
EARLIEST, LATEST = np.datetime64("1970-01-01", "us"), np.datetime64("2100-01-01", "us")
LONGEST_SITE = 1000  # bytes; a longer one fits no index
EXPECTED = {"site": "names", "ts": "timestamps"}
NO_SITE, BAD_SITE = "site is missing", f"site holds a NUL character or is longer than {LONGEST_SITE} bytes"
NO_INSTANT, FAR_INSTANT, FUTURE_INSTANT = "ts is no instant", "ts lies outside 1970 to 2100", "ts lies in the future"
SKIPPED_INSTANT = "ts is a local time that the clock skips"


@dataclass(frozen=True)
class Intake:
    """Judged rows, ``R`` of them, in the order they came.

    Args:
        site: ``(R,)`` names, as categories.
        ts: ``(R,)`` datetime64[us] in UTC; NaT where it could not be read. A local time that autumn repeats is taken as the first pass.
        second_pass: ``(R,)`` seconds to the second pass of a repeated local time; 0 elsewhere.
        values: ``throughput`` and the covariates, each ``(R,)`` float64, NaN where empty.
        fault: ``(R,)`` why the row is no reading; None where it is one.
        missing: ``(R,)`` True where the row is sound but its throughput is empty.
    """

    site: pd.Series
    ts: np.ndarray
    second_pass: np.ndarray
    values: dict[str, np.ndarray]
    fault: np.ndarray
    missing: np.ndarray


def judge(site: pa.Array, ts: pa.Array, numbers: dict[str, pa.Array], timezone: str, latest: np.datetime64 = LATEST) -> Intake:
    """Return the judged rows of one chunk; the first fault of a row is the one that is named.

    Args:
        site: Names, any type that can be written as text.
        ts: Text in ISO 8601, or timestamps; an offset is respected.
        numbers: ``throughput`` and the covariates, text or numbers; an empty one is missing.
        timezone: IANA zone of a ``ts`` without offset.
        latest: Instant (UTC) after which no reading can be stamped yet.

    Raises:
        DataError: A column has a type whose values are no names, no instants or no numbers.
    """
    ts = _plain(ts, "ts")
    encoded = pc.dictionary_encode(pc.fill_null(to_text(site, "site"), ""))
    code, names = encoded.indices.to_numpy(), pd.Series(encoded.dictionary).astype("str")  # each name is looked at once
    instants, second_pass, skipped = to_instants(ts, timezone)
    fault = np.full(len(code), None, object)

    def blame(rows: np.ndarray, reason: str) -> None:
        if rows.any():
            fault[rows & (fault == None)] = reason  # noqa: E711 — element by element

    blame((names.str.strip() == "").to_numpy(bool)[code], NO_SITE)
    bad_name = names.str.contains("\0", regex=False) | (pd.Series(pc.binary_length(pa.array(names, pa.string()))) > LONGEST_SITE)
    blame(bad_name.to_numpy(bool)[code], BAD_SITE)
    blame(skipped, SKIPPED_INSTANT)
    blame(np.isnat(instants), NO_INSTANT)
    blame((instants < EARLIEST) | (instants >= LATEST), FAR_INSTANT)
    blame(instants > latest, FUTURE_INSTANT)
    values = {}
    for name, column in numbers.items():
        values[name], no_number = to_numbers(_plain(column, name))
        blame(no_number, f"{name} is not a number")
        blame(np.isinf(values[name]), f"{name} is infinite")
        if name == "throughput":
            blame(values[name] < 0, "throughput is negative")
    missing = np.isnan(values["throughput"]) & (fault == None)  # noqa: E711
    return Intake(pd.Series(pd.Categorical.from_codes(code, pd.Index(names))), instants, second_pass, values, fault, missing)


def to_numbers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return a column as float64 ``(R,)``, NaN where empty, and where it holds something that is no number."""
    if _is_number(column.type):
        return _to_float(column), np.zeros(len(column), bool)
    text = pc.utf8_trim_whitespace(_as_text(column))
    text = pc.if_else(pc.is_in(text, pa.array(MISSING_WORDS)), None, text)
    try:
        return _to_float(text), np.zeros(len(column), bool)
    except pa.ArrowInvalid:
        values = pd.to_numeric(pd.Series(text.to_pandas(), dtype=object), errors="coerce").to_numpy(np.float64)
        return values, np.isnan(values) & pc.is_valid(text).to_numpy(zero_copy_only=False)


def to_text(column: pa.Array, name: str) -> pa.Array:
    """Return a column as text.

    Raises:
        DataError: It holds what cannot be written as a text, such as lists.
    """
    return _as_text(_plain(column, name))


def to_instants(column: pa.Array, timezone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return instants (datetime64[us], UTC), seconds to the second pass of a repeated hour, which local times are skipped, ``(R,)`` each.

    Raises:
        DataError: The column holds numbers: they may count anything since any day.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
        instants = _from_stamps(column)
        return (instants, *_nothing(len(column))) if zoned else _localised(instants, timezone)
    if not pa.types.is_string(column.type):
        raise DataError(f"the column of ts holds {_kind(column.type)}; expected timestamps, or text such as 2026-08-21 00:15:00+00:00")
    encoded = pc.dictionary_encode(column, null_encoding="encode")  # many sites share an instant: each is read once
    instants, second_pass, skipped = _read_instants(pc.utf8_trim_whitespace(encoded.dictionary), timezone)
    at = encoded.indices.to_numpy()
    return instants[at], second_pass[at], skipped[at]


def _read_instants(text: pa.Array, timezone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    try:
        return _localised(_to_datetime64(pc.cast(text, pa.timestamp("us"))), timezone)
    except pa.ArrowInvalid:
        pass
    try:
        return (_to_datetime64(pc.cast(text, pa.timestamp("us", "UTC"))), *_nothing(len(text)))
    except pa.ArrowInvalid:
        return _mixed_instants(text, timezone)


def _mixed_instants(text: pa.Array, timezone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instants of text of which some rows have an offset, some have none and some are no instants."""
    rows = pd.Series(text.to_pandas(), dtype=object).fillna("")
    zoned = rows.str.contains(r"\d(?:Z|[+-]\d\d(?::?\d\d)?)$", regex=True).to_numpy(bool) & rows.str.contains(":", regex=False).to_numpy(
        bool
    )
    instants, second_pass, skipped = np.full(len(rows), np.datetime64("NaT"), "datetime64[us]"), *_nothing(len(rows))
    parsed = pd.to_datetime(rows[zoned], format="ISO8601", errors="coerce", utc=True)
    instants[zoned] = parsed.dt.tz_localize(None).to_numpy("datetime64[us]")
    local = pd.to_datetime(rows[~zoned], format="ISO8601", errors="coerce")
    instants[~zoned], second_pass[~zoned], skipped[~zoned] = _localised(local.to_numpy("datetime64[us]"), timezone)
    return instants, second_pass, skipped


def _localised(local: np.ndarray, timezone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instants of local times: a repeated one is its first pass, and a skipped one is NaT."""
    second_pass, skipped = _nothing(len(local))
    if timezone == "UTC":
        return local, second_pass, skipped
    inside = np.where((local >= EARLIEST) & (local < LATEST), local, np.datetime64("NaT"))
    naive = pd.DatetimeIndex(inside)
    instants = _in_utc(naive.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT"))
    doubtful = np.flatnonzero(np.isnat(instants) & ~np.isnat(inside))
    if doubtful.size:
        first, second = (_pass(naive[doubtful], timezone, summer) for summer in (True, False))
        instants[doubtful], skipped[doubtful] = first, np.isnat(first)
        repeated = ~np.isnat(first)
        second_pass[doubtful[repeated]] = (second - first)[repeated] // np.timedelta64(1, "s")
    outside = ~np.isnat(local) & np.isnat(inside)
    instants[outside] = local[outside]
    return instants, second_pass, skipped


def _pass(naive: pd.DatetimeIndex, timezone: str, summer: bool) -> np.ndarray:
    return _in_utc(naive.tz_localize(timezone, ambiguous=np.full(len(naive), summer), nonexistent="NaT"))


def _in_utc(index: pd.DatetimeIndex) -> np.ndarray:
    return index.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]").copy()


def _nothing(rows: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(rows, np.int64), np.zeros(rows, bool)


def _to_datetime64(column: pa.Array) -> np.ndarray:
    return pc.cast(column, pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[us]")


def _from_stamps(column: pa.Array) -> np.ndarray:
    """Return timestamps or dates; one that microseconds cannot count is just as far outside of what a reading may be stamped with."""
    if pa.types.is_date(column.type):
        unit, column = ("D", pc.cast(column, pa.int32())) if pa.types.is_date32(column.type) else ("ms", pc.cast(column, pa.int64()))
    else:
        unit, column = column.type.unit, column.view(pa.int64())
    counts = pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(zero_copy_only=False)
    first, last = np.array(["1900-01-01", "2200-01-01"], f"datetime64[{unit}]").astype(np.int64)
    instants = np.clip(counts, first, last).astype(f"datetime64[{unit}]").astype("datetime64[us]")
    instants[pc.is_null(column).to_numpy(zero_copy_only=False)] = np.datetime64("NaT")
    return instants


def _to_float(column: pa.Array) -> np.ndarray:
    return np.array(pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan")))


def _as_text(column: pa.Array) -> pa.Array:
    return pc.cast(column, pa.string())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _kind(kind: pa.DataType) -> str:
    return "numbers" if _is_number(kind) else f"values of type {kind}"


def _plain(column: pa.Array, name: str) -> pa.Array:
    """Return a column as text, numbers or instants, whichever of Arrow's many ways to hold them it came in.

    Raises:
        DataError: It holds anything else, such as lists or bytes that are no text.
    """
    if isinstance(column, pa.ExtensionArray):
        return _plain(column.storage, name)
    if isinstance(column, pa.DictionaryArray):
        return _plain(column.dictionary_decode(), name)
    kind = column.type
    if _is_number(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return column
    if pa.types.is_nested(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
        raise DataError(f"the column of {name} holds {_kind(kind)}; expected {EXPECTED.get(name, 'numbers')}, or text")
    try:
        return _as_text(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"the column of {name} holds {_kind(kind)} that are no text in UTF-8 ({error}); write it as text") from error
