"""What a publication is the whole of, and locks that only the writer can take."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "014", "013"


def upgrade() -> None:
    """Make the tables publications and locks, and the functions that use them."""
    run("014_publications.sql")


def downgrade() -> None:
    """Refuse: which run next_day shows would be forgotten."""
    raise NotImplementedError("014 cannot be undone: next_day reads what it keeps; restore the database from before")
