SELECT to_regclass('dayahead.migrations') IS NOT NULL AS ledger, to_regclass('dayahead.alembic_version') IS NOT NULL AS version;
