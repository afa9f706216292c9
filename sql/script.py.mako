"""${message}."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = ${repr(up_revision)}, ${repr(down_revision)}


def upgrade() -> None:
    """Bring the schema here from ${down_revision}."""
    run("${up_revision}_noun.sql")


def downgrade() -> None:
    """Bring the schema back to ${down_revision}; raise NotImplementedError where data would be lost."""
    undo("${up_revision}_noun.sql", "${up_revision}_noun.down.sql")
