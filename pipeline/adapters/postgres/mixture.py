"""What a forecast was mixed from, kept beside it: the rows of the table ``mixture``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
from sqlalchemy import ARRAY, Connection, Text, all_, delete, literal

from pipeline.adapters.postgres.schema import kinds_of, mixture
from pipeline.adapters.postgres.statements import copy_rows

MIXTURE = kinds_of(mixture)


def write_mixture(connection: Connection, kept: dict[tuple[str, date], list[str]], frames: Iterable[pd.DataFrame]) -> None:
    """Replace the rows of the slices by those of the frames, in the transaction that writes the forecasts.

    Args:
        connection: In the role writer.
        kept: By (role, target day) the sites whose rows stay.
        frames: Columns of ``MIXTURE``, of those slices; taken one at a time.
    """
    for (role, day), sites in kept.items():
        others = mixture.c.site != all_(literal(sites, ARRAY(Text)))
        connection.execute(delete(mixture).where(mixture.c.target_day == day, mixture.c.role == role, others))
    for frame in frames:
        copy_rows(connection, mixture, frame)


def delete_old_mixture(connection: Connection, before: date) -> int:
    """Delete the rows of forecast days before a day and return how many."""
    return connection.execute(delete(mixture).where(mixture.c.target_day < before)).rowcount
