"""A service of the embedded stack that does not start, told straight: the database that remembers alerts may be what is away."""

from __future__ import annotations

import logging
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.alerts.delivery import deliver_straight
from pipeline.alerts.messages import Alert
from pipeline.config import Settings, read_settings
from pipeline.local.home import Home
from pipeline.local.services import MARK
from pipeline.local.supervision import tail


def tell(settings: Settings, service: str, at: datetime) -> None:
    """Tell that a service was given up, through the connections that the environment holds.

    Args:
        settings: Give the home, and what messages say of places and times.
        service: Its name.
        at: When.
    """
    here = at.astimezone(ZoneInfo(settings.timezone))
    file = Home(settings.home.expanduser().resolve()).logs / f"{service}.log"
    facts = {"service": service, "machine": platform.node(), "at": here, "log": str(file), "said": tail(file, 1)}
    deliver_straight(settings, Alert("service", here.date(), service, facts), settings.people_url)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    tell(read_settings(Path(os.environ[MARK])), sys.argv[1], datetime.now(UTC))
