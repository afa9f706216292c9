"""All that stood when Alembic came: the files 001 to 013, and of them only what a database lacks."""

from alembic import op

from pipeline.adapters.postgres.revisions import run

revision, down_revision = "013", None

FILES = (
    "001_sites.sql",
    "002_traffic.sql",
    "003_forecasts.sql",
    "004_scores.sql",
    "005_promotions.sql",
    "006_partitions.sql",
    "007_day_tables.sql",
    "008_monitoring.sql",
    "010_forecast_peaks.sql",
    "012_merge_months.sql",
    "013_new_months.sql",
)


def upgrade() -> None:
    """Run the files that are missing."""
    for name in FILES:
        run(name)
    op.execute("COMMENT ON TABLE dayahead.migrations IS 'One row per file of sql/ that was run here, with its checksum.'")


def downgrade() -> None:
    """Refuse: before the baseline there is nothing."""
    raise NotImplementedError("013 is the baseline: before it there is no table; drop the schema dayahead instead")
