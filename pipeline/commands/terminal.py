"""How commands speak: results on standard output, everything else on standard error; bars and colours on a terminal only."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import traceback
from typing import Any

from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from pipeline.errors import ConfigurationError, DataError, DayaheadError, ModelError, ServiceError, StoreError

STATUS = {ConfigurationError: 2, ServiceError: 3, DataError: 4, ModelError: 4, StoreError: 4}  # docs/terminal.md says what each is for
FAILED = 1
aside = Console(stderr=True, highlight=False)  # rich itself minds NO_COLOR and whether it writes to a terminal


def tell_logs() -> None:
    """Send log lines to standard error: with the time alone on a terminal, with date and level in a file."""
    if aside.is_terminal:
        handler = RichHandler(console=aside, show_level=False, show_path=False, log_time_format="[%H:%M:%S]", highlighter=None)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    else:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)


def tell_error(error: DayaheadError) -> int:
    """Print an error as a sentence, with its traceback where ``DAYAHEAD_DEBUG`` is set, and return the status to end with."""
    if os.environ.get("DAYAHEAD_DEBUG"):
        aside.print(Text("".join(traceback.format_exception(error)).rstrip()), style="dim", soft_wrap=True)
    aside.print(Text(f"{type(error).__name__}: {error}"), style="red", soft_wrap=True)
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), FAILED)


def progress() -> Progress:
    """Return a bar that shows while it is entered and leaves no trace; nothing at all where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=aside, transient=True, disable=not aside.is_terminal)


def help_of(described: object) -> dict[str, Any]:
    """Return what ``--help`` shows of a command: its docstring, with the lines under ``Examples:`` below the options, as they are."""
    text, _, examples = (inspect.getdoc(described) or "").partition("Examples:\n")
    lines = ["[bold]Examples[/]", *(f"[cyan]{escape(line.strip())}[/]" for line in examples.splitlines())]
    return {"help": text.strip(), **({"epilog": "\n".join(lines)} if examples else {})}


def column_names(text: str | None) -> dict[str, str]:
    """Return the pairs of an option ``--columns``: the file's name by ours.

    Raises:
        ConfigurationError: A part is no pair.
    """
    pairs = [pair.partition("=") for pair in (text or "").split(",") if pair.strip()]
    wrong = [ours + equals for ours, equals, theirs in pairs if not ours.strip() or not theirs.strip()]
    if wrong:
        raise ConfigurationError(
            f"--columns {text}: {wrong[0]!r} is no pair; expected OURS=YOURS, for instance site=perf_name,ts=created_at"
        )
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
