"""The tables of the data contract for its page in the documentation; ``python -m pipeline.adapters.postgres.contract`` writes them."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.base import PGDialect

from pipeline.adapters.postgres.queries import SQL_FOLDER, said_of
from pipeline.adapters.postgres.schema import metadata

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data_contract.md"
WIDTH = 140  # of a line of prose
BEGIN, END = "<!-- tables: made from pipeline/adapters/postgres/schema -->", "<!-- end of tables -->"


def tables() -> str:
    """Return a section for each table and each view that statements are built on, and what a row is of every other view."""
    described = [_section(table) for table in metadata.tables.values()]
    names = sorted({file.stem for file in SQL_FOLDER.glob("views/*.sql")} - {table.name for table in metadata.tables.values()})
    others = ["### Other views", "", "| view | |", "|---|---|", *(f"| `{name}` | {_line(said_of(name))} |" for name in names)]
    return "\n\n".join([*described, "\n".join(others)])


def with_tables(page: str) -> str:
    """Return a page with the tables as they are now between its two marks."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.split(END)[1]}"


def _section(table: Table) -> str:
    key = [column.name for column in table.primary_key]
    rows = fill(_line(table.comment), WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = [f"### `{table.name}`", "", rows, "", "| column | type | |", "|---|---|---|"]
    for column in table.columns:
        kind = column.type.compile(dialect=PGDialect()).split(" COLLATE")[0].lower()
        notes = ["key" if column.name in key else "", "may be null" if column.nullable and key else "", _line(column.comment)]
        lines.append(f"| `{column.name}` | {kind} | {'; '.join(note for note in notes if note)} |")
    return "\n".join(lines)


def _line(comment: str | None) -> str:
    return " ".join((comment or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
