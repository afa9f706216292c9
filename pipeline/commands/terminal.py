"""How commands speak: results on standard output, everything else on standard error; bars and colours on a terminal only."""

from __future__ import annotations

import inspect
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

from pipeline.errors import ConfigurationError, DataError, DayaheadError, ModelError, ServiceError, StoreError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

STATUS = {ConfigurationError: 2, ServiceError: 3, DataError: 4, ModelError: 4, StoreError: 4}  # docs/terminal.md says what each is for
FAILED = 1
LONGEST = 400  # characters of a value that a terminal shows


@cache
def out() -> Console:
    """Return what results are printed with; loading it takes a tenth of a short command."""
    from rich.console import Console  # minds NO_COLOR and whether it writes to a terminal itself

    return Console(soft_wrap=True, highlight=False)


@cache
def aside() -> Console:
    """Return what everything else is printed with."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def tell_logs() -> None:
    """Send our log lines, and warnings of libraries, to standard error: with the time alone on a terminal, else with date and level."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():  # the bar of a command stays below them
        from rich.highlighter import NullHighlighter
        from rich.logging import RichHandler

        handler = RichHandler(console=aside(), show_level=False, show_path=False, log_time_format="%H:%M:%S", highlighter=NullHighlighter())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith("pipeline"))
    text = "%(message)s" if sys.stderr.isatty() else "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=text, handlers=[handler])


def tell_error(error: DayaheadError | OSError) -> int:
    """Print an error as a sentence, with its traceback where ``DAYAHEAD_DEBUG`` is set, and return the status to end with."""
    from rich.text import Text

    if os.environ.get("DAYAHEAD_DEBUG"):
        aside().print(Text("".join(traceback.format_exception(error)).rstrip()), style="dim", soft_wrap=True)
    aside().print(Text(f"{type(error).__name__}: {error}"), style="red", soft_wrap=True)
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), FAILED)


def progress() -> Progress:
    """Return a bar that shows while it is entered and leaves no trace; nothing at all where there is no terminal."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=aside(), transient=True, disable=not aside().is_terminal)


@contextmanager
def working(what: str) -> Iterator[Callable[[Any], None] | None]:
    """Show that a step works, and how far it is once the function yielded is called with a ``Progress``; yield None where nobody looks."""
    with progress() as bars:
        bar = bars.add_task(what, total=None)

        def show(line: Any) -> None:
            loss = f"  loss {line.loss:.4f}" if line.loss == line.loss else ""  # trees have none on the way
            bars.update(bar, description=what + loss, completed=line.iteration, total=line.iterations)

        yield show if aside().is_terminal else None


def tell_result(result: dict[str, Any]) -> None:
    """Print what a step left: JSON for a file or a pipe, on a terminal a line per key, what is long only counted."""
    if not out().is_terminal:
        typer.echo(json.dumps(result, indent=1, default=str))
        return
    from rich.text import Text

    width = max(map(len, result), default=0)
    for key, value in result.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        shown = text if len(text) <= LONGEST else f"{len(value)} entries; all of it: … | cat"
        out().print(Text.assemble((f"{key:{width}}  ", "bold"), shown))


def help_of(described: object) -> dict[str, Any]:
    """Return what ``--help`` shows of a command: its docstring, with the lines under ``Examples:`` below the options, as they are."""
    text, _, examples = (inspect.getdoc(described) or "").partition("Examples:\n")
    lines = ["[bold]Examples[/]", *("[cyan]" + line.strip().replace("[", r"\[") + "[/]" for line in examples.splitlines())]
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
