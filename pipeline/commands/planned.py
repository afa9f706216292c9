"""Covariates of the future: weather, bookings, scheduled transfers, as they are forecast or planned.

Examples:
    python -m pipeline planned load weather.csv --dry-run
    python -m pipeline planned load weather.csv
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import help_of
from pipeline.errors import DataError

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", **help_of(sys.modules[__name__]))


@app.callback()
def planned() -> None:
    """Keep ``load`` a command of its own: typer would take the only one for the whole."""


def load(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet of ts, name, value and any of site, labels, known_from.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Load the values of a file; those that are there already stay as they are.

    Examples:
        python -m pipeline planned load weather.csv --dry-run
    """
    from pipeline.adapters.files.planned_file import read_planned_file
    from pipeline.adapters.postgres.database import trying
    from pipeline.adapters.postgres.planned import write_planned
    from pipeline.adapters.postgres.sites import list_sites
    from pipeline.commands.sites import check_known
    from pipeline.config import read_settings

    settings, rows = read_settings(), read_planned_file(file)
    if clash := sorted(set(rows["name"]) & set(settings.covariates)):
        raise DataError(f"{file}: {clash[0]!r} is a covariate of the past in DAYAHEAD_COVARIATES; give what is planned another name")
    with trying(settings, work="planned", dry_run=dry_run) as connection:
        check_known(sorted(rows["site"].dropna().unique()), [known.site for known in list_sites(connection)])
        written = write_planned(connection, rows)
    names = ", ".join(sorted(rows["name"].unique()))
    typer.echo(f"{'would have ' * dry_run}written {written} of {len(rows)} values of {names}; the others were there already")


app.command("load", **help_of(load))(load)
