"""What people know of days."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "030", "027"


def upgrade() -> None:
    """Make the table events."""
    run("030_events.sql")


def downgrade() -> None:
    """Refuse: what people noted would be forgotten."""
    raise NotImplementedError("030 cannot be undone: restore the database from before")
