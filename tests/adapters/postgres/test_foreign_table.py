"""A foreign table in the place of ``traffic``: readings that stay in another database, on the distribution's own PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import SecretStr

from pipeline.adapters.postgres.migrations import migrate
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.steps.extract import extract
from pipeline.steps.validate import validate
from tests.fixtures.database import execute

RUN = Run("forecast", date(2026, 8, 21), datetime(2026, 8, 21, tzinfo=UTC))
SOURCE = """
CREATE TABLE readings (pop varchar(20), at timestamptz, mbps real);
INSERT INTO readings
SELECT pop, at, CASE WHEN extract(hour FROM at) = 3 THEN NULL ELSE 100 + extract(hour FROM at) END
FROM unnest(ARRAY['ams', 'fra']) AS pop, generate_series('2026-08-01 00:00Z'::timestamptz, '2026-08-20 23:00Z', '1 hour') AS at;
"""
FOREIGN_TABLE = """
CREATE EXTENSION postgres_fdw;
CREATE SERVER source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{folder}', dbname 'source');
CREATE USER MAPPING FOR PUBLIC SERVER source OPTIONS (user 'postgres', password_required 'false');
ALTER TABLE dayahead.traffic RENAME TO traffic_unused;
CREATE FOREIGN TABLE dayahead.traffic (
    site text OPTIONS (column_name 'pop'), ts timestamptz OPTIONS (column_name 'at'), throughput real OPTIONS (column_name 'mbps')
) SERVER source OPTIONS (schema_name 'public', table_name 'readings');
INSERT INTO dayahead.sites (site) VALUES ('ams'), ('fra');
"""


@pytest.fixture
def own_server() -> Iterator[Path]:
    """Folder of the socket of a server that has postgres_fdw: Debian's, for the embedded one comes without."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found or not list(Path("/usr/share/postgresql").glob("*/extension/postgres_fdw.control")):
        pytest.skip("no PostgreSQL with postgres_fdw under /usr/lib/postgresql: apt-get install postgresql")
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with TemporaryDirectory(prefix="dayahead-test-", ignore_cleanup_errors=True) as folder:
        if as_user:
            shutil.chown(folder, "postgres")
        cluster, control = f"{folder}/pg", [*as_user, str(found[-1])]
        subprocess.run([*as_user, str(found[-1].with_name("initdb")), "-D", cluster, "-A", "trust", "-U", "postgres", "-N"], check=True)
        start = ["start", "-w", "-l", f"{folder}/log", "-o", f"-k {folder} -h ''"]
        subprocess.run([*control, "-D", cluster, *start], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run([*control, "-D", cluster, "stop", "-m", "immediate"], check=True)


@pytest.fixture
def foreign(own_server, tmp_path) -> Settings:
    """Settings of a database whose ``traffic`` is a foreign table."""
    url = "postgresql://postgres@/{}?host=" + str(own_server)
    execute(url.format("postgres"), "CREATE DATABASE source", "CREATE DATABASE forecasts")
    execute(url.format("source"), SOURCE)
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(url.format("forecasts")), covariates=())
    migrate(settings)
    execute(url.format("forecasts"), FOREIGN_TABLE.format(folder=own_server))
    migrate(settings)
    return settings


def test_readings_of_a_foreign_table_are_extracted_and_validated(foreign):
    result = extract(RUN, foreign)

    readings = Store(foreign.store_url).get_frame(result["readings"])
    assert (result["rows"], result["step_minutes"]) == (960, 60)
    assert readings.groupby("site", observed=True)["throughput"].count().to_dict() == {"ams": 460, "fra": 460}
    assert readings["throughput"].max() == 123
    assert validate(RUN, foreign)["quarantined"] == {"throughput is missing": 40}
