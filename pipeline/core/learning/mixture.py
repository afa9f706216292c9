"""What a forecast was mixed from, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.evaluation.quantity import percent

SMALLEST_SHARE = 0.05  # worth a word
WORTHLESS_SHARE = 0.01
NETWORKS, MIXTURE = "networks", "mixture"  # what attention speaks for, wholly and in part
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


def attended(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return which share of a forecast its attention explains, in a sentence; empty where all of it, or nothing is known.

    Args:
        rows: As in ``tell``.
    """
    share = _by_own_name({row["expert"]: row["share"] for row in rows})
    if NETWORKS not in share and MIXTURE not in share:
        return ""
    wholly, partly = share.get(NETWORKS, 0.0), share.get(MIXTURE, 0.0)
    mixed = f", and their part in the mixture's {percent(partly)}" if partly >= 0.005 else ""
    return f"Attention is the networks': it explains {percent(wholly)} of this forecast{mixed}."


def worthless(shares: Mapping[str, float]) -> list[str]:
    """Return the model's own experts whose mean shares, with their copies', are hardly any.

    Example:
        >>> worthless({"networks": 0.004, "networks first site": 0.003, "companion": 0.3, "seasonal_naive_day": 0.0})
        ['networks']
    """
    return sorted(own for own, share in _by_own_name(shares).items() if share < WORTHLESS_SHARE and not own.startswith("seasonal_naive"))


def _by_own_name(shares: Mapping[str, float]) -> dict[str, float]:
    """Add the shares of copies to those of what they are copies of."""
    found: dict[str, float] = {}
    for expert, share in shares.items():
        own, _ = _own_and_copy(expert)
        found[own] = found.get(own, 0.0) + share
    return found


def _words(expert: str) -> str:
    """Return how people call an expert: its own name, and for a copy what it was moved by."""
    own, copy = _own_and_copy(expert)
    return " ".join([WORDS.get(own, own), *([COPIES[copy]] if copy else [])])


def _own_and_copy(expert: str) -> tuple[str, str | None]:
    """Return the name that an expert has of its own, and which copy of it this is; None for itself."""
    copy = next((copy for copy in COPIES if expert.endswith(f" {copy}")), None)
    return (expert.removesuffix(f" {copy}"), copy) if copy else (expert, None)
