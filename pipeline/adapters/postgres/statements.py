"""Statements that a table's own description is enough for: rows by COPY, and rows that are added or take the place of their like."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, FromClause, MetaData, Select, Table, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DropTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from pipeline.adapters.postgres.copy_binary import write_frame
from pipeline.adapters.postgres.engines import driver
from pipeline.adapters.postgres.schema import key_of, kinds_of


class CopyInto(ClauseElement):
    """``COPY table (columns) FROM STDIN``; frozen rows are seen by every transaction at once: only for a table that this one made."""

    def __init__(self, table: Table, columns: Iterable[str], *, frozen: bool = False) -> None:
        self.table, self.columns, self.frozen = table, list(columns), frozen


class CopyOut(ClauseElement):
    """``COPY (query) TO STDOUT``."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self.query = query


@compiles(CopyInto)
def _copy_into(copy: CopyInto, compiler: SQLCompiler, **_: Any) -> str:
    names = ", ".join(map(compiler.preparer.quote, copy.columns))
    return f"COPY {compiler.preparer.format_table(copy.table)} ({names}) FROM STDIN (FORMAT binary{', FREEZE' * copy.frozen})"


@compiles(CopyOut)
def _copy_out(copy: CopyOut, compiler: SQLCompiler, **_: Any) -> str:
    return f"COPY ({compiler.process(copy.query)}) TO STDOUT (FORMAT binary)"


def written_out(connection: Connection, statement: ClauseElement) -> str:
    """Return a statement with its values filled in, as COPY wants it."""
    compiled = statement.compile(dialect=connection.dialect)
    with driver(connection).cursor() as cursor:
        return cursor.mogrify(str(compiled), compiled.params).decode()


def copy_rows(connection: Connection, table: Table, frame: pd.DataFrame, *, frozen: bool = False) -> None:
    """Send the rows of a frame into a table by COPY: every column but those that Postgres fills in itself."""
    kinds = kinds_of(table)
    write_frame(connection, written_out(connection, CopyInto(table, kinds, frozen=frozen)), frame, kinds)


def upsert(table: Table, columns: Collection[str], rows: FromClause | None = None, *, stamp: str | None = None) -> Insert:
    """Return the statement that adds rows and replaces those of the same key that differ; equal ones are left alone.

    Args:
        table: Where to.
        columns: All that are written.
        rows: Where from; None where the rows are given when it is run.
        stamp: Column that says when a row was written: begun anew where the row is replaced.
    """
    added = insert(table) if rows is None else insert(table).from_select(list(columns), select(*(rows.c[name] for name in columns)))
    key, new = key_of(table), added.excluded
    others = [name for name in columns if name not in key]
    return added.on_conflict_do_update(
        index_elements=key,
        set_={name: new[name] for name in [*others, *([stamp] if stamp else [])]},
        where=tuple_(*(table.c[name] for name in others)).is_distinct_from(tuple_(*(new[name] for name in others))),
    )


def upsert_rows(connection: Connection, table: Table, frames: Iterable[pd.DataFrame], *, stamp: str | None = None) -> int:
    """Add the rows of frames, or replace those of the same key that differ, and return how many changed; ``stamp`` as for ``upsert``."""
    columns = kinds_of(table)
    staged = Table(
        f"staged_{table.name}",
        MetaData(schema="pg_temp"),
        *(Column(name, table.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    connection.execute(DropTable(staged, if_exists=True))
    staged.create(connection, checkfirst=False)
    for frame in frames:
        copy_rows(connection, staged, frame)
    return connection.execute(upsert(table, columns, staged, stamp=stamp)).rowcount
