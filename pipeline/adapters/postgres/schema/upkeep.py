"""What the database keeps of the work on itself."""

from __future__ import annotations

from sqlalchemy import Table, Text, text

from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, required

locks = Table(
    "locks",
    metadata,
    required("subject", Name, primary_key=True),
    comment=(
        "One row per subject that somebody worked on, locked while one does: a day's forecasts, a load, the making of "
        "partitions. Says nothing by itself."
    ),
)

migrations = Table(
    "migrations",
    metadata,
    required("name", Text, primary_key=True),
    required("checksum", Text),
    required("applied_at", Instant, server_default=text("now()")),
    comment="One row per file of sql/ that was run here, with its checksum.",
)
