"""Where people find things in MLflow; needs no library of its own, so that pages may link there."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from pipeline.config import Settings
from pipeline.core.series.groups import split_version


def public_url(settings: Settings) -> str:
    """Return the server's address without any login, fit for logs and pages."""
    parts = urlsplit(settings.tracking_url)
    host = parts.hostname or ""
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host)).rstrip("/")


def version_url(settings: Settings, version: str) -> str:
    """Return the address of a version's page."""
    group, number = split_version(version)
    return f"{public_url(settings)}/#/models/{quote(settings.model_of(group), safe='')}/versions/{number}"
