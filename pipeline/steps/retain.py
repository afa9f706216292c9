"""What is old goes, by policy and never by accident: snapshots, Data Docs, copies of models, days of forecasts."""

from __future__ import annotations

import logging
import shutil
from datetime import date, timedelta
from typing import Any

from pipeline.adapters.postgres import retention
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.whole_days import delete_before
from pipeline.adapters.store.model_files import folder_name
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, ServiceError

log = logging.getLogger(__name__)

MONITORED_DAYS = 35  # how far back monitor looks for days to score
DAYS_APART = 35  # younger days keep tables of their own; months that are older become one table
NEVER = date(1900, 1, 1)


def retain(run: Run, settings: Settings, *, dry_run: bool = False) -> dict[str, Any]:
    """Drop what is older at the cutoff than the settings keep, make one table of each old month, and return the names of it all.

    What the champion, the previous champion and the challenger come from is kept however old; while MLflow does not answer, every
    training and every copy of a model is. Scores and decisions are kept for ever, and so is traffic unless a number of days is set.

    Args:
        run: Gives the cutoff that ages are counted from.
        settings: Say how many days to keep.
        dry_run: Only say what would go.

    Raises:
        ConfigurationError: The settings keep less than a step needs; nothing is dropped.
    """
    check_policy(settings)
    dropped = old_folders(run, settings) | old_tables(run, settings)
    if not dry_run:
        _drop(dropped, run, settings)
    counts = {name: len(found) for name, found in dropped.items()}
    log.info("%s cutoff=%s %s", "would drop" if dry_run else "dropped", run.cutoff.isoformat(), counts)
    result = {"dry_run": dry_run, **dropped}
    return result if dry_run else Store(settings.store_url).write_result(run, "retain", result)


def check_policy(settings: Settings) -> None:
    """Raise a ``ConfigurationError`` where a step would miss what the settings let go."""
    needed = {
        "traffic": (settings.keep_traffic_days, max(settings.train_days, settings.forecast_days) + 2, "training and forecast read"),
        "forecasts": (settings.keep_forecasts_days, MONITORED_DAYS + 1, "monitor looks back on"),
    }
    for name, (kept, least, who) in needed.items():
        if 0 < kept < least:
            raise ConfigurationError(f"DAYAHEAD_KEEP_{name.upper()}_DAYS={kept}: {who} {least} days; keep as many, or 0 for ever")


def old_folders(run: Run, settings: Settings) -> dict[str, list[str]]:
    """Return the folders of old runs in the store, of old Data Docs and checkpoints, and the copies of versions that nobody needs."""
    try:
        used: dict[str, str] | None = retention.models_in_use(settings)
    except (ServiceError, ConfigurationError) as error:
        log.warning("trainings and models are kept reason=%s", error)
        used = None
    kept = set((used or {}).values()) | {run.folder}
    found: dict[str, list[str]] = {}
    for name, root, days in _trees(settings):
        old = retention.old_runs(root, run.cutoff - timedelta(days=days), kept)
        found[name] = [folder for folder in old if used is not None or not folder.startswith("train")]
    copies = sorted(folder.name for folder in (settings.home / "models").glob("*") if folder.is_dir())
    needed = copies if used is None else [folder_name(version) for version in used]
    found["models"] = [copy for copy in copies if copy not in needed]
    return found


def old_tables(run: Run, settings: Settings) -> dict[str, list[str]]:
    """Return the tables of days and months that are too old, and the months whose days are to become one table."""
    today, tables, months = run.cutoff.date(), [], []
    limits = {"traffic": settings.keep_traffic_days, **dict.fromkeys(("forecasts", "attention"), settings.keep_forecasts_days)}
    with connect(settings, work="retain") as connection:
        for parent, days in limits.items():
            before = today - timedelta(days=days) if days else NEVER
            tables += retention.old_partitions(connection, parent, before)
            if parent != "traffic":
                apart = retention.months_of_days(connection, parent, today - timedelta(days=DAYS_APART))
                months += [f"{parent} {month:%Y-%m}" for month in apart if month >= before]
    return {"tables": tables, "months_merged": months}


def _drop(dropped: dict[str, list[str]], run: Run, settings: Settings) -> None:
    """Drop rows first and then the folders that rows name, each piece in a transaction of its own.

    Raises:
        ServiceError: Readers held on to a table; every other piece is done.
    """
    left = [name for name in dropped["tables"] if not _drop_table(settings, name)]
    left += [month for month in dropped["months_merged"] if not _merge(settings, month)]
    if settings.keep_forecasts_days:
        with connect(settings, work="retain") as connection:
            delete_before(connection, run.cutoff.date() - timedelta(days=settings.keep_forecasts_days))
    for name, root, _ in _trees(settings):
        for folder in dropped[name]:
            retention.drop_folder(root, folder)
    for copy in dropped["models"]:
        shutil.rmtree(settings.home / "models" / copy, ignore_errors=True)
    if left:
        raise ServiceError(f"a reader kept {', '.join(left)} locked for minutes; all else is done: run it again, or see pg_stat_activity")


def _drop_table(settings: Settings, name: str) -> bool:
    with connect(settings, work="retain") as connection:
        return retention.drop_partition(connection, name.split("_", 1)[0], name)


def _merge(settings: Settings, month: str) -> bool:
    parent, first = month.split()
    with connect(settings, work="retain") as connection:
        return retention.merge_month(connection, parent, date.fromisoformat(f"{first}-01"))


def _trees(settings: Settings) -> list[tuple[str, str, int]]:
    """Name, root and days to keep of every tree of folders ``purpose/cutoff``."""
    home = settings.home.resolve()
    return [
        ("snapshots", settings.store_url, settings.keep_snapshots_days),
        ("data_docs", (home / "gx").as_uri(), settings.keep_docs_days),
        ("checkpoints", (home / "checkpoints").as_uri(), settings.keep_snapshots_days),
    ]
