"""What the champion would forecast of a day, were there an event more or another capacity: beside its forecast, seen in no reader's day."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adapters.files.events_file import frame_of
from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.statements import upsert_rows
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.events import EXPECTED, Note, sites_meant
from pipeline.core.series.frames import labels_in
from pipeline.errors import DataError, ModelError, NothingToForecastError
from pipeline.steps.features import features
from pipeline.steps.forecast import answer
from pipeline.steps.ladder import Ladders, ladders_of
from pipeline.steps.publish import write_made

log = logging.getLogger(__name__)

ROLE = "what_if"
FIGURES = {"peaks": ("peak", "q50"), "volumes": ("volume", "q50"), "risks": ("risk", "day")}


def what_if(
    run: Run, settings: Settings, *, notes: Sequence[Note] = (), sites: Sequence[str] = (), capacity: float | None = None, by: str = ""
) -> dict[str, Any]:
    """Forecast the sites meant once more as if ``notes`` had been known, under role ``what_if``, and keep the difference in ``what_ifs``.

    The same champion answers from the same readings and with what it had learnt, so that the question alone makes the difference. Sites
    that are not meant keep what was asked of them before.

    Args:
        run: A run whose forecast is made; each of its shards is asked.
        settings: Lead to the store, the registry and the database.
        notes: Expected events, beside those that are known.
        sites: Names of sites that are meant beside those of the events.
        capacity: Of every site that is meant, instead of its own.
        by: Who asks.

    Returns:
        What ``publish`` returns, and ``differences``: where the rows of ``what_ifs`` lie.

    Raises:
        DataError: The question supposes nothing, an event of another kind or one that is over, or means no site with a forecast.
        ModelError: The champion is another one than the one that made the forecast.
        StoreError: The forecast of the day is not made.
    """
    _check(run, notes, capacity)
    store, beside, ladders = Store(settings.store_url), replace(run, purpose=ROLE), ladders_of(settings)
    found = [answered for part in run.parts() if (answered := _ask(part, settings, ladders, notes, sites, capacity))]
    if not found:
        raise DataError(f"the question means no site with a forecast of {run.target_day}; see: python -m pipeline sites list")
    made, differences = [each for each, _ in found], pd.concat([rows for _, rows in found], ignore_index=True)
    published = write_made(beside, settings, made)
    rows = differences.assign(cutoff=pd.Timestamp(run.cutoff), supposed=_words(notes, capacity), asked_by=by)
    with connect(settings, "writer", work=ROLE) as connection:
        upsert_rows(connection, schema.what_ifs, [rows], stamp="asked_at")
    return store.write_result(beside, ROLE, published | {"differences": store.put_frame(beside, "differences", rows)})


def _check(run: Run, notes: Sequence[Note], capacity: float | None) -> None:
    if not notes and capacity is None:
        raise DataError("the question supposes nothing; expected an event, a capacity, or both")
    for note in notes:
        if note.kind != EXPECTED:
            raise DataError(f"the event is of kind {note.kind}; a question supposes expected ones")
        if note.ends_at is not None and note.ends_at <= run.cutoff:
            raise DataError(f"the event ends at {note.ends_at.isoformat()}, before the cutoff {run.cutoff.isoformat()}: it changes nothing")


def _ask(
    part: Run, settings: Settings, ladders: Ladders, notes: Sequence[Note], sites: Sequence[str], capacity: float | None
) -> tuple[dict[str, Any], pd.DataFrame] | None:
    """Return what ``answer`` leaves of the sites of a shard that are meant, and how far it is from the champion's; None without a site."""
    store, beside = Store(settings.store_url), replace(part, purpose=ROLE)
    champion, extracted = store.read_result(part, "forecast"), store.read_result(part, "extract")
    if not champion.get("forecasts"):
        return None  # a shard without a site
    supposed = frame_of(notes)
    only = set(sites) | _meant(supposed, labels_in(store.get_frame(extracted["sites"])))
    known = [store.get_frame(extracted["events"])] if "events" in extracted else []
    events = {"events": store.put_frame(beside, "events", pd.concat([*known, supposed], ignore_index=True))} if notes else {}
    store.write_result(beside, "extract", extracted | events | {"fleet": extracted.get("fleet", {}) | {"chosen": True}})
    store.write_result(beside, "validate", store.read_result(part, "validate"))
    features(beside, settings)
    try:
        made = answer(beside, settings, ROLE, ladders, only=only, capacity=capacity)
    except NothingToForecastError:
        return None
    return made, _differences(_figures(store, champion), _figures(store, made))


def _meant(supposed: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> set[str]:
    return {name for whose in sites_meant(supposed, labels) for name in (labels if whose is None else whose)}


def _figures(store: Store, made: dict[str, Any]) -> pd.DataFrame:
    """Return peak, volume, risk, capacity and version of each site's day; NaN where it has no capacity."""
    of_day = ["target_day", "site"]
    versions = store.get_frame(made["forecasts"])[[*of_day, "model_version"]].drop_duplicates().set_index(of_day)
    frames = {name: store.get_frame(made[name]).set_index(of_day) for name in FIGURES}
    told = [frames[name][column].rename(figure) for name, (figure, column) in FIGURES.items()]
    return versions.join([*told, frames["risks"]["capacity"]])


def _differences(champion: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of ``what_ifs`` that are figures.

    Raises:
        ModelError: They are not of the same version.
    """
    both = made.add_suffix("_if").rename(columns={"capacity_if": "capacity"}).join(champion.drop(columns="capacity"))
    if (changed := both["model_version_if"] != both["model_version"]).any():
        now, then = both.loc[changed, ["model_version_if", "model_version"]].iloc[0]
        raise ModelError(f"version {now} answers, and version {then} made the forecast: forecast the day again, then ask")
    return both.drop(columns=["model_version_if", "model_version"]).reset_index().astype({"capacity": np.float64})


def _words(notes: Sequence[Note], capacity: float | None) -> str:
    """Return what a question supposes."""
    said = [
        f"{note.category} {note.starts_at:%Y-%m-%d %H:%M%z} to {note.ends_at:%Y-%m-%d %H:%M%z}"
        + (f" × {note.expected_factor:g}" if note.expected_factor else "")
        for note in notes
    ]
    return "; ".join([*said, *([f"capacity {capacity:g}"] if capacity is not None else [])])
