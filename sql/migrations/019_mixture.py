"""What each forecast was mixed from."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "019", "014"


def upgrade() -> None:
    """Make the table mixture."""
    run("019_mixture.sql")


def downgrade() -> None:
    """Drop it with its view; publishing fills it again day by day."""
    undo("019_mixture.sql", "019_mixture.down.sql")
