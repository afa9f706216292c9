"""How an amount of traffic is written for people: three digits, an SI prefix, the unit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

UNKNOWN = "–"
PREFIXES = (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3))
# Units that a prefix may lead directly, alone, per time or as "…ps"; any other word stands apart from it.
PREFIXED = re.compile(r"([kMGT]?)((?:bits?|b|[Bb]ytes?|B|Wh?|Hz)(?:ps|/.+)?)")


@lru_cache
def unit_parts(unit: str) -> tuple[float, str]:
    """Return how many base units one of ``unit`` is, and the text that follows a prefix: ``Mbit/s`` is 1e6 and ``bit/s``.

    Where a prefix cannot lead the unit directly, the text begins with a space: ``requests/s`` is 1 and ``' requests/s'``.
    """
    unit = unit.strip()
    found = PREFIXED.fullmatch(unit)
    if found is None:
        return 1.0, f" {unit}" if unit else ""
    return dict(PREFIXES).get(found[1], 1.0), found[2]


def quantity(value: float | None, unit: str = "") -> str:
    """Return an amount with three digits, an SI prefix and its unit; a dash where there is none.

    Args:
        value: In ``unit``.
        unit: Of the readings, with a prefix of its own or without; empty where nobody said.
    """
    return _with_prefix(value, unit, _three_digits)


def interval(low: float | None, high: float | None, unit: str = "") -> str:
    """Return two amounts, with the unit once where both have the same: ``129 – 168 Mbit/s``."""
    (first, _, mine), second = quantity(low, unit).partition(" "), quantity(high, unit)
    return f"{first} – {second}" if mine == second.partition(" ")[2] else f"{first} {mine} – {second}"


def tick(value: float, unit: str = "") -> str:
    """Return a value of an axis with no more digits than it needs."""
    return _with_prefix(value, unit, lambda number: f"{number:g}")


def _with_prefix(value: float | None, unit: str, written: Callable[[float], str]) -> str:
    if value is None or not math.isfinite(value):
        return UNKNOWN
    factor, base = unit_parts(unit)
    value *= factor
    prefix, size = next(((name, size) for name, size in PREFIXES if abs(value) >= size * 0.9995), ("", 1.0))
    return f"{written(value / size)} {f'{prefix}{base}'.strip()}".rstrip()


def _three_digits(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 99.95 or value == 0 else f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def percent(value: float | None, signed: bool = False) -> str:
    """Return a share as a percentage; one digit after the point below ten."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    shown = round(100 * value, 0 if abs(value) >= 0.0995 else 1) + 0.0  # which makes -0.0 a plain zero
    text = f"{shown:{'+' if signed else ''}.{0 if abs(shown) >= 10 else 1}f}"
    return f"{text} %".replace("-", "−")
