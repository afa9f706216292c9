"""Airflow plugin: the page *Forecasts* in Airflow's navigation, and what it shows below ``/dayahead``.

Airflow loads this file in every process, tasks included; the pages are loaded by the API server alone, when it asks for them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

BELOW = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")  # where Airflow is not at the root of its host


class DayaheadPlugin(AirflowPlugin):
    """Mounts the pages below ``/dayahead`` and enters them in the navigation."""

    name = "dayahead"
    external_views: list[Any] = [  # noqa: RUF012 — declared so by Airflow
        {
            "name": "Forecasts",
            "href": f"{BELOW}/dayahead/forecasts",
            "url_route": "forecasts",
            "destination": "nav",
            "nav_top_level": True,
            "icon": f"{BELOW}/dayahead/static/icon.svg",
        }
    ]

    @property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]  # a list there, which only the API server reads
        """The pages, imported now."""
        from pipeline.web.app import app

        return [{"app": app, "url_prefix": "/dayahead", "name": "dayahead"}]
