"""What notes of events and calendars are worth on real series: figures of docs/events.md.

    python -m benchmarks.known_ahead outage FILE [--timezone Europe/Berlin] [--days 240]
    python -m benchmarks.known_ahead shift FILE
    python -m benchmarks.known_ahead kinds FILE --country DE-NW --calendar schools.csv --last-day 2026-04-19

``outage`` plants readings of zero, some hours of the day before every third target day, and forecasts these days with a model that was
trained before: from the readings as they were, from the broken ones, and from those with the outage noted as ``ignore``. ``shift`` makes
all readings three times as high from a day on and forecasts the fourth day after it: by a model trained before, with and without a
``break``, and by one trained on readings that were always so high. ``kinds`` says how a backtest errs on the days of kinds in a calendar
and in the week around them, with that calendar and with the public holidays alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.adapters.files.calendar_file import read_calendar_file
from pipeline.commands.backtest_run import BacktestRequest, read_grid
from pipeline.core.evaluation.backtest import backtest, spans_of
from pipeline.core.learning.rolling import learnt_on, start_of
from pipeline.core.learning.state import State
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, FitOptions, Forecaster
from pipeline.core.series.breaks import levelled
from pipeline.core.series.event_spans import Spans
from pipeline.core.series.grid import Grid

TEST_DAYS, VALIDATION_DAYS = 28, 14
OUTAGE_FROM = 10  # o'clock of the day before a target day, local time
APART = 3  # days from one outage to the next
SHIFT, LEARNT_DAYS = 3.0, 3
AROUND = 7  # days


class Trained(NamedTuple):
    """A forecaster as training leaves it, with what its validation days taught, and the first day that it had not seen."""

    forecaster: Forecaster
    state: State | None
    first: int

    @classmethod
    def on(cls, grid: Grid, name: str, seed: int) -> Trained:
        """Return one that was trained on the days before the test days of a grid."""
        spans, forecaster = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS), create(name)
        forecaster.fit(grid, spans.split, FitOptions(seed=seed))
        start = start_of(forecaster, grid, spans.split, np.zeros(grid.shape[0], np.int64))
        return cls(forecaster, start.state, spans.test.start)

    def says(self, grid: Grid, day: int) -> np.ndarray:
        """Return the medians ``(N, S)`` of a day as its run publishes them: nothing of it is known, and all days before taught."""
        known = before(grid, day)
        told = learnt_on(self.forecaster, known, range(day, day + 1), np.zeros(grid.shape[0], np.int64), self.state, first=self.first)
        return told.forecast.quantiles[..., MEDIAN]


def until(grid: Grid, last: date | None, days: int) -> Grid:
    """Return the ``days`` of a grid up to a last one; 0 for all."""
    stop = grid.shape[1] if last is None else grid.index_of(last) + 1
    span = slice(max(0, stop - days) if days else 0, stop)
    return replace(grid, first_day=grid.day_at(span.start), throughput=grid.throughput[:, span], observed=grid.observed[:, span])


def before(grid: Grid, day: int) -> Grid:
    """Return the grid with nothing known of a day and those after it."""
    observed = grid.observed.copy()
    observed[:, day:] = False
    return replace(grid, observed=observed, throughput=np.where(observed, grid.throughput, np.float32(0)))


def outage(grid: Grid, name: str, seed: int, duration: int) -> None:
    """Print how far an outage, noted or not, moves the forecasts of the days after it."""
    model = Trained.on(grid, name, seed)
    days = range(model.first + APART, grid.shape[1], APART)
    hour = grid.shape[2] // 24
    planted = replace(grid, throughput=grid.throughput.copy())
    noted = replace(grid, throughput=grid.throughput.copy(), observed=grid.observed.copy())
    for day in days:
        hours = np.s_[:, day - 1, OUTAGE_FROM * hour : (OUTAGE_FROM + duration) * hour]
        planted.throughput[hours] = noted.throughput[hours] = 0
        noted.observed[hours] = False  # as event_spans.without leaves an ignored span
    known = {"no outage": grid, "ignore": noted, "not noted": planted}
    compare(name, {what: np.stack([model.says(its, day) for day in days]) for what, its in known.items()}, grid, days)


def shift(grid: Grid, name: str, seed: int) -> None:
    """Print how a model forecasts the fourth day after a shift of level, with and without a break, beside one that always knew it."""
    high = replace(grid, throughput=grid.throughput * np.float32(SHIFT))
    old, new = Trained.on(grid, name, seed), Trained.on(high, name, seed)
    days = range(old.first + LEARNT_DAYS, grid.shape[1], 2 * LEARNT_DAYS - 1)
    told: dict[str, list[np.ndarray]] = {"always so high": [], "break": [], "not noted": []}
    for day in days:
        since = day - LEARNT_DAYS
        shifted = replace(grid, throughput=np.concatenate([grid.throughput[:, :since], high.throughput[:, since:]], axis=1))
        site, at = np.arange(grid.shape[0]), np.full(grid.shape[0], since * grid.shape[2])
        told["always so high"].append(new.says(high, day))
        told["break"].append(old.says(levelled(before(shifted, day), Spans(site, site, at, at + 1)), day))
        told["not noted"].append(old.says(shifted, day))
    compare(name, {what: np.stack(made) for what, made in told.items()}, high, days)


def kinds(found: dict[str, Grid], days: set[date], name: str, seed: int) -> None:
    """Print how a backtest errs on some days and around them, by what is known of the kinds of day."""
    grid = next(iter(found.values()))
    kind = np.array([grid.day_at(index) in days for index in range(grid.shape[1])])
    near = np.array([kind[max(0, index - AROUND) : index + AROUND + 1].any() for index in range(len(kind))])
    spans = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS)
    groups = {"such days": kind, "a week around": near & ~kind, "both": near, "all days": np.ones_like(kind)}
    for what, its in found.items():
        made = backtest(its, {name: {}}, spans, seeds=[seed]).forecasts[name][0]
        at = made.origins
        actual, observed = its.throughput[at.site, at.day], its.observed[at.site, at.day]
        off = np.abs(made.quantiles[..., MEDIAN] - actual)
        for group, chosen in groups.items():
            counted, count = observed & chosen[at.day][:, None], len(set(at.day[chosen[at.day]]))
            if count:
                wape = off[counted].sum() / actual[counted].sum()
                print(f"{name:<14} seed {seed} {what:<16} {group:<14} {count:>2} days  WAPE {wape:.4f}", flush=True)


def compare(name: str, told: dict[str, np.ndarray], grid: Grid, days: Sequence[int]) -> None:
    """Print how far each answer lies from the first one, and how it errs, with the ratio to the first one's error."""
    actual, observed = (values[:, days].swapaxes(0, 1) for values in (grid.throughput, grid.observed))
    first = next(iter(told.values()))
    errors = {what: np.abs(made - actual)[observed].sum() / np.abs(actual[observed]).sum() for what, made in told.items()}
    for what, made in told.items():
        moved, ratio = np.abs(made - first).sum() / np.abs(first).sum(), errors[what] / next(iter(errors.values()))
        total = np.abs(made.sum(axis=(0, 2)) / first.sum(axis=(0, 2)) - 1).mean()
        print(
            f"{name:<14} {what:<16} moved {moved:7.2%}  a site's volume {total:7.2%}  WAPE {errors[what]:.4f}  ratio {ratio:.3f}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["outage", "shift", "kinds"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--timezone", default="UTC")
    parser.add_argument("--country")
    parser.add_argument("--calendar", type=Path)
    parser.add_argument("--days", type=int, default=0, help="the last ones of the file; 0 for all")
    parser.add_argument("--last-day", type=date.fromisoformat)
    parser.add_argument("--hours", type=int, default=6, help="that an outage lasts")
    parser.add_argument("--exclude", nargs="*", default=[], help="sites to leave out; a * stands for any text")
    parser.add_argument("--models", default="gru_attention,lightgbm")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args(arguments)
    request = BacktestRequest(given.file, (), timezone=given.timezone, country=given.country, exclude_sites=tuple(given.exclude))
    grid = until(read_grid(request), given.last_day, given.days)
    for name in given.models.split(","):
        for seed in range(given.seeds):
            if given.what == "kinds":
                named = until(read_grid(replace(request, calendar=given.calendar)), given.last_day, given.days)
                days = read_calendar_file(given.calendar, given.calendar.stem, grid.first_day, grid.day_at(grid.shape[1]))
                kinds({"public holidays": grid, "calendar": named}, {each.day for each in days}, name, seed)
            elif given.what == "outage":
                outage(grid, name, seed, given.hours)
            else:
                shift(grid, name, seed)


if __name__ == "__main__":
    main()
