"""Sites come and go: list, add, describe, rename and retire them, one by one or from a file.

Examples:
    python -m pipeline sites list
    python -m pipeline sites add berlin-1 --timezone Europe/Berlin
    python -m pipeline sites rename berlin-1 berlin-west
    python -m pipeline sites retire berlin-west --dry-run
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.terminal import help_of
from pipeline.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.adapters.postgres.sites import KnownSite

Name = Annotated[str | None, typer.Argument(help="Name of the site.", show_default=False)]
Zone = Annotated[str | None, typer.Option(help="Its IANA time zone, such as Europe/Berlin.")]
Capacity = Annotated[float | None, typer.Option(help="Largest throughput it can carry, in the unit of the readings.")]
Country = Annotated[str | None, typer.Option(help="ISO 3166 code that decides its holidays, such as DE.")]
Calendar = Annotated[
    str | None,
    typer.Option(help="In place of the country alone: DE-NW, names of calendars, or both with commas between; see: calendars."),
]
Labels = Annotated[list[str] | None, typer.Option("--label", help="KEY=VALUE; may be given more than once.")]
File = Annotated[Path | None, typer.Option(help="CSV of site and any of timezone, capacity, country, calendar; others are labels.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", **help_of(sys.modules[__name__]))


def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Show every site: zone, capacity, how it came and whether it is retired.

    Examples:
        python -m pipeline sites list
    """
    from pipeline.adapters.postgres.database import connect
    from pipeline.adapters.postgres.sites import list_sites
    from pipeline.config import read_settings

    with connect(read_settings(), work="sites") as connection:
        sites = list_sites(connection)
    if as_json:
        typer.echo(json.dumps([vars(site) for site in sites], default=str, ensure_ascii=False, indent=1))
        return
    for site in sites:
        typer.echo("  ".join(filter(None, _words(site))))
    typer.echo(f"{len(sites)} sites")


def add(
    name: Name = None,
    timezone: Zone = None,
    capacity: Capacity = None,
    country: Country = None,
    calendar: Calendar = None,
    label: Labels = None,
    file: File = None,
    dry_run: DryRun = False,
) -> None:
    """Enter a site, or those of a file, before or after its first reading.

    Examples:
        python -m pipeline sites add fra-02 --timezone Europe/Berlin --capacity 1e10
        python -m pipeline sites add --file sites.csv --dry-run
    """
    _describe("added", name, file, dry_run, timezone=timezone, capacity=capacity, country=country, calendar=calendar, labels=_pairs(label))


def set_(
    name: Name = None,
    timezone: Zone = None,
    capacity: Capacity = None,
    country: Country = None,
    calendar: Calendar = None,
    label: Labels = None,
    file: File = None,
    dry_run: DryRun = False,
) -> None:
    """Change what is known of a site; what is not named stays, as does a column that a file has not; an empty cell empties.

    Examples:
        python -m pipeline sites set fra-02 --timezone Europe/Berlin
        python -m pipeline sites set --file sites.csv
    """
    _describe("set", name, file, dry_run, timezone=timezone, capacity=capacity, country=country, calendar=calendar, labels=_pairs(label))


def rename(
    name: Annotated[str, typer.Argument(help="Its name.", show_default=False)],
    new_name: Annotated[str, typer.Argument(help="Its name from now on.", show_default=False)],
    dry_run: DryRun = False,
) -> None:
    """Give a site another name: history, forecasts and scores follow, and its source may go on sending the old one.

    Examples:
        python -m pipeline sites rename fra-02 frankfurt-2
    """
    from pipeline.adapters.postgres.sites import rename_site

    _change(f"renamed {name} to {new_name}", dry_run, lambda connection: rename_site(connection, name, new_name))


