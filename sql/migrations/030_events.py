"""What people know of days."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "030", "027"


def upgrade() -> None:
    """Make the table events."""
    run("030_events.sql")


def downgrade() -> None:
    """Drop it where nobody noted anything."""
    undo("030_events.sql", "030_events.down.sql")
