"""Decisions about model versions in the table ``promotions``: the history that aliases in the registry do not keep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from pipeline.adapters.postgres.queries import statement
from pipeline.core.series.clock import day_start
from pipeline.core.series.groups import FLEET, group_of

DECISIONS = ("promoted", "rejected", "rolled_back")


@dataclass(frozen=True)
class Decided:
    """A decision that made a version champion.

    Args:
        id: Number of the row.
        version: The champion that it made.
        previous: The one before; None for none.
        decision: ``promoted`` or ``rolled_back``.
        decided_by: Who or what decided.
        reason: Why.
        settled: Whether the alias is known to have followed.
        decided_at: When.
    """

    id: int
    version: str
    previous: str | None
    decision: str
    decided_by: str
    reason: str
    settled: bool
    decided_at: datetime


def record_promotion(
    connection: Connection,
    *,
    version: str,
    previous: str | None,
    decided_by: str,
    decision: str,
    reason: str,
    figures: dict[str, Any],
    settled: bool = True,
) -> int | None:
    """Add a decision and return its number; None, and nothing added, where the latest is the same, about the same version, by the same.

    Args:
        connection: In the role writer.
        version: The version that was decided about.
        previous: The champion until then; None for none.
        decided_by: ``gate``, or the person's name.
        decision: One of ``DECISIONS``; ``promoted`` and ``rolled_back`` make ``version`` the champion.
        reason: Why, in words.
        figures: What the decision stood on; plain JSON values.
        settled: False where the alias has yet to move; ``settle`` says when it has.

    Raises:
        ValueError: ``decision`` is another word.
    """
    if decision not in DECISIONS:
        raise ValueError(f"decision {decision!r} is not known; expected one of {', '.join(DECISIONS)}")
    values = {
        "version": str(version),
        "site_group": group_of(version),
        "previous": None if previous is None else str(previous),
        "decision": decision,
        "decided_by": decided_by,
        "reason": reason,
        "figures": json.dumps(figures, default=str, allow_nan=False),
        "settled": settled,
    }
    return connection.execute(statement("write_promotion"), values).scalar()


def settle(connection: Connection, decision: int, *, moved: bool) -> None:
    """Say that the alias stands where a decision wants it; or, where it could not be moved, take the decision back."""
    connection.execute(statement("settle_promotion"), {"id": decision, "moved": moved})


def last_decided(connection: Connection, group: str = FLEET) -> Decided | None:
    """Return the latest decision that made a version champion of a group, or of the fleet; None where there is none."""
    found = connection.execute(statement("read_last_champion"), {"site_group": group}).first()
    return Decided(*found) if found else None


def champion_on(connection: Connection, day: date, timezone: str = "UTC", group: str = FLEET) -> str | None:
    """Return the version that was a group's champion at the end of a calendar day of ``timezone``; None where there was none yet."""
    asked = {"before": day_start(day + timedelta(days=1), timezone), "site_group": group}
    found = connection.execute(statement("read_champion"), asked).first()
    return found[0] if found else None


def read_shadow_days(connection: Connection, challenger: str, champion: str, since: datetime) -> tuple[np.ndarray, np.ndarray]:
    """Return the pinball loss ``(T,)`` of two versions on the days, sites and steps that both forecast at the same cutoff, oldest first.

    Args:
        connection: In the role writer.
        challenger: Its version.
        champion: Its version.
        since: Earliest cutoff that counts.
    """
    asked = {"challenger": challenger, "champion": champion, "since": since}
    rows = connection.execute(statement("read_shadow_days"), asked).all()
    found = np.array([row[1:] for row in rows], np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def is_spoken_of(connection: Connection, version: str) -> bool:
    """Tell whether a person has decided about a version, or it was champion once."""
    return bool(connection.execute(statement("read_spoken_of"), {"version": version}).scalar_one())
