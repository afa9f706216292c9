"""What the pages read: the SQL views, in the role viewer, one short transaction per page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Executable

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.queries import statement
from pipeline.config import Settings, read_settings

PATIENCE_SECONDS = 10  # a page that takes longer is refused in words
LOCK_SECONDS = 2  # a table that is locked for longer, too
Rows = list[dict[str, Any]]


def current_settings() -> Settings:
    """Return the settings as they are now: ``make up`` may have written them after the API server had started."""
    return read_settings()


SettingsHere = Annotated[Settings, Depends(current_settings)]


@contextmanager
def views(settings: Settings, seconds: float = PATIENCE_SECONDS) -> Iterator[Callable[..., Rows]]:
    """Give a function that runs a query as viewer and returns its rows by column name.

    ``seconds`` bounds each of them. The function takes a statement, or the name of one in ``sql/queries``, and its values by name.

    Raises:
        ConfigurationError: There is no database, or it is not migrated.
        ServiceError: The database did not answer, or not in time.
    """
    how: dict[str, Any] = {"work": "page", "query_seconds": seconds, "lock_seconds": LOCK_SECONDS, "pooled": True}
    with connect(settings, "viewer", **how) as connection:

        def read(query: str | Executable, **values: Any) -> Rows:
            found = connection.execute(statement(query) if isinstance(query, str) else query, values)
            return [dict(row) for row in found.mappings()]

        yield read
