"""A decision is written down before the alias moves."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "024", "023"


def upgrade() -> None:
    """Add when a decision was settled, and the function that says so."""
    run("024_promotions.sql")


def downgrade() -> None:
    """Refuse: what it keeps would be forgotten."""
    raise NotImplementedError("024 cannot be undone: restore the database from before")
