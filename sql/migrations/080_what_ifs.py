"""What somebody asked of a day, and what the forecast answered."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "080", "070"


def upgrade() -> None:
    """Make the table what_ifs."""
    run("080_what_ifs.sql")


def downgrade() -> None:
    """Drop it; the questions can be asked again."""
    undo("080_what_ifs.sql", "080_what_ifs.down.sql")
