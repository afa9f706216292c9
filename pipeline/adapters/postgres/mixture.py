"""What a forecast was mixed from, kept beside it: the rows of the table ``mixture``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
from psycopg2.sql import Identifier
from sqlalchemy import Connection

from pipeline.adapters.postgres.copy_binary import Kind, write_frame
from pipeline.adapters.postgres.queries import composed, identifiers, statement

MIXTURE: dict[str, Kind] = {"target_day": "date", "role": "text", "site": "text", "expert": "text", "share": "float8", "level": "float8"}


def write_mixture(connection: Connection, kept: dict[tuple[str, date], list[str]], frames: Iterable[pd.DataFrame]) -> None:
    """Replace the rows of the slices by those of the frames, in the transaction that writes the forecasts.

    Args:
        connection: In the role writer.
        kept: By (role, target day) the sites whose rows stay.
        frames: Columns of ``MIXTURE``, of those slices; taken one at a time.
    """
    for (role, day), sites in kept.items():
        connection.execute(statement("delete_mixture"), {"role": role, "day": day, "kept": sites})
    into = composed("copy_rows", table=Identifier("dayahead", "mixture"), columns=identifiers(MIXTURE))
    for frame in frames:
        write_frame(connection, into, frame, MIXTURE)


def delete_old_mixture(connection: Connection, before: date) -> int:
    """Delete the rows of forecast days before a day and return how many."""
    return connection.execute(statement("delete_old_mixture"), {"before": before}).rowcount
