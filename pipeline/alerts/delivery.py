"""An alert on its way: told once, to the log always, to every channel there is; a failure is noted and tried again by the next run."""

from __future__ import annotations

import logging

from pipeline.adapters.postgres import alerts
from pipeline.adapters.postgres.database import connect
from pipeline.alerts.channels import defined_channels
from pipeline.alerts.messages import Alert, Message, write_message
from pipeline.config import Settings
from pipeline.errors import DayaheadError

log = logging.getLogger(__name__)

LOG = "log"


def deliver(settings: Settings, alert: Alert, run_url: str) -> None:
    """Tell an alert to whom it was not told yet.

    The table ``alerts`` remembers, and lets who comes with the same alert wait until it is told, such as shards that fail together. While
    the database is away, which may be what the alert is about, it is sent without being recorded.
    """
    message, sent = write_message(alert, settings, run_url), False
    try:
        with connect(settings, "writer", work="alerts") as connection:
            told = alerts.claim(connection, alert.kind, alert.target_day, alert.subject, f"{message.title}\n\n{message.text}")
            if told is None:
                log.info("sent before: %s", message.title)
                return
            delivered, problem = _send(alert, message, told)
            sent = True
            alerts.note_delivery(connection, alert.kind, alert.target_day, alert.subject, sorted(delivered), problem)
    except DayaheadError as error:
        log.warning("alerts are sent without being recorded reason=%s", error)
        if not sent:
            _send(alert, message, set())


def deliver_straight(settings: Settings, alert: Alert, run_url: str) -> None:
    """Tell an alert through the connections that the environment holds, and remember nothing: neither database is asked."""
    _send(alert, write_message(alert, settings, run_url), set(), straight=True)


def _send(alert: Alert, message: Message, told: set[str], *, straight: bool = False) -> tuple[set[str], str | None]:
    """Which channels have it now, and what went wrong with the others."""
    if LOG not in told:
        log.warning("alert kind=%s: %s\n%s", alert.kind, message.title, message.text)
    delivered, problems = told | {LOG}, []
    for name, send in defined_channels(in_environment=straight).items():
        if name in told:
            continue
        try:
            send(alert, message)
            delivered.add(name)
        except Exception as error:  # noqa: BLE001  # a mail server may fail in any way, and none may fail the run
            what = str(error) if isinstance(error, DayaheadError) else type(error).__name__  # others may quote an address with its secret
            problems.append(f"{name}: {what}")
            log.warning("alert not delivered channel=%s reason=%s; test the connection dayahead_%s", name, what, name)
    return delivered, "; ".join(problems) or None
