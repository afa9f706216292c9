"""From a file to a finished backtest, with a progress bar."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.adapters.files.calendar_file import read_calendar_file
from pipeline.adapters.files.events_file import frame_of, read_events_file
from pipeline.adapters.files.planned_file import known_all_along, read_planned_file
from pipeline.adapters.files.readings_file import read_readings_file
from pipeline.adapters.files.tally import LoadReport
from pipeline.commands.terminal import progress
from pipeline.core.evaluation.backtest import Backtest, backtest, spans_of
from pipeline.core.evaluation.eventful import Eventful
from pipeline.core.evaluation.spans import Spans
from pipeline.core.models import forecaster_class
from pipeline.core.models.contract import FitOptions, Progress
from pipeline.core.series.clock import day_start
from pipeline.core.series.features import check_features, with_features
from pipeline.core.series.frames import Site, labels_of_country
from pipeline.core.series.grid import Grid, to_grid
from pipeline.core.series.plans import planned_on
from pipeline.core.series.zones import is_zone
from pipeline.errors import ConfigurationError, DataError

OF_FILE = "file"  # the calendar that the sites of a file name


@dataclass(frozen=True)
class BacktestRequest:
    """What to compare on what; the options of the command."""

    file: Path
    models: tuple[str, ...]
    test_days: int = 28
    validation_days: int = 14
    context_days: int | None = None
    timezone: str = "UTC"
    country: str | None = None
    seeds: int = 1
    cutoff_lead_hours: float = 0.0
    frozen: bool = False
    refit_every: int = 0
    replayed: bool = False
    exclude_sites: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    device: str = "auto"
    events: Path | None = None
    features: tuple[str, ...] = ()
    planned: Path | None = None
    calendar: Path | None = None


def run_backtest(request: BacktestRequest) -> tuple[Grid, Backtest, dict[str, Any]]:
    """Return the grid of the file, the finished backtest and what there is to say about the data.

    Raises:
        ConfigurationError: The time zone or a feature is unknown.
        ModelError: A model's name or setting is unknown.
        DataError: The file cannot be read or is too short.
    """
    for name in request.models:
        forecaster_class(name)  # a wrong name is told before the file is read
    grid, report = read_file(request)
    grid = _with_plans(request.planned, grid, request.cutoff_lead_hours) if request.planned else grid
    spans = spans_of(grid.shape[1], request.test_days, request.validation_days)
    eventful = _eventful(request.events, grid, spans.test.start) if request.events else None
    unknown = round(request.cutoff_lead_hours * 60 / grid.step_minutes)
    settings = {} if request.context_days is None else {"context_days": request.context_days}
    with progress() as bars:
        lines = {name: bars.add_task(f"{name:<20}", total=None, start=False, visible=False) for name in request.models}

        def show(name: str, seed: int, line: Progress) -> None:
            bars.start_task(lines[name])
            bars.update(lines[name], description=f"{name:<20} seed {seed}", completed=line.iteration, total=line.iterations, visible=True)

        result = backtest(
            with_features(eventful.clean if eventful else grid, request.features),
            dict.fromkeys(request.models, settings),
            spans,
            seeds=range(request.seeds),
            unknown_steps=unknown,
            frozen=request.frozen,
            refit_every=request.refit_every,
            replayed=request.replayed,
            events=eventful,
            options=FitOptions(device=request.device),
            report=show,
        )
    return grid, result, describe(request, grid, spans, unknown) | {"rows": report.rows, "left_out": left_out(report)}


def _eventful(path: Path, grid: Grid, first_day: int) -> Eventful:
    """Return the grid with the events of a file; one without ``known_from`` is known all along."""
    notes = read_events_file(path)
    known = {site.name for site in grid.sites}
    if unknown := sorted({note.site for note in notes if note.site} - known):
        raise DataError(f"{path} names the site {unknown[0]!r}, which the readings do not have")
    return Eventful.of(grid, frame_of(notes), first_day)


def _with_plans(path: Path, grid: Grid, lead_hours: float) -> Grid:
    """Return the grid with what a file plans for it; a value without ``known_from`` is known all along."""
    planned = known_all_along(read_planned_file(path))
    if unknown := sorted(set(planned["site"].dropna()) - {site.name for site in grid.sites}):
        raise DataError(f"{path} names the site {unknown[0]!r}, which the readings do not have")
    days = range(grid.shape[1])
    starts = {zone: [day_start(grid.day_at(day), zone) for day in days] for zone in {site.timezone for site in grid.sites}}
    cutoffs = {zone: [start - timedelta(hours=lead_hours) for start in its] for zone, its in starts.items()}
    instants = np.array([[each.replace(tzinfo=None) for each in cutoffs[site.timezone]] for site in grid.sites], "datetime64[us]")
    return replace(grid, planned=planned_on(grid, planned, labels_of_country(grid.sites), instants))


def read_grid(request: BacktestRequest) -> Grid:
    """Return the grid of the sites that are not left out."""
    return read_file(request)[0]


def read_file(request: BacktestRequest) -> tuple[Grid, LoadReport]:
    """Return the grid of the sites that are not left out, and what became of the file's rows."""
    if not is_zone(request.timezone):
        raise ConfigurationError(f"unknown time zone {request.timezone!r}; expected an IANA name such as Europe/Berlin")
    readings, report = read_readings_file(request.file, request.columns, request.timezone, request.features)
    own = tuple(name for name in request.features if name in readings.columns)
    check_features(request.features, own)
    names = sorted(readings["site"].unique())
    kept = [name for name in names if not any(fnmatch(name, pattern) for pattern in request.exclude_sites)]
    if not kept:
        raise DataError(f"--exclude-sites leaves none of the {len(names)} sites of {request.file}")
    said = ",".join(filter(None, (request.country, OF_FILE if request.calendar else None))) or None
    grid = to_grid(
        readings[readings["site"].isin(kept)], tuple(Site(name, request.timezone, country=said) for name in kept), covariates=own
    )
    return (_with_calendar(request.calendar, grid) if request.calendar else grid), report


