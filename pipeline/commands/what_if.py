"""What if: the champion's forecast of a day, were there an event more or another capacity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.steps import DecidedBy, Shards, TargetDay

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from pipeline.core.series.events import Note

SHOWN = 20  # sites, the most changed first
WIDTH = 110


def what_if(
    event: Annotated[
        list[str] | None,
        typer.Option(help="category=match,from=…,to=… and any of site, labels, factor; may be given more than once."),
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="A site that is meant beside those of the events.")] = None,
    capacity: Annotated[float | None, typer.Option(help="Of every site that is meant, in the unit of the readings.")] = None,
    target_day: TargetDay = None,
    shards: Shards = 1,
    by: DecidedBy = "unknown",
) -> None:
    """Say what the champion would forecast with an event more, or another capacity, and show it on the sites' pages; no forecast changes.

    Examples:
        python -m pipeline what-if --site fra-02 --capacity 2e10
        python -m pipeline what-if --event category=sale,from=$FROM,to=$TO
    """
    from pipeline.adapters.files.events_file import note_of_words

    ask([note_of_words(text, "--event") for text in event or []], site or [], capacity, target_day, shards, by)


def ask(notes: Sequence[Note], sites: Sequence[str], capacity: float | None, target_day: str | None, shards: int, by: str) -> None:
    """Ask of a day whose forecast is made, and print the difference."""
    from pipeline.adapters.store.snapshots import Store
    from pipeline.config import read_settings
    from pipeline.steps.plan import plan
    from pipeline.steps.what_if import what_if

    settings = read_settings()
    run = plan("forecast", settings, asked=target_day, partition_key=None, at=datetime.now(UTC), shards=shards)
    result = what_if(run, settings, notes=notes, sites=sites, capacity=capacity, by=by)
    print_differences(Store(settings.store_url).get_frame(result["differences"]), run.target_day, settings.unit)


def print_differences(rows: pd.DataFrame, day: date, unit: str) -> None:
    """Print rows of ``what_ifs`` as a table, the most changed sites first."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.core.evaluation.quantity import percent, quantity

    table = Table("site", box=None, title=f"{day}: the champion, and what if", title_justify="left")
    for head in ("peak", "what if", "", "volume", "what if", "", "risk", "what if"):
        table.add_column(head, justify="right", no_wrap=True)
    change = (rows["peak_if"] / rows["peak"] - 1).abs()
    shown: list[dict[Any, Any]] = rows.loc[change.sort_values(ascending=False, kind="stable").index[:SHOWN]].to_dict("records")
    for row in shown:
        figures = [(row[name], row[f"{name}_if"], its) for name, its in (("peak", unit), ("volume", ""))]
        cells = [cell for before, after, its in figures for cell in (quantity(before, its), quantity(after, its), _change(before, after))]
        table.add_row(row["site"], *cells, percent(row["risk"]), percent(row["risk_if"]))
    Console(width=WIDTH).print(table)
    if len(rows) > SHOWN:
        typer.echo(f"and {len(rows) - SHOWN} sites more: table dayahead.what_ifs")


def _change(before: float, after: float) -> str:
    from pipeline.core.evaluation.quantity import percent

    return percent(after / before - 1, signed=True) if before else ""
