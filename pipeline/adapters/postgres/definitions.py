"""Functions, views and rights: a file each in ``sql/``, run again when its text changed or what it stands on was replaced."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from pipeline.adapters.postgres.queries import checksum_of, statement
from pipeline.adapters.postgres.standing import RIGHTS, noting, noting_rights
from pipeline.errors import ConfigurationError

ROLES = "roles.sql"
OURS = re.compile(r"\bdayahead\.(\w+)")
TRAFFIC = "traffic"  # a user may put a view of their own in its place
CANNOT_REPLACE = "42P16"  # the view has columns of other names or types


def outdated(connection: Connection, ledger: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    """Return name and text of each file that has to be run, in the order in which they need each other; rights come last."""
    there = {row.name: row.reads_traffic for row in connection.execute(statement("read_views"))}
    due = []
    for name, text in _in_order(folder):
        lost = name.startswith("views/") and there.get(Path(name).stem) is not (TRAFFIC in OURS.findall(text))
        if lost or ledger.get(name) != checksum_of(text):
            due.append((name, text))
    return due + _rights_due(connection, ledger, folder)


def define(connection: Connection, ledger: dict[str, str], folder: Path) -> None:
    """Run the files that are due, and note them.

    Raises:
        ConfigurationError: A view has to change the type of a column, and a view of the user's reads it.
    """
    for name, text in outdated(connection, ledger, folder):
        if name.startswith("views/"):
            _replace_view(connection, f"dayahead.{Path(name).stem}", text)
        elif name != ROLES:
            _run(connection, text)
        connection.execute(noting(name, checksum_of(text)))
    for _, text in _rights_due(connection, ledger, folder):  # also of what was made just now
        _run(connection, text)
        connection.execute(noting_rights())


def read_rights(connection: Connection) -> str:
    """Return what names all rights on the schema and what is in it."""
    return str(connection.execute(statement("read_rights")).scalar_one())


def _rights_due(connection: Connection, ledger: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    text = (folder / ROLES).read_text()
    held = ledger.get(ROLES) == checksum_of(text) and ledger.get(RIGHTS) == read_rights(connection)
    return [] if held else [(ROLES, text)]


def _in_order(folder: Path) -> list[tuple[str, str]]:
    """Return name and text of every function and view, each after those that it names."""
    files = {file.stem: file for file in [*folder.glob("functions/*.sql"), *folder.glob("views/*.sql")]}
    texts = {stem: file.read_text() for stem, file in files.items()}
    needs = {stem: sorted({*OURS.findall(text)} & files.keys() - {stem}) for stem, text in sorted(texts.items())}
    return [(f"{files[stem].parent.name}/{stem}.sql", texts[stem]) for stem in TopologicalSorter(needs).static_order()]


def _replace_view(connection: Connection, view: str, text: str) -> None:
    """Put a view in the place of the one there is, which keeps its rights and whoever reads it; make it anew only where nobody does."""
    try:
        with connection.begin_nested():
            _run(connection, text)
            return
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != CANNOT_REPLACE:
            raise
        readers = list(connection.execute(statement("read_view_readers"), {"view": view}).scalars())
        if readers:
            raise ConfigurationError(
                f"{view} must change the type of a column, as what stands behind it did, and {', '.join(readers)} reads it: drop that, "
                "run `python -m pipeline migrate`, and make it again"
            ) from error
    grants = list(connection.execute(statement("read_grants"), {"view": view}).scalars())
    for each in (f"DROP VIEW {view}", text, *grants):
        _run(connection, each)


def _run(connection: Connection, text: str) -> None:
    connection.exec_driver_sql(text, execution_options={"no_parameters": True})
