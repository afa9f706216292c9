"""Calendars of schools, companies and regions beside that of the country."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "090", "080"


def upgrade() -> None:
    """Make the tables, and room in sites for the name of a calendar."""
    run("090_calendars.sql")


def downgrade() -> None:
    """Drop them where no day is in them."""
    undo("090_calendars.sql", "090_calendars.down.sql")
