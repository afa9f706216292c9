"""What DAGs read and write, by name and address, as Airflow's graph of assets shows it; each event says what the run left there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import Asset

from pipeline.config import read_settings

FACTS = ("target_days", "rows", "sites", "degraded", "versions", "version", "decision", "decided_by")  # of a step's result


def table_asset(name: str) -> Asset:
    """Return a table or view of schema ``dayahead`` in the database of the settings."""
    settings = read_settings()
    address = urlsplit(settings.database_url.get_secret_value())
    host, port, database = address.hostname or "localhost", address.port or settings.postgres_port, address.path.strip("/") or "traffic"
    return Asset(name=f"dayahead_{name}", uri=f"postgres://{host}:{port}/{database}/dayahead/{name}", group="dayahead")


def champion_asset() -> Asset:
    """Return the alias ``champion`` in the registry of the settings."""
    settings = read_settings()
    address = urlsplit(settings.tracking_url)
    uri = f"mlflow://{address.hostname or 'localhost'}:{address.port or settings.mlflow_port}/{settings.registered_model}@champion"
    return Asset(name="dayahead_champion", uri=uri, group="dayahead")


def tell_events(context: Any, result: dict[str, Any]) -> None:
    """Write what a task left into the event of each asset that it writes."""
    for outlet in context["task"].outlets:
        context["outlet_events"][outlet].extra = {name: result[name] for name in FACTS if name in result}
