"""Days that a version had learned from."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "022", "021"


def upgrade() -> None:
    """Mark their scores, and note until when a version learned."""
    run("022_in_sample.sql")


def downgrade() -> None:
    """Refuse: what it keeps would be forgotten."""
    raise NotImplementedError("022 cannot be undone: restore the database from before")
