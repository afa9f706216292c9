"""Rows that a statement returned, as a table, as blocks or as CSV."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDEST = 10_000  # columns of a table that nothing holds back


def print_rows(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Print a table; where the terminal is too narrow for it, each row as a block of its own."""
    console, table = Console(), _table(names, rows)
    width = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    if width <= console.width or not console.is_terminal:  # a file or a pipe is as wide as it takes
        Console(width=max(width, console.width)).print(table)
    else:
        _print_blocks(console, names, rows)
    typer.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def write_csv(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Write rows to standard output as CSV; arrays and objects as JSON."""
    csv.writer(sys.stdout, lineterminator="\n").writerows([names, *([_text_of_json(value) for value in row] for row in rows)])


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(show_edge=False)
    for i, name in enumerate(names):
        numeric = any(isinstance(row[i], int | float) for row in rows)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _print_blocks(console: Console, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    for number, row in enumerate(rows, start=1):
        block = Table(box=None, show_header=False, pad_edge=False)
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for name, value in zip(names, row, strict=True):
            block.add_row(Text(name), Text(_cell(value)))
        console.rule(f"row {number}", align="left", style="dim")
        console.print(block)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return str(_text_of_json(value))


def _text_of_json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
