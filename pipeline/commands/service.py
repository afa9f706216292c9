"""Start the stack with the machine, by systemd.

Examples:
    python -m pipeline service install --dry-run
    python -m pipeline service remove
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.commands.terminal import aside, help_of, out
from pipeline.config import read_settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", **help_of(sys.modules[__name__]))


@app.command()
def install(
    account: Annotated[
        str | None, typer.Option(help="As root: the account it runs as. Default: the owner of the project's folder.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the unit.")] = False,
) -> None:
    """Write the unit dayahead.service, check it with systemd-analyze where that is there, and enable it.

    As root it starts with the machine; else with your first login, or with the machine after `loginctl enable-linger`.
    """
    from pipeline.local import service_unit
    from pipeline.local.stack import home_of

    home, place = home_of(read_settings()), service_unit.place_of(account)
    if dry_run:
        typer.echo(service_unit.unit_text(home, place), nl=False)
        return
    service_unit.install(home, place)
    out().print(f"wrote {place.unit}", markup=False)
    systemctl = " ".join(place.systemctl)
    if service_unit.enable(place):
        out().print(f"enabled; if the stack runs already: make down, then {systemctl} start {service_unit.NAME}", markup=False)
        if place.of_user:
            out().print("to have it start with the machine and not with your login: loginctl enable-linger", markup=False)
    else:
        aside().print(f"systemd does not run here: on the machine itself, {systemctl} enable --now {service_unit.NAME}", markup=False)


@app.command()
def remove() -> None:
    """Stop the service and delete its unit; the data stays."""
    from pipeline.local import service_unit

    place = service_unit.place_of()
    out().print(f"removed {place.unit}" if service_unit.remove(place) else f"there is no {place.unit}", markup=False)
