"""What the tables are described with: the one ``MetaData``, columns that may be NULL or not, and the kinds that COPY knows."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Double, Integer, MetaData, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.types import TypeEngine

from pipeline.adapters.postgres.copy_binary import Kind
from pipeline.core.models.contract import QUANTILE_COLUMNS

KINDS: dict[type[TypeEngine[Any]], Kind] = {
    Text: "text",
    SmallInteger: "int2",
    Integer: "int4",
    BigInteger: "int8",
    Double: "float8",
    TIMESTAMP: "timestamptz",
    Date: "date",
    ARRAY: "float4[]",
}
metadata = MetaData(schema="dayahead")
Instant = TIMESTAMP(timezone=True)
Name = Text(collation="C")
required, optional = partial(Column, nullable=False), partial(Column, nullable=True)


def key(*names: str) -> list[Column[Any]]:
    """Return columns that name a row, in the order of its index: the target day, and names."""
    return [required(name, Date if name == "target_day" else Name, primary_key=True) for name in names]


def quantiles(median: str | None = None) -> list[Column[Any]]:
    """Return the seven quantiles; ``median`` says of what, as the comment on q50."""
    return [required(name, Double, comment=median if name == "q50" else None) for name in QUANTILE_COLUMNS]


def kinds_of(table: Table) -> dict[str, Kind]:
    """Return the columns of a table that a COPY sends, with their kinds: all but those that Postgres fills in itself."""
    sent = [column for column in table.columns if column.server_default is None]
    return {column.name: KINDS[type(column.type)] for column in sent}


def key_of(table: Table) -> tuple[str, ...]:
    """Return the columns that name a row."""
    return tuple(column.name for column in table.primary_key)
