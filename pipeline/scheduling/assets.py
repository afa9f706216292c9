"""What DAGs read and write, as Airflow's graph of assets shows it; each event says what the run left there.

The address is a fact of an asset, not its URI: Airflow fails every task, at its first try, whose asset has another URI under the same name
than the DAG files had a minute ago, and an address changes with a setting.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import Asset
from airflow.sdk.lineage import get_hook_lineage_collector

from pipeline.config import read_settings

FACTS = ("target_days", "rows", "sites", "degraded", "versions", "version", "decision", "decided_by")  # of a step's result


def table_asset(name: str) -> Asset:
    """Return a table or view of schema ``dayahead`` in the database of the settings."""
    settings = read_settings()
    address = urlsplit(settings.database_url.get_secret_value())
    host, port, database = address.hostname or "localhost", address.port or settings.postgres_port, address.path.strip("/") or "traffic"
    return _asset(name, f"postgres://{host}:{port}/{database}/dayahead/{name}")


def champion_asset() -> Asset:
    """Return the alias ``champion`` in the registry of the settings."""
    settings = read_settings()
    address = urlsplit(settings.tracking_url)
    place = f"{address.hostname or 'localhost'}:{address.port or settings.mlflow_port}"
    return _asset("champion", f"mlflow://{place}/{settings.registered_model}@champion")


def _asset(name: str, address: str) -> Asset:
    return Asset(f"dayahead_{name}", group="dayahead", extra={"address": address})


def tell_events(context: Any, result: dict[str, Any]) -> None:
    """Write what a task left into the event of each asset that it writes, and the addresses of all its assets into Airflow's lineage.

    OpenLineage's provider makes datasets of the addresses; where it is absent, Airflow's collector keeps nothing.
    """
    task, lineage = context["task"], get_hook_lineage_collector()
    for inlet in task.inlets:
        lineage.add_input_asset(task, uri=inlet.extra["address"])
    for outlet in task.outlets:
        lineage.add_output_asset(task, uri=outlet.extra["address"])
        context["outlet_events"][outlet].extra = {name: result[name] for name in FACTS if name in result}
