"""Where a page leads to outside itself."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from pipeline.config import Settings
from pipeline.core.series.groups import split_version


def version_page(settings: Settings, version: str) -> str | None:
    """Return the address of a model version in MLflow's registry, without any login; None where no version of ours is meant."""
    group, number = split_version(version)
    if not number.isdecimal() or not settings.tracking_url:
        return None
    parts = urlsplit(settings.tracking_url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    root = urlunsplit(parts._replace(netloc=host)).rstrip("/")
    return f"{root}/#/models/{quote(settings.model_of(group), safe='')}/versions/{number}"
