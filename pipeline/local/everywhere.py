"""What Airflow and its libraries are told wherever they run: ``docker/everywhere.env``, which the containers read as well."""

from __future__ import annotations

from dotenv import dotenv_values

from pipeline.local.home import PROJECT

FILE = PROJECT / "docker" / "everywhere.env"
PREFIX = "AIRFLOW__"


def airflow_sections() -> dict[str, dict[str, str]]:
    """Return the options of Airflow, by section."""
    found: dict[str, dict[str, str]] = {}
    for name, value in _lines().items():
        if name.startswith(PREFIX):
            section, option = name.removeprefix(PREFIX).lower().split("__")
            found.setdefault(section, {})[option] = value
    return found


def variables() -> dict[str, str]:
    """Return what is meant for the libraries."""
    return {name: value for name, value in _lines().items() if not name.startswith(PREFIX)}


def _lines() -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(FILE, interpolate=False).items()}
