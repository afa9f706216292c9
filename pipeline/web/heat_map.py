"""Attention as a table of past days and quarters of the target day, and one sentence on what it says."""

from __future__ import annotations

from datetime import date

from pipeline.core.evaluation.quantity import percent
from pipeline.web.reading import Rows
from pipeline.web.rendering import RUNGS, day

BANDS = ("night", "morning", "afternoon", "evening")
SHADES = 9  # classes heat-0 … heat-9 of the style sheet
STANDS_OUT = 2.0  # times an even share
NEAR = {1: "the day before", 7: "a week before", 14: "two weeks before", 21: "three weeks before", 28: "four weeks before"}


def heat_map(rows: Rows) -> list[dict[str, object]]:
    """Return one entry per past day: its date and, for each quarter of the target day, the weight and its shade.

    Args:
        rows: ``past_day``, ``band``, ``weight``; as many bands for each day.
    """
    largest = max((row["weight"] for row in rows), default=0.0)
    days: dict[date, list[dict[str, object]]] = {}
    for row in rows:
        shade = round(SHADES * row["weight"] / largest) if largest else 0
        days.setdefault(row["past_day"], []).append({"weight": row["weight"], "shade": shade})
    return [{"day": past, "cells": cells} for past, cells in sorted(days.items())]


def explain(rows: Rows, target_day: date, degradation: str = "none") -> str:
    """Return a sentence on where the model looked for this day; ``degradation`` is the rung that made the forecast."""
    if not rows:
        if degradation == "seasonal_naive":
            return "The rung of the ladder that made this forecast pays no attention: it repeats what was."
        return f"The {RUNGS[degradation]} keeps no attention: a model of its kind does not say which days it looked at."
    bands = {row["band"] for row in rows}
    share: dict[date, float] = {}
    for row in rows:
        share[row["past_day"]] = share.get(row["past_day"], 0.0) + row["weight"] / len(bands)
    top = max(share, key=lambda past: share[past])
    if share[top] < STANDS_OUT / len(share):
        return f"For {day(target_day)} the model looked evenly at the last {len(share)} days: none of them stands out."
    most = (
        f"For {day(target_day)} the model looked most at {day(top)}, {_how_long(target_day, top)}: {percent(share[top])} of its attention."
    )
    return f"{most[:-1]}{_same_weekday(share, target_day, top)}."


def _how_long(target_day: date, past: date) -> str:
    before = (target_day - past).days
    return NEAR.get(before, f"{before} days before")


def _same_weekday(share: dict[date, float], target_day: date, top: date) -> str:
    same = sum(weight for past, weight in share.items() if past.weekday() == target_day.weekday())
    counted = sum(past.weekday() == target_day.weekday() for past in share)
    if counted < 2 or same <= share[top] * 1.05:
        return ""
    return f"; its {counted} {target_day:%A}s together got {percent(same)}"
