"""What departed from the forecast for hours and nobody has noted: shown with the command that notes it."""

from __future__ import annotations

import logging
import shlex
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.config import Settings
from pipeline.errors import ServiceError
from pipeline.web.reading import Rows, views

SHOWN = 5
SECONDS = 3  # that the question may take
NAMED = 12  # sites that a command names; of more, a label says it shorter

log = logging.getLogger(__name__)


def event_candidates(settings: Settings, fleet: int) -> Rows:
    """Return the largest candidates, each with the ``command`` that notes it; none where they could not be read in time.

    Args:
        settings: Give the database, and the zone in which a command says when.
        fleet: How many sites there are.
    """
    try:
        with views(settings, SECONDS) as read:
            rows = read("read_event_candidates", limit=SHOWN)
    except ServiceError:
        log.warning("candidates for events are not shown: the anomalies did not answer within %s s", SECONDS)
        return []
    return [row | {"command": command_of(row, fleet, settings.timezone)} for row in rows]


def command_of(candidate: dict[str, Any], fleet: int, zone: str) -> str:
    """Return the command that notes a candidate as nothing to learn from; a label is the person's to say where it takes one.

    Args:
        candidate: A row of ``event_candidates``.
        fleet: How many sites there are: at most of them it is the whole fleet's.
        zone: On whose clock the instants are.
    """
    start, end = (candidate[name].astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for name in ("starts_at", "ends_at"))
    words = ["python", "-m", "pipeline", "events", "add", "--kind", "ignore", "--from", start, "--to", end]
    if candidate["sites"] <= NAMED:
        words += [word for name in candidate["names"] for word in ("--site", name)]
    elif 2 * candidate["sites"] < fleet:
        words += ["--label", "KEY=VALUE"]
    return shlex.join(words)
