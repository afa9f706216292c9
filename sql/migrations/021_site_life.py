"""Sites come, go and are renamed."""

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "021", "020"


def upgrade() -> None:
    """Add their life, their aliases and what changes them."""
    run("021_site_life.sql")


def downgrade() -> None:
    """Refuse: what it keeps would be forgotten."""
    raise NotImplementedError("021 cannot be undone: restore the database from before")
