"""Where a page leads to outside itself."""

from __future__ import annotations

from pipeline.adapters.mlflow.addresses import version_url
from pipeline.config import Settings
from pipeline.core.series.groups import split_version


def version_page(settings: Settings, version: str) -> str | None:
    """Return the address of a model version in MLflow's registry, without any login; None where no version of ours is meant."""
    is_ours = split_version(version)[1].isdecimal() and bool(settings.tracking_url)
    return version_url(settings, version) if is_ours else None
