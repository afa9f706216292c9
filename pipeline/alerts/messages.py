"""What an alert says: a template per kind, in plain words, with links to the run, the page and the runbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.config import Settings
from pipeline.core.evaluation.quantity import quantity

TEMPLATES = Path(__file__).parent / "templates"
RUNBOOK = {
    "failure": "a-task-failed",
    "deadline": "the-forecast-is-late",
    "degraded": "the-forecast-is-degraded",
    "capacity": "a-site-may-exceed-its-capacity",
    "drift": "the-inputs-have-drifted",
    "decay": "the-champion-has-decayed",
    "anomalies": "sites-were-outside-their-forecast",
    "newcomers": "sites-that-nobody-entered",
    "zones": "a-time-zone-is-unknown",
    "intervals": "a-site-reports-at-another-interval",
    "outside": "the-champion-was-changed-in-mlflow",
    "review": "a-version-waits-for-its-review",
    "silence": "nobody-answered-a-review",
    "service": "a-service-does-not-start",
}
RUNBOOK_PAGE = "/dayahead/runbook"


@dataclass(frozen=True)
class Alert:
    """Something to tell; the same (kind, target day, subject) is told once.

    Args:
        kind: A key of ``RUNBOOK``, and the name of its template.
        target_day: The day it is about.
        subject: What tells it from others of its kind and day, such as the task; empty where there is one a day.
        facts: What the template speaks of.
        question: Page on which a person answers; empty where nobody is asked.
    """

    kind: str
    target_day: date
    subject: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    question: str = ""


@dataclass(frozen=True)
class Message:
    """An alert in words.

    Args:
        title: One line.
        text: The whole, with the links.
        links: Address by name: ``run``, ``page``, ``runbook``; ``question`` first, where there is one.
    """

    title: str
    text: str
    links: dict[str, str]


def write_message(alert: Alert, settings: Settings, run_url: str) -> Message:
    """Return an alert in words.

    Args:
        alert: What to tell.
        settings: Say where Airflow and the runbook are.
        run_url: Page of the run that found it.
    """
    environment = Environment(  # noqa: S701  # plain text; the e-mail escapes it
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "quantity": partial(quantity, unit=settings.unit)}
    written = environment.get_template(f"{alert.kind}.txt.j2").render(day=alert.target_day.isoformat(), **alert.facts)
    title, _, body = written.strip().partition("\n")
    links = {"question": alert.question} if alert.question else {}
    links |= {
        "run": run_url,
        "page": f"{settings.people_url}/plugin/forecasts",
        "runbook": f"{settings.runbook_url or settings.people_url + RUNBOOK_PAGE}#{RUNBOOK[alert.kind]}",
    }
    lines = [f"{name:8} {address}" for name, address in links.items()]
    return Message(title, "\n".join([body.strip(), "", *lines]), links)


def clock(at: datetime) -> str:
    """Return an instant on the clock that it carries: ``Fri 21 Aug 06:00 (Europe/Berlin)``."""
    return f"{at:%a} {at.day} {at:%b %H:%M} ({getattr(at.tzinfo, 'key', at.tzname())})"
