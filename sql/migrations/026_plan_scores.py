"""How well days were planned."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "026", "025"


def upgrade() -> None:
    """Make the table plan_scores."""
    run("026_plan_scores.sql")


def downgrade() -> None:
    """Drop it with its views; monitoring fills it again for the days that it looks back on."""
    undo("026_plan_scores.sql", "026_plan_scores.down.sql")
