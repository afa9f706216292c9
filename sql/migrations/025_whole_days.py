"""What is planned by a day: its peak and volume, the risk of each hour, and the totals of the fleet and of every label."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "025", "024"


def upgrade() -> None:
    """Call forecast_peaks peaks, and make volumes, risks, totals and what is planned of those."""
    run("025_whole_days.sql")


def downgrade() -> None:
    """Drop the tables with their views; publishing fills them again day by day."""
    undo("025_whole_days.sql", "025_whole_days.down.sql")
