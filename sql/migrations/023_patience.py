"""Dropping and merging tables beside readers and publishers."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "023", "022"


def upgrade() -> None:
    """Make the functions that wait in short turns."""
    run("023_patience.sql")


def downgrade() -> None:
    """Refuse: what it keeps would be forgotten."""
    raise NotImplementedError("023 cannot be undone: restore the database from before")