def _with_calendar(path: Path, grid: Grid) -> Grid:
    """Return the grid with the days of a file as the calendar ``OF_FILE`` that its sites name."""
    days = read_calendar_file(path, path.stem, grid.first_day, grid.day_at(grid.shape[1]))
    kinds = {kind: [each.day.isoformat() for each in days if each.kind == kind] for kind in sorted({each.kind for each in days})}
    return replace(grid, calendars={OF_FILE: kinds})


def left_out(report: LoadReport) -> dict[str, int]:
    """Return how many rows of a file are no readings, by reason."""
    without = {"throughput is missing": report.missing, "the row stood in the file before": report.repeated}
    return {reason: count for reason, count in without.items() if count} | dict(report.quarantined.most_common())


def describe(request: BacktestRequest, grid: Grid, spans: Spans, unknown_steps: int) -> dict[str, Any]:
    """Return the part ``data`` of the result."""
    n, d, s = grid.shape
    test = grid.observed[:, spans.test.start :]
    return {
        "file": request.file.name,
        "timezone": request.timezone,
        "sites": n,
        "days": d,
        "steps_per_day": s,
        "first_day": grid.first_day.isoformat(),
        "first_test_day": grid.day_at(spans.test.start).isoformat(),
        "last_test_day": grid.day_at(spans.test.stop - 1).isoformat(),
        "train_days": len(spans.split.train),
        "validation_days": len(spans.split.validation),
        "test_days": len(spans.test),
        "unknown_steps": unknown_steps,
        "seeds": request.seeds,
        "frozen": request.frozen,
        "refit_every": request.refit_every,
        "observed_share": float(np.mean(grid.observed)),
        "observed_share_test": float(np.mean(test)),
    }
