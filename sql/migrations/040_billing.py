"""The 95th percentile of the month, as transit is billed."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "040", "030"


def upgrade() -> None:
    """Make the tables billing and total_billing."""
    run("040_billing.sql")


def downgrade() -> None:
    """Drop them with their view; publishing fills them again day by day."""
    undo("040_billing.sql", "040_billing.down.sql")
