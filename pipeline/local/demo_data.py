"""Readings for the demo: a file of the user's, or the built-in sample, which gives way to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import ARRAY, Text, any_, delete, literal

from pipeline.adapters.files.header import map_columns
from pipeline.adapters.files.sites_file import read_sites_file
from pipeline.adapters.files.tally import LoadReport
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.loading import load_readings
from pipeline.adapters.postgres.readings import last_reading
from pipeline.adapters.postgres.schema import metadata
from pipeline.config import Settings

ShareReport = Callable[[float, int], None]


def sample_marker(settings: Settings) -> Path:
    """Return the file that names the sites of the sample, there while the sample is in the database."""
    return settings.home.resolve() / "demo" / "sample.json"


def load_file(settings: Settings, file: Path, timezone: str | None, report_share: ShareReport) -> LoadReport:
    """Load a file in the place of the sample; readings that are not the sample's stay.

    Raises:
        DataError: The file is missing, unreadable or holds no readings; the database stays as it was if that shows in its header.
    """
    map_columns(file, {}, settings.covariates)
    _remove_sample(settings)
    return load_readings(settings, file, timezone=timezone, report_share=report_share)


def load_sample(settings: Settings, report_share: ShareReport) -> LoadReport | None:
    """Load the built-in sample into an empty database; None, and nothing changed, where readings are there already."""
    from pipeline.local.sample import sample_fleet
    from pipeline.local.sample_file import sites_file, write_sample

    with connect(settings, "reader", work="demo") as connection:
        if last_reading(connection):
            return None
    readings, sites = sample_fleet()
    with TemporaryDirectory(prefix="dayahead-") as folder:
        file = Path(folder, "sample.parquet")
        write_sample(file, readings, sites, seed=0)
        known = read_sites_file(sites_file(file), settings.timezone)
        report = load_readings(settings, file, report_share=report_share, sites=known)
    marker = sample_marker(settings)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(sites["site"].tolist()))
    return report


def _remove_sample(settings: Settings) -> None:
    marker = sample_marker(settings)
    if not marker.exists():
        return
    named = literal(json.loads(marker.read_text()), ARRAY(Text))
    tables = [table for table in reversed(metadata.sorted_tables) if "site" in table.columns and not table.info.get("is_view")]
    with connect(settings, work="demo") as connection:
        for table in tables:
            connection.execute(delete(table).where(table.c.site == any_(named)))
    marker.unlink()
