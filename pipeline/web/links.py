"""Where a page leads to outside itself."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from pipeline.config import Settings


def version_page(settings: Settings, version: str) -> str | None:
    """Return the address of a model version in MLflow's registry, without any login; None where no version of ours is meant."""
    if not version.isdecimal() or not settings.tracking_url:
        return None
    parts = urlsplit(settings.tracking_url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    root = urlunsplit(parts._replace(netloc=host)).rstrip("/")
    return f"{root}/#/models/{quote(settings.registered_model, safe='')}/versions/{version}"
