"""Groups of sites with a champion of their own."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "100", "090"


def upgrade() -> None:
    """Name the group of each decision, each training that was asked for and each drift."""
    run("100_groups.sql")


def downgrade() -> None:
    """Forget the groups where no row is of one."""
    undo("100_groups.sql", "100_groups.down.sql")
