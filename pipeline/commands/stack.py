"""Commands of the embedded stack: ``up``, ``down``, ``status``, ``logs``, ``psql``."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.terminal import out
from pipeline.config import Settings, read_settings
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.local.stack import Line

COLOURS = {"healthy": "green", "starting": "yellow", "not answering": "red", "crashed": "red", "down": "dim"}


def up() -> None:
    """Start Postgres, MLflow and Airflow on this machine, and wait until they answer.

    Examples:
        python -m pipeline up
        DAYAHEAD_TIMEZONE=Europe/Berlin python -m pipeline up
    """
    from pipeline.local.stack import up as start

    with out().status("starting the embedded stack"):
        settings = start(read_settings(), lambda line: out().print(f"  {line}"))
    show_addresses(settings)


def down(delete: Annotated[bool, typer.Option("--delete", help="Also delete all data, models, logs and passwords.")] = False) -> None:
    """Stop everything that up started; the data stays.

    Examples:
        python -m pipeline down
        python -m pipeline down --delete
    """
    from pipeline.local.stack import down as stop
    from pipeline.local.stack import home_of

    settings = read_settings()
    with out().status("stopping the embedded stack"):
        left_over = stop(settings)
    out().print("stopped" + (f"; {left_over} process(es) outlived their service and were ended" if left_over else ""))
    if delete:
        home_of(settings).delete()
        out().print(f"deleted {home_of(settings).root}")


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON array of services.")] = False) -> None:
    """Show every service, its process and where it listens; ends with 1 unless all are healthy.

    Examples:
        python -m pipeline status
        python -m pipeline status --json | jq -r '.[].health'
    """
    from pipeline.local.stack import status as look

    settings = read_settings()
    lines = look(settings)
    healthy = all(line.health == "healthy" for line in lines)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], indent=1))
    else:
        _show_services(settings, lines)
        if healthy:
            show_addresses(settings)
        else:
            out().print("\nnot all services are healthy; start them with: make up")
    if not healthy:
        raise typer.Exit(1)


def logs(
    service: Annotated[str, typer.Argument(help="Name as in `status`; every service if left out.")] = "",
    lines: Annotated[int, typer.Option(help="How many lines of each log.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Go on showing what is added, until Ctrl-C.")] = False,
) -> None:
    """Show the end of the services' logs.

    Examples:
        python -m pipeline logs scheduler --follow
        python -m pipeline logs --lines 100
    """
    from pipeline.local.stack import home_of

    folder = home_of(read_settings()).logs
    found = sorted(folder.glob("*.log"))
    chosen = [file for file in found if service in ("", file.stem)]
    if not chosen:
        names = ", ".join(file.stem for file in found) or "none yet: start the stack with `make up`"
        raise ConfigurationError(f"no log of {service or 'any service'} in {folder}; there are: {names}")
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, chosen)]
    try:
        subprocess.run(command, check=False)
    except KeyboardInterrupt:
        raise typer.Exit from None


def psql() -> None:
    """Open a prompt on the database in use: the one that DAYAHEAD_DATABASE_URL names, else the embedded one, as its owner.

    Examples:
        python -m pipeline psql
    """
    from pipeline.adapters.postgres.engines import login_of
    from pipeline.local.postgres import binaries

    login, password = login_of(read_settings())
    command = [str(binaries() / "psql"), login]
    os.execve(command[0], command, os.environ | ({"PGPASSWORD": password} if password else {}))  # noqa: S606  # psql minds Ctrl-C itself


def _show_services(settings: Settings, lines: tuple[Line, ...]) -> None:
    from rich.table import Table

    from pipeline.local.stack import crash_report

    table = Table("service", "state", "pid", "address", "remark", box=None, header_style="bold")
    for line in lines:
        state, remark = f"[{COLOURS[line.health]}]{line.health}[/]", line.remark.removeprefix(f"pid {line.pid}, ")
        table.add_row(line.name, state, str(line.pid or ""), line.address, remark)
    out().print(table)
    for line in lines:
        if line.health == "crashed":
            out().print(f"\n{crash_report(settings, line)}", markup=False)


def show_addresses(settings: Settings) -> None:
    """Print where the services are, and the login."""
    from pipeline.local.home import LOGIN
    from pipeline.local.services import urls
    from pipeline.local.stack import home_of, own_database

    password = home_of(settings).secrets().login
    hows = {"Postgres": "make psql"}
    addresses = urls(settings)
    if used := own_database(settings):
        addresses["Database"] = f"postgresql://{used}"
        hows = {"Postgres": "for Airflow and MLflow", "Database": "make psql"}
    out().print()
    for name, address in addresses.items():
        out().print(f"  {name:9} {address}   {hows.get(name, f'login {LOGIN} / {password}')}")
    out().print("\n  stop with: make down")
