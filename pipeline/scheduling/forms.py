"""Fields that several forms have."""

from __future__ import annotations

from airflow.sdk import Param

INSTANT = "With an offset, such as 2026-06-11T20:00:00+02:00."


def event_fields() -> dict[str, Param]:
    """Return the fields that say which event, and whose."""
    return {
        "category": Param(None, type=["null", "string"], title="Category", description="What sort of event, such as match."),
        "sites": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "minLength": 1},
            uniqueItems=True,
            title="Sites",
            description="Sites it is about, one a line, named as in the table sites; an event for each. Empty: see labels.",
        ),
        "labels": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "pattern": "^[^=;]+=[^;]+$"},
            title="Labels",
            description="KEY=VALUE, one a line: all sites that have them, the country too. Neither sites nor labels: the whole fleet.",
        ),
        "from": Param(type="string", format="date-time", title="From", description=f"Its first instant. {INSTANT}"),
        "to": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="To",
            description=f"The first instant after it; a break needs none. {INSTANT}",
        ),
        "factor": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Factor",
            description="What traffic is multiplied by, where you know it: 1.5 is 50 % more.",
        ),
    }
