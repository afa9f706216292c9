"""What the peaks of a day are: quantiles of its largest reading."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "020", "019"


def upgrade() -> None:
    """Say so in the comments of forecast_peaks."""
    run("020_peaks_of_days.sql")


def downgrade() -> None:
    """Bring the former comments back; rows stay as they are until their day is published again."""
    undo("020_peaks_of_days.sql", "020_peaks_of_days.down.sql")
