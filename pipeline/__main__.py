"""``python -m pipeline``: every step, the data in and out, and the stack, as commands."""

from __future__ import annotations

import logging
import sys

import typer

from pipeline.commands import backtest, data, demo, stack, steps
from pipeline.errors import DayaheadError, ServiceError

FAILED, TRY_AGAIN = 1, 3

app = typer.Typer(
    help="Tomorrow's traffic of every site, in your own database. Try: make demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
PANELS = {
    "Data": (data.load, data.sample, data.sql, data.migrate),
    "Steps, in the order of the journey": (
        steps.extract,
        steps.validate,
        steps.features,
        steps.train,
        steps.evaluate,
        steps.register,
        steps.promote,
        steps.rollback,
        steps.forecast,
        steps.fill,
        steps.publish,
        steps.monitor,
    ),
    "Accuracy": (backtest.backtest,),
    "Stack on this machine": (stack.up, stack.down, stack.status, stack.logs, stack.psql, demo.demo),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run a command; an error that a person can act on is shown as a sentence, never as a traceback.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 a service did not answer (trying again later may help).
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        app()
    except DayaheadError as error:
        typer.secho(f"{type(error).__name__}: {error}", fg="red", err=True)
        sys.exit(TRY_AGAIN if isinstance(error, ServiceError) else FAILED)


if __name__ == "__main__":
    main()