def retire(
    names: Annotated[list[str] | None, typer.Argument(help="Names of the sites.", show_default=False)] = None,
    file: Annotated[Path | None, typer.Option(help="A name on each line.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Forecast them again.")] = False,
    dry_run: DryRun = False,
) -> None:
    """End the forecasts of sites; their history stays.

    Examples:
        python -m pipeline sites retire fra-02
        python -m pipeline sites retire fra-02 --undo
    """
    from pipeline.adapters.postgres.sites import list_sites, retire_site

    chosen = [*(names or []), *([line.strip() for line in file.read_text().splitlines() if line.strip()] if file else [])]
    if not chosen:
        raise ConfigurationError("no site is named; expected names, or --file with a name on each line")

    def work(connection: Connection) -> None:
        check_known(chosen, [site.site for site in list_sites(connection)])
        for each in chosen:
            retire_site(connection, each, retired=not undo)

    _change(f"{'forecast again' if undo else 'retired'}: {', '.join(chosen)}", dry_run, work)


def _describe(word: str, name: str | None, file: Path | None, dry_run: bool, **known: Any) -> None:
    from pipeline.adapters.files.sites_file import read_sites_file, write_sites
    from pipeline.adapters.postgres.calendars import check_calendar
    from pipeline.adapters.postgres.readings import check_country
    from pipeline.adapters.postgres.sites import add_site, list_sites, set_site
    from pipeline.config import read_settings

    if (name is None) == (file is None):
        raise ConfigurationError("expected the name of one site, or --file with several")
    described = read_sites_file(file, read_settings().timezone) if file else None
    if known["country"]:
        check_country(known["country"], f"the site {name!r}")

    def work(connection: Connection) -> None:
        there = [site.site for site in list_sites(connection)]
        if known["calendar"]:
            check_calendar(connection, known["calendar"], f"the site {name!r}")
        if described is not None:
            if word == "set":
                check_known(list(described["site"]), there)
            write_sites(connection, described, read_settings().timezone)
        elif word == "set":
            check_known([str(name)], there)
            set_site(connection, str(name), **known)
        elif name in there:
            raise DataError(f"there is a site {name!r} already; change it with: python -m pipeline sites set")
        else:
            add_site(connection, str(name), **known | {"timezone": known["timezone"] or read_settings().timezone})

    _change(f"{word} {name}" if described is None else f"{word} {len(described)} sites", dry_run, work)


def _change(what: str, dry_run: bool, work: Any) -> None:
    from pipeline.adapters.postgres.database import trying
    from pipeline.config import read_settings

    with trying(read_settings(), work="sites", dry_run=dry_run) as connection:
        work(connection)
    typer.echo(f"would have {what}" if dry_run else what)


def check_known(names: list[str], known: list[str]) -> None:
    """Raise a ``DataError`` that names a site which is not known, and the one that may have been meant."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        raise DataError(f"there is no site {unknown[0]!r}; {f'was {near[0]!r} meant?' if near else 'see: python -m pipeline sites list'}")


def _pairs(labels: list[str] | None) -> dict[str, str]:
    pairs = [label.partition("=") for label in labels or []]
    wrong = [key + equals for key, equals, _ in pairs if not key or not equals]
    if wrong:
        raise ConfigurationError(f"--label {wrong[0]!r} is no pair; expected KEY=VALUE, for instance tier=edge")
    return {key: value for key, _, value in pairs}


def _words(site: KnownSite) -> list[str]:
    return [
        site.site,
        site.timezone,
        f"capacity {site.capacity:g}" if site.capacity else "",
        site.country or "",
        f"calendar {site.calendar}" if site.calendar else "",
        " ".join(f"{key}={value}" for key, value in site.labels.items()),
        "met in the readings" if site.found else "",
        f"retired {site.retired_at:%Y-%m-%d}" if site.retired_at else "",
        f"once {', '.join(site.aliases)}" if site.aliases else "",
    ]


COMMANDS: dict[str, Callable[..., None]] = {"list": list_, "add": add, "set": set_, "rename": rename, "retire": retire}
for called, command in COMMANDS.items():
    app.command(called, **help_of(command))(command)
