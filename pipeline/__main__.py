"""Tomorrow's traffic of every site, in your own database.

Examples:
    make demo
    python -m pipeline sql "select site, ts, q50 from dayahead.next_day"
    python -m pipeline backtest traffic.csv.gz
    python -m pipeline COMMAND --help
"""

from __future__ import annotations

import sys

import typer

from pipeline.commands import backtest, calendars, data, demo, events, health, planned, scenarios, service, sites, stack, steps, what_if
from pipeline.commands.terminal import help_of, tell_error, tell_logs
from pipeline.errors import DayaheadError

app = typer.Typer(
    **help_of(sys.modules[__name__]),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
PANELS = {
    "Stack on this machine": (demo.demo, stack.up, stack.down, stack.status, stack.logs, stack.psql),
    "Watching": (health.health,),
    "Data": (data.load, data.sample, data.sql, data.migrate),
    "Steps, in the order of the journey": (
        steps.extract,
        steps.validate,
        steps.features,
        steps.gather,
        steps.train,
        steps.evaluate,
        steps.register,
        steps.promote,
        steps.rollback,
        steps.forecast,
        steps.fill,
        steps.publish,
        steps.shadow,
        steps.monitor,
        steps.compare,
        steps.retain,
    ),
    "Planning": (scenarios.scenarios, what_if.what_if),
    "Accuracy": (backtest.backtest,),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel, **help_of(command))(command)
app.add_typer(service.app, name="service", rich_help_panel="Stack on this machine")
app.add_typer(sites.app, name="sites", rich_help_panel="Data")
app.add_typer(events.app, name="events", rich_help_panel="Data")
app.add_typer(planned.app, name="planned", rich_help_panel="Data")
app.add_typer(calendars.app, name="calendars", rich_help_panel="Data")


def main() -> None:
    """Run a command; an error that a person can act on is shown as a sentence, and its kind decides the status (``terminal.STATUS``)."""
    tell_logs()
    try:
        app()
    except (DayaheadError, OSError) as error:  # OSError: a file that a person named
        sys.exit(tell_error(error))


if __name__ == "__main__":
    main()
