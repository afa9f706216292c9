SELECT v.version_num FROM dayahead.alembic_version AS v;
