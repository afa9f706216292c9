"""What the pages read: the SQL views, in the role viewer, one short transaction per page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends
from psycopg2.sql import Composable

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.queries import composed, run_composed, statement
from pipeline.config import Settings, read_settings

PATIENCE_SECONDS = 20  # a page that takes longer is refused in words
Rows = list[dict[str, Any]]


def current_settings() -> Settings:
    """Return the settings as they are now: ``make up`` may have written them after the API server had started."""
    return read_settings()


SettingsHere = Annotated[Settings, Depends(current_settings)]


@contextmanager
def views(settings: Settings) -> Iterator[Callable[..., Rows]]:
    """Give a function that runs a query of ``sql/queries`` as viewer and returns its rows by column name.

    The function takes the query's name, its ``{parts}`` as ``parts``, and its values by name.

    Raises:
        ConfigurationError: There is no database, or it is not migrated.
        ServiceError: The database did not answer, or not in time.
    """
    with connect(settings, "viewer", work="page", query_seconds=PATIENCE_SECONDS, pooled=True) as connection:

        def read(query: str, parts: dict[str, Composable] | None = None, **values: Any) -> Rows:
            found = run_composed(connection, composed(query, **parts), values) if parts else connection.execute(statement(query), values)
            return [dict(row) for row in found.mappings()]

        yield read
