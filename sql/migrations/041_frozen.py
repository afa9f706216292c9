"""What a version would have said had it learnt nothing since its training."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "041", "040"


def upgrade() -> None:
    """Make the table frozen, and room for its error in scores."""
    run("041_frozen.sql")


def downgrade() -> None:
    """Drop both with the view that pools the error; monitoring does not fill it again."""
    undo("041_frozen.sql", "041_frozen.down.sql")
