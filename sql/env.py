"""Alembic's way into the database: `alembic check`, `alembic revision` and `python -m pipeline migrate` all come through here."""

from alembic import context

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.revisions import run_offline, run_revisions
from pipeline.config import read_settings

if context.is_offline_mode():
    run_offline()
elif (given := context.config.attributes.get("connection")) is not None:
    run_revisions(given)
else:
    with connect(read_settings(), work="migrate") as connection:
        run_revisions(connection)
