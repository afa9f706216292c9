"""Covariates of the future."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "070", "041"


def upgrade() -> None:
    """Make the table planned."""
    run("070_planned.sql")


def downgrade() -> None:
    """Drop it where nothing is planned."""
    undo("070_planned.sql", "070_planned.down.sql")
