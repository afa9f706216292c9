"""What the naive rules would have cost, day by day."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "027", "026"


def upgrade() -> None:
    """Make room for their errors in scores."""
    run("027_naive_scores.sql")


def downgrade() -> None:
    """Drop them with the view that pools them; monitoring does not fill them again."""
    undo("027_naive_scores.sql", "027_naive_scores.down.sql")
