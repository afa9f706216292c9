"""Kinds of day that a country's holidays do not say: school holidays, days of a company. Loaded, listed and removed.

Examples:
    python -m pipeline calendars load nrw-schools holidays.csv --kind school
    python -m pipeline calendars list
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import help_of
from pipeline.errors import DataError

BACK, AHEAD = timedelta(days=5 * 365), timedelta(days=2 * 365)  # that recurring events of an .ics are followed
Name = Annotated[str, typer.Argument(help="Name of the calendar.", show_default=False)]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", **help_of(sys.modules[__name__]))


def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV of from, to and any of kind, name, known_from; or an iCalendar file, .ics.")],
    kind: Annotated[str, typer.Option(help="Of days for which the file names none: school, company; holiday counts as a public one.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Add the days of a file to a calendar; those that are there already stay as they are.

    Examples:
        python -m pipeline calendars load nrw-schools holidays.csv --kind school --dry-run
    """
    from pipeline.adapters.files.calendar_file import read_calendar_file
    from pipeline.adapters.postgres.calendars import add_days
    from pipeline.adapters.postgres.database import trying
    from pipeline.config import read_settings
    from pipeline.core.series.zones import CODE

    if "," in name or CODE.fullmatch(name):
        raise DataError(f"a calendar cannot be named {name!r}: a country or a subdivision is named so, or a comma stands between two names")
    today = datetime.now(UTC).date()
    found = read_calendar_file(file, kind, today - BACK, today + AHEAD)
    with trying(read_settings(), work="calendars", dry_run=dry_run) as connection:
        new = add_days(connection, name, found)
    typer.echo(f"{'would have ' * dry_run}added {new} of {len(found)} days to {name}")


def list_() -> None:
    """Show every calendar: how many days of which kind, from when to when.

    Examples:
        python -m pipeline calendars list
    """
    from pipeline.adapters.postgres.calendars import list_calendars
    from pipeline.adapters.postgres.database import connect
    from pipeline.config import read_settings

    with connect(read_settings(), work="calendars") as connection:
        found = list_calendars(connection)
    for name, kind, count, first, last in found:
        typer.echo(f"{name}  {kind}  {count} days  {first} to {last}")
    typer.echo(f"{len({row[0] for row in found})} calendars")


def remove(name: Name) -> None:
    """Remove a calendar with its days; sites that name it run without it.

    Examples:
        python -m pipeline calendars remove nrw-schools
    """
    from pipeline.adapters.postgres.calendars import remove_calendar
    from pipeline.adapters.postgres.database import connect
    from pipeline.config import read_settings

    with connect(read_settings(), work="calendars") as connection:
        if not remove_calendar(connection, name):
            raise DataError(f"there is no calendar {name!r}; see: python -m pipeline calendars list")
    typer.echo(f"removed {name}")


COMMANDS: dict[str, Callable[..., None]] = {"load": load, "list": list_, "remove": remove}
for called, command in COMMANDS.items():
    app.command(called, **help_of(command))(command)
