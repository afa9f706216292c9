"""Where an alert goes: e-mail and webhook, each an Airflow connection; one that is not defined is not used."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import escape
from typing import Any

from pipeline.alerts.messages import Alert, Message
from pipeline.errors import ConfigurationError

SMTP, WEBHOOK = "dayahead_smtp", "dayahead_webhook"
ANSWER_SECONDS = 10
LEFTWARD = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+"  # Hebrew, Arabic and their neighbours
RIGHT_TO_LEFT = re.compile(f"{LEFTWARD}(?:[ _-]{LEFTWARD})*")


def defined_channels(*, in_environment: bool = False) -> dict[str, Callable[[Alert, Message], None]]:
    """Return the channels whose connection Airflow knows: a function by name.

    Args:
        in_environment: Only those that stand in the environment: Airflow's database, which holds the others, may be away.
    """
    is_known = _is_given if in_environment else _connection
    channels: dict[str, tuple[str, Callable[[Alert, Message], None]]] = {"smtp": (SMTP, send_mail), "webhook": (WEBHOOK, post)}
    return {name: send for name, (connection, send) in channels.items() if is_known(connection)}


def send_mail(alert: Alert, message: Message) -> None:
    """Send an alert through connection ``dayahead_smtp``; its extra names ``from_email`` and ``to`` (addresses, separated by commas).

    Raises:
        ConfigurationError: The connection names no recipient.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    to = [address.strip() for address in str(_connection(SMTP).extra_dejson.get("to", "")).split(",") if address.strip()]
    if not to:
        raise ConfigurationError(f'connection {SMTP} names no recipient; add "to" to its extra: {{"to": "noc@example.com"}}')
    page = re.sub(r"(https?://\S+)", r'<a href="\1">\1</a>', escape(message.text)).replace("\n", "<br>\n")
    page = RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", page)  # two such names would change places in a list
    with SmtpHook(smtp_conn_id=SMTP) as hook:
        hook.send_email_smtp(
            to=to, subject=f"[dayahead] {message.title}", html_content=page, custom_headers={"X-Dayahead-Alert": alert.kind}
        )


def post(alert: Alert, message: Message) -> None:
    """Post an alert as JSON to connection ``dayahead_webhook``; ``text`` is what chat systems show."""
    from airflow.providers.http.hooks.http import HttpHook

    body = {
        "text": f"{message.title}\n\n{message.text}",
        "kind": alert.kind,
        "target_day": alert.target_day.isoformat(),
        "title": message.title,
        "links": message.links,
    }
    HttpHook(method="POST", http_conn_id=WEBHOOK).run(json=body, extra_options={"timeout": ANSWER_SECONDS})


def _is_given(name: str) -> bool:
    return f"AIRFLOW_CONN_{name.upper()}" in os.environ


def _connection(name: str) -> Any:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(name)
    except AirflowNotFoundException:
        return None
