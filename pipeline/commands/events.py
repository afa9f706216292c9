"""What is known of days and no series holds: matches, outages, migrations. Noted, listed and removed, one by one or from a file.

Examples:
    python -m pipeline events add --kind break --from 2026-07-01T00:00Z
    python -m pipeline events list
    python -m pipeline events load events.csv --dry-run
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import help_of
from pipeline.errors import DataError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.adapters.postgres.events import NotedEvent
    from pipeline.core.series.events import Note

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", **help_of(sys.modules[__name__]))


def add(
    kind: Annotated[
        str,
        typer.Option(
            help="expected (its effect is learnt), ignore (its readings are not learnt from) or break (another level from here on)."
        ),
    ],
    start: Annotated[str, typer.Option("--from", help="Its first instant, with an offset: 2026-06-11T20:00+02:00.")],
    end: Annotated[str | None, typer.Option("--to", help="First instant after it. A break needs none.")] = None,
    category: Annotated[str | None, typer.Option(help="What sort of event: effects are learnt by category. Required of expected.")] = None,
    site: Annotated[
        list[str] | None,
        typer.Option(help="Site it is about; given more than once, an event for each. Without a site or a label: the whole fleet."),
    ] = None,
    label: Annotated[list[str] | None, typer.Option("--label", help="KEY=VALUE that sites have; may be given more than once.")] = None,
    factor: Annotated[float | None, typer.Option(help="What traffic is multiplied by, where you know it.")] = None,
    note: Annotated[str, typer.Option(help="Free text.")] = "",
    known_from: Annotated[str | None, typer.Option(help="Since when it is known. Default: now.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Note an event of a site, of sites with a label, or of the fleet.

    Examples:
        python -m pipeline events add --kind break --from 2026-07-01T00:00Z
    """
    from pipeline.adapters.files.events_file import labels_of
    from pipeline.core.series.events import Note, instant_of

    noted = Note(
        kind=kind,
        starts_at=instant_of(start, "--from"),
        ends_at=instant_of(end, "--to") if end else None,
        category=category,
        labels=labels_of(";".join(label or []), "--label:"),
        expected_factor=factor,
        note=note,
        known_from=instant_of(known_from, "--known-from") if known_from else None,
    )
    note_events(noted.of_sites(site or []), dry_run)


def load(
    file: Annotated[Path, typer.Argument(help="CSV of kind, from, to and any of category, site, labels, factor, note, known_from.")],
    dry_run: DryRun = False,
) -> None:
    """Note the events of a file; those that are there already stay as they are.

    Examples:
        python -m pipeline events load events.csv --dry-run
    """
    from pipeline.adapters.files.events_file import read_events_file

    note_events(read_events_file(file), dry_run)


def list_(
    site: Annotated[str | None, typer.Option(help="Only those of this site.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Show every event: when, what, whose, who noted it.

    Examples:
        python -m pipeline events list --site fra-02
    """
    from pipeline.adapters.postgres.database import connect
    from pipeline.adapters.postgres.events import list_events
    from pipeline.config import read_settings

    with connect(read_settings(), work="events") as connection:
        if site is not None:
            _check_sites(connection, [site])
        found = list_events(connection, site)
    if as_json:
        typer.echo(json.dumps([vars(event) for event in found], default=str, ensure_ascii=False, indent=1))
        return
    for event in found:
        typer.echo(_words(event))
    typer.echo(f"{len(found)} events")


def remove(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of the events, as list shows them.", show_default=False)],
    dry_run: DryRun = False,
) -> None:
    """Remove events: no run from now on sees them, and days that are not made again stay as they are.

    Examples:
        python -m pipeline events remove 7
    """
    from pipeline.adapters.postgres.events import list_events, remove_events

    def work(connection: Connection) -> list[NotedEvent]:
        found = list_events(connection, ids=numbers)
        if missing := sorted(set(numbers) - {event.id for event in found}):
            raise DataError(f"there is no event {missing[0]}; see: python -m pipeline events list")
        remove_events(connection, numbers)
        return found

    _change("removed", dry_run, work)


def note_events(notes: list[Note], dry_run: bool = False) -> list[NotedEvent]:
    """Note events, say so, and return those that did not stand there already."""
    from pipeline.adapters.postgres.events import list_events, write_events

    def work(connection: Connection) -> list[NotedEvent]:
        _check_sites(connection, [note.site for note in notes if note.site is not None])
        return list_events(connection, ids=write_events(connection, notes))

    new = _change("noted", dry_run, work)
    if len(new) < len(notes):
        typer.echo(f"{len(notes) - len(new)} of {len(notes)} were there already")
    return new


def _change(word: str, dry_run: bool, work: Callable[[Connection], list[NotedEvent]]) -> list[NotedEvent]:
    from pipeline.adapters.postgres.database import trying
    from pipeline.config import read_settings

    with trying(read_settings(), work="events", dry_run=dry_run) as connection:
        found = work(connection)
    for event in found:
        typer.echo(f"{'would have ' * dry_run}{word} {_words(event)}")
    return found


def _check_sites(connection: Connection, names: list[str]) -> None:
    from pipeline.adapters.postgres.sites import list_sites
    from pipeline.commands.sites import check_known

    check_known(names, [known.site for known in list_sites(connection)])


def _words(event: NotedEvent) -> str:
    whose = event.site or " ".join(f"{key}={value}" for key, value in (event.labels or {}).items()) or "the whole fleet"
    until = "" if event.ends_at == event.starts_at else f" to {event.ends_at:%Y-%m-%d %H:%M}Z"
    parts = [
        f"{event.id}:",
        f"{event.kind} {event.category or ''}".strip(),
        f"{event.starts_at:%Y-%m-%d %H:%M}Z{until}",
        f"{whose} ({event.sites} site{'s' * (event.sites != 1)})" if event.site is None else whose,
        f"factor {event.expected_factor:g}" if event.expected_factor else "",
        event.note,
        f"by {event.noted_by}, known from {event.known_from:%Y-%m-%d %H:%M}Z",
    ]
    return "  ".join(filter(None, parts))


COMMANDS: dict[str, Callable[..., None]] = {"add": add, "list": list_, "load": load, "remove": remove}
for called, command in COMMANDS.items():
    app.command(called, **help_of(command))(command)
