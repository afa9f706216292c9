"""``python -m pipeline demo``: the whole journey on this machine, with what it makes shown as it is made."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import stack
from pipeline.commands.terminal import out
from pipeline.config import Settings, read_settings
from pipeline.core.evaluation.quantity import quantity

if TYPE_CHECKING:
    from rich.status import Status

    from pipeline.local.demo import Moment, Peak

ROWS = 12
MARKS = {"success": "[green]✓[/]", "failed": "[red]✗[/]", "upstream_failed": "[dim]–[/]", "skipped": "[dim]–[/]"}


def demo(
    data: Annotated[Path | None, typer.Option(help="CSV or Parquet with site, ts, throughput; the built-in sample if left out.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA zone of the file's instants and sites, and of the schedule.")] = None,
    train: Annotated[bool, typer.Option("--train", help="Train even if this day's training has been done.")] = False,
) -> None:
    """Load data, forecast tomorrow in the running Airflow at once, train, forecast again by the model, and show both.

    Examples:
        python -m pipeline demo
        python -m pipeline demo --data traffic.csv.gz --timezone Europe/Berlin
        python -m pipeline demo --train
    """
    from pipeline.local import demo as journey

    began = time.monotonic()
    if timezone:
        os.environ["DAYAHEAD_TIMEZONE"] = timezone  # the stack keeps it for its tasks
    settings = _stack_up()
    up = time.monotonic()
    fresh = _load(settings, data, timezone)
    day = journey.day_after_last_reading(settings)
    out().print(f"  the day after the last reading, in {settings.timezone}: {day:%A %Y-%m-%d}")
    learns = fresh or train or not journey.is_trained(settings, day)
    if learns:
        at_once = _forecast(settings, day)
        out().print(f"\n  visible {time.monotonic() - up:.0f} s after the stack was up: {_made_by(at_once)}")
        out().print("  now a model learns, and its forecast takes the place of this one")
        _run(settings, journey.TRAIN, {"target_day": day.isoformat()})
    else:
        _headline("Training")
        out().print(f"  done before for {day}; again with: make demo ARGS=--train")
    peaks = _forecast(settings, day)
    if learns:
        out().print(f"\n  replaced {time.monotonic() - up:.0f} s after the stack was up: {_made_by(peaks)}")
    if peaks:
        shown = next((peak for peak in peaks if peak.target_day == day), peaks[0])  # a zone ahead of the schedule has a gap before its day
        picture = journey.draw_site(settings, shown, settings.home.resolve() / "demo" / "forecast.png")
        out().print(f"\n  plot of {shown.site}: {picture}")
    stack.show_addresses(settings)
    out().print(f"  took {time.monotonic() - began:.0f} s")


def _stack_up() -> Settings:
    from pipeline.local.stack import up

    _headline("Stack")
    with out().status("starting Postgres, MLflow and Airflow"):
        return up(read_settings(), lambda line: out().print(f"  {line}"))


def _load(settings: Settings, file: Path | None, timezone: str | None) -> bool:
    """Bring readings into the database and return whether any are new."""
    from pipeline.local.demo_data import load_file, load_sample

    _headline("Data")
    with out().status("reading") as status:

        def share(part: float, rows: int) -> None:
            status.update(f"{part:4.0%}  {rows:,} rows")

        report = load_file(settings, file, timezone, share) if file else load_sample(settings, share)
    if report is None:
        out().print("  the readings that are there")
        return False
    faulty = "".join(f"; {count:,} in quarantine: {reason}" for reason, count in report.quarantined.items())
    out().print(f"  {file or 'built-in sample'}: {report.rows:,} rows of {report.sites} sites, one every {report.step_minutes} min")
    out().print(f"  {report.loaded:,} loaded, {report.updated:,} corrected, {report.unchanged:,} unchanged{faulty}")
    return bool(report.loaded or report.updated)


def _forecast(settings: Settings, day: date) -> list[Peak]:
    """Forecast the day by the best model there is, without one by seasonal naive, show the peaks and return them."""
    from pipeline.local import demo as journey

    _run(settings, journey.FORECAST, {"target_day": day.isoformat()})
    peaks = journey.read_peaks(settings)
    _headline("Forecast of each site's next whole day, in dayahead.next_day")
    _show_peaks(peaks, settings.unit)
    return peaks


def _made_by(peaks: list[Peak]) -> str:
    """Return which rungs of the ladder made how many sites' forecasts, in words."""
    rungs = Counter(_rung(peak) for peak in peaks)
    return " and ".join(f"{count} sites by {rung}" for rung, count in rungs.most_common())


def _rung(peak: Peak) -> str:
    return "champion" if peak.degradation == "none" else peak.degradation


def _run(settings: Settings, dag: str, conf: dict[str, str]) -> None:
    from pipeline.local.airflow_api import Airflow
    from pipeline.local.demo import run_dag

    _headline(f"DAG {dag}")
    airflow = Airflow(settings.airflow_url, settings.tracking_username, settings.tracking_password.get_secret_value())
    with out().status("starting") as status:
        run_dag(airflow, dag, conf, _narrator(status))


def _narrator(status: Status) -> Callable[[Moment], None]:
    """Return what turns looks at a run into one line per ended task, and a moving line for the one that runs."""
    from rich.markup import escape

    told: set[str] = set()

    def narrate(moment: Moment) -> None:
        for name, state, seconds in moment.done:
            if name not in told:
                told.add(name)
                out().print(f"  {MARKS[state]} {name:10} {seconds:6.1f} s")
        said = f"  [dim]{escape(moment.said[: max(out().width - 30, 20)])}[/]" if moment.said else ""
        status.update(f"{moment.running or 'waiting'}  {moment.seconds:.0f} s{said}")

    return narrate


def _show_peaks(peaks: list[Peak], unit: str) -> None:
    from rich.table import Table

    table = Table("site", "peak, local time", "median", "90 % interval", "made by", box=None, header_style="bold")
    for column in table.columns[2:4]:
        column.justify = "right"
    for peak in peaks[:ROWS]:
        interval = f"{quantity(peak.q05, unit)} – {quantity(peak.q95, unit)}"
        table.add_row(
            peak.site,
            f"{peak.at:%a %d %b %H:%M}",
            quantity(peak.q50, unit),
            interval,
            _rung(peak),
        )
    out().print(table)
    if len(peaks) > ROWS:
        out().print(f"  … and {len(peaks) - ROWS} more sites; all of it: make psql, then TABLE dayahead.next_day;")


def _headline(text: str) -> None:
    out().print(f"\n[bold]{text}[/]")
