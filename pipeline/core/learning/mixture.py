"""What a forecast was mixed from, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.evaluation.quantity import percent

SMALLEST_SHARE = 0.05  # worth a word
WORDS = {
    "networks": "networks",
    "companion": "LightGBM",
    "seasonal_naive_day": "yesterday",
    "seasonal_naive_week": "last week",
    "seasonal_naive_mean": "mean of yesterday and last week",
}
COPIES = {
    "first site": "at the site's level",
    "site": "at the site's level",
    "slow": "at the site's level of weeks",
    "parts": "at the level of each part of the day",
    "fleet": "at the fleet's level",
}


def tell(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the shares of the experts and the level that the copies were moved by, mean over the shares; empty without a row.

    Args:
        rows: ``expert``, ``share`` and ``level`` (1 for what is no copy), the largest share first.
    """
    if not rows:
        return ""
    named = [(_words(row["expert"]), row["share"]) for row in rows if row["share"] >= SMALLEST_SHARE]
    rest = sum(row["share"] for row in rows) - sum(share for _, share in named)
    parts = [f"{percent(share)} {words}" for words, share in named] + [f"{percent(rest)} others"] * (rest >= 0.005)
    level = sum(row["share"] * row["level"] for row in rows) / sum(row["share"] for row in rows) - 1
    moved = "" if abs(level) < 0.005 else f"; the level of the last days moves it by {percent(level, signed=True)}"
    return f"Mixed from {', '.join(parts)}{moved}."


def _words(expert: str) -> str:
    """Return how people call an expert: its own name, and for a copy what it was moved by."""
    for copy, words in COPIES.items():
        if expert.endswith(f" {copy}"):
            own = expert.removesuffix(f" {copy}")
            return f"{WORDS.get(own, own)} {words}"
    return WORDS.get(expert, expert)
