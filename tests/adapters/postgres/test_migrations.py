"""The schema brought up to date on a real PostgreSQL: once, whole, and without touching what is as it should be."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import event, inspect, text

from pipeline.adapters.postgres import migrations, schema
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.engines import engine_of
from pipeline.adapters.postgres.migrations import go_back, migrate, migration_script
from pipeline.adapters.postgres.queries import SQL_FOLDER
from pipeline.adapters.postgres.revisions import newest
from pipeline.errors import BusyError, ConfigurationError, DataError
from tests.fixtures.database import execute

BEFORE_ALEMBIC = Path(__file__).with_name("before_alembic.sql")
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'dayahead'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
TOUCHED = """
SELECT oid::regclass::text, xmin::text FROM pg_class WHERE relnamespace = 'dayahead'::regnamespace AND relkind IN ('r', 'p', 'v')
"""
STRONG = """
SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL AND mode <> 'AccessShareLock'
"""
SLEEPING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()
"""
MIGRATE = """
import sys
from pathlib import Path
from pipeline.adapters.postgres.migrations import migrate
from pipeline.config import read_settings
migrate(read_settings(), Path(sys.argv[1]))
"""
REVISION = '''"""One more."""

from pipeline.adapters.postgres.revisions import run, undo

revision, down_revision = "{number}", "{before}"


def upgrade() -> None:
    run("{number}_more.sql")


def downgrade() -> None:
    undo("{number}_more.sql", "{number}_more.down.sql")
'''


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of ``sql`` to change."""
    return shutil.copytree(SQL_FOLDER, tmp_path / "sql")


def add_revision(folder: Path, up: str, down: str = "", number: str = "901", before: str | None = None) -> None:
    place = folder / "migrations"
    (place / f"{number}_more.py").write_text(REVISION.format(number=number, before=before or newest(folder)))
    (place / f"{number}_more.sql").write_text(up)
    (place / f"{number}_more.down.sql").write_text(down)


@contextmanager
def session(settings, statement: str, name: str = "somebody"):
    """Somebody who ran a statement and has not ended the transaction."""
    with closing(psycopg2.connect(settings.database_url.get_secret_value(), application_name=name)) as connection:
        connection.cursor().execute(statement)
        yield connection


def rows(settings, query: str) -> list[tuple]:
    with connect(settings) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query, execution_options={"no_parameters": True})]


def counts(settings) -> dict[str, int]:
    tables = [name for (name,) in rows(settings, TABLES) if name not in ("migrations", "alembic_version")]
    return {name: rows(settings, f"SELECT count(*) FROM dayahead.{name}")[0][0] for name in tables}


def test_migrations_are_applied_once_and_in_order(empty_database):
    first, second = migrate(empty_database), migrate(empty_database)

    assert first == sorted(first)
    assert first[0] == "001_sites.sql"
    assert second == []


def test_two_migrations_at_once_apply_each_file_once(empty_database):
    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(migrate, [empty_database, empty_database]))

    assert sorted(map(len, applied))[0] == 0
    assert sorted(map(len, applied))[1] > 0


def test_a_viewer_cannot_hold_a_migration_up_and_an_owner_who_does_is_named(database, folder, monkeypatch):
    monkeypatch.setattr(migrations, "OTHERS_SECONDS", 0.2)
    monkeypatch.setattr(migrations, "PAUSES_SECONDS", ())
    add_revision(folder, "SELECT 1;")
    lock = "LOCK TABLE dayahead.migrations IN ACCESS SHARE MODE"
    owners = lock.replace("ACCESS SHARE", "SHARE UPDATE EXCLUSIVE")
    busy = pytest.raises(BusyError, match=r"locks are held by pid \d+ \(postgres, upgrade by hand\)")
    with session(database, "SELECT pg_advisory_lock(hashtextextended('dayahead.migrations', 0))"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), session(database, f"SET ROLE dayahead_viewer; {lock}"):
            pass
        with session(database, owners, "upgrade by hand"), busy:
            migrate(database, folder)

        assert migrate(database, folder) == ["901_more.sql"]


def test_a_migration_changed_after_it_was_applied_is_refused(database, folder):
    with (folder / "migrations" / "001_sites.sql").open("a") as file:
        file.write("-- changed\n")

    with pytest.raises(ConfigurationError, match=r"001_sites\.sql has checksum .* restore the file"):
        migrate(database, folder)


def test_two_revisions_after_the_same_one_are_refused(database, folder):
    add_revision(folder, "SELECT 1;", number="901", before="013")

    with pytest.raises(ConfigurationError, match=r"has the ends .*901.*; expected one chain"):
        migrate(database, folder)


def test_every_file_of_the_migrations_belongs_to_a_revision():
    said = "\n".join(file.read_text() for file in SQL_FOLDER.glob("migrations/*.py"))

    assert [file.name for file in SQL_FOLDER.glob("migrations/*.sql") if f'"{file.name}"' not in said] == []


def test_a_failing_migration_leaves_nothing_behind(empty_database, folder):
    add_revision(folder, "CREATE TABLE dayahead.sites (site text);")

    with pytest.raises(Exception, match="already exists"):
        migrate(empty_database, folder)

    assert migrate(empty_database)[0] == "001_sites.sql"


def test_a_killed_migration_leaves_nothing_behind(empty_database, folder):
    add_revision(folder, "CREATE TABLE dayahead.half (x integer); SELECT pg_sleep(60);")
    variables = os.environ | {"DAYAHEAD_DATABASE_URL": empty_database.database_url.get_secret_value()}
    process = subprocess.Popen([sys.executable, "-c", MIGRATE, str(folder)], env=variables)
    until = time.monotonic() + 60
    while rows(empty_database, SLEEPING) == [(0,)] and time.monotonic() < until:
        time.sleep(0.1)

    process.send_signal(signal.SIGKILL)
    process.wait()
    execute(
        empty_database.database_url.get_secret_value(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dayahead%'",
    )

    assert migrate(empty_database)[0] == "001_sites.sql"
    assert rows(empty_database, "SELECT to_regclass('dayahead.half')") == [(None,)]


def test_a_database_from_before_alembic_is_taken_over_as_it_is(migrated_server, empty_database):
    execute(empty_database.database_url.get_secret_value(), BEFORE_ALEMBIC.read_text())
    before = counts(empty_database)
    before["peaks"] = before.pop("forecast_peaks")
    peaks = rows(empty_database, "SELECT * FROM dayahead.forecast_peaks ORDER BY 1, 2, 3")

    applied = migrate(empty_database)

    after = counts(empty_database)
    assert min(before.values()) > 0, "the dump has data in every table"
    assert {name: after[name] for name in before} == before
    assert [row[:-1] for row in rows(empty_database, "SELECT * FROM dayahead.peaks ORDER BY 1, 2, 3")] == peaks
    assert not [name for name in applied if name.startswith("0") and name < "014"]
    assert rows(empty_database, "SELECT has_table_privilege('dayahead_reader', 'dayahead.next_day', 'SELECT')") == [(True,)], (
        "a grant of theirs"
    )
    assert migrate(empty_database) == []


def test_the_schema_that_was_taken_over_is_the_one_that_is_made_anew(migrated_server, database, empty_database):
    execute(empty_database.database_url.get_secret_value(), BEFORE_ALEMBIC.read_text())
    migrate(empty_database)
    columns = """
        SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(c.oid, a.attnum),
            obj_description(c.oid), pg_get_viewdef(c.oid)
        FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'dayahead'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY 1, 2
    """

    assert rows(empty_database, columns) == rows(database, columns)


def test_what_is_up_to_date_is_only_looked_at_while_others_read_every_view(database):
    locks: list[tuple] = []
    engine = engine_of(database)
    views = [name for (name,) in rows(database, "SELECT viewname FROM pg_views WHERE schemaname = 'dayahead'")]
    touched = rows(database, TOUCHED)

    def look(connection) -> None:
        locks.extend(connection.exec_driver_sql(STRONG).all())

    with session(database, ";".join(f"SELECT FROM dayahead.{view} LIMIT 0" for view in views)):
        event.listen(engine, "commit", look)
        began = time.monotonic()
        applied = migrate(database)
        seconds = time.monotonic() - began
        event.remove(engine, "commit", look)

    assert applied == []
    assert locks == []
    assert rows(database, TOUCHED) == touched
    assert seconds < 0.5


def test_looking_whether_there_is_something_to_do_does_not_load_alembic_nor_pandas(database):
    probe = "import sys; from pipeline.config import read_settings; from pipeline.adapters.postgres.migrations import migrate; "
    probe += "print(migrate(read_settings()), {'alembic', 'pandas', 'numpy'} & set(sys.modules))"
    variables = os.environ | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    said = subprocess.run([sys.executable, "-c", probe], env=variables, capture_output=True, text=True, check=True).stdout

    assert said == "[] set()\n"


def test_a_view_that_changed_is_replaced_and_nothing_else_and_keeps_its_rights_and_its_readers(database, folder, run_sql):
    run_sql("CREATE VIEW public.mine AS SELECT site, throughput FROM dayahead.actuals; GRANT SELECT ON dayahead.actuals TO PUBLIC")
    before = dict(rows(database, TOUCHED))
    view = folder / "views" / "actuals.sql"
    view.write_text(view.read_text().replace("without covariates", "without their covariates"))

    applied = migrate(database, folder)

    after = dict(rows(database, TOUCHED))
    assert applied == ["views/actuals.sql"]
    assert {name for name in after if after[name] != before[name]} <= {"dayahead.actuals"}
    assert rows(database, "SELECT has_table_privilege('dayahead_writer', 'dayahead.actuals', 'SELECT')") == [(True,)]
    assert rows(database, "SELECT count(*) FROM public.mine") == [(0,)]


def own_traffic(run_sql, kind: str = "varchar(40)") -> None:
    run_sql(
        f"CREATE TABLE public.perf (name {kind}, at timestamptz, thp float8); INSERT INTO public.perf VALUES ('a', '2026-08-01', 7);"
        "ALTER TABLE dayahead.traffic RENAME TO traffic_unused;"
        "CREATE VIEW dayahead.traffic AS SELECT name AS site, at AS ts, thp AS throughput FROM public.perf"
    )


def test_views_read_what_a_user_puts_in_the_place_of_traffic_and_rights_stay(database, run_sql):
    run_sql("GRANT SELECT ON dayahead.actuals TO dayahead_reader")
    own_traffic(run_sql)

    applied = migrate(database)

    assert applied == ["roles.sql"] or set(applied) <= {"roles.sql", "views/actuals.sql", "views/forecast_vs_actual.sql"}
    assert rows(database, "SELECT site, throughput FROM dayahead.actuals") == [("a", 7.0)]
    assert rows(database, "SELECT has_table_privilege('dayahead_reader', 'dayahead.traffic', 'SELECT')") == [(True,)]
    for role in ("reader", "viewer"):
        assert rows(database, f"SELECT has_table_privilege('dayahead_{role}', 'dayahead.actuals', 'SELECT')") == [(True,)], role
    assert migrate(database) == []


def test_a_users_view_that_reads_one_which_must_change_its_type_is_named_and_not_dropped(database, run_sql):
    run_sql("CREATE VIEW public.mine AS SELECT site FROM dayahead.actuals")
    own_traffic(run_sql)

    with pytest.raises(ConfigurationError, match=r"actuals must change the type .* and mine reads it: drop that"):
        migrate(database)

    assert rows(database, "SELECT count(*) FROM public.mine") == [(0,)]


def test_a_reader_who_holds_a_view_that_changed_is_named_and_nobody_waits_behind(database, folder, monkeypatch):
    monkeypatch.setattr(migrations, "PAUSES_SECONDS", (0.1,))
    view = folder / "views" / "next_day.sql"
    view.write_text(view.read_text() + "\n-- changed\n")

    with session(database, "SELECT FROM dayahead.next_day", "long report"), ThreadPoolExecutor(1) as pool:
        work = pool.submit(migrate, database, folder)
        longest = 0.0
        while not work.done():
            began = time.monotonic()
            rows(database, "SELECT count(*) FROM dayahead.next_day")
            longest = max(longest, time.monotonic() - began)
        with pytest.raises(BusyError, match=r"locks are held by pid \d+ \(postgres, long report\)"):
            work.result()

    assert longest < 1, "one turn of a quarter of a second, on a machine that is busy with other tests"
    assert migrate(database, folder) == ["views/next_day.sql"]


def test_an_administrator_can_read_and_run_what_a_migration_would(migrated_server, empty_database, run_sql):
    execute(empty_database.database_url.get_secret_value(), BEFORE_ALEMBIC.read_text())

    script = migration_script(empty_database)
    assert rows(empty_database, "SELECT to_regclass('dayahead.alembic_version')") == [(None,)], "it was only written"
    execute(empty_database.database_url.get_secret_value(), script)

    assert migrate(empty_database) == []
    assert migration_script(empty_database) == ""


def test_an_administrators_script_makes_the_schema_from_nothing(empty_database):
    execute(empty_database.database_url.get_secret_value(), migration_script(empty_database))

    assert migrate(empty_database) == []


def test_a_revision_can_be_taken_back_and_applied_again(database, folder):
    before = newest(folder)
    add_revision(folder, "CREATE TABLE dayahead.more (x integer);", "DROP TABLE dayahead.more;")

    assert migrate(database, folder) == ["901_more.sql"]
    with pytest.raises(ConfigurationError, match=r"013 is the baseline|cannot be undone"):
        go_back(database, "base", folder)
    assert rows(database, "SELECT to_regclass('dayahead.more')::text") == [("dayahead.more",)]
    go_back(database, before, folder)
    assert rows(database, "SELECT to_regclass('dayahead.more')") == [(None,)]
    assert migrate(database, folder) == ["901_more.sql"]


def test_our_own_revisions_can_be_taken_back_as_far_as_no_data_is_lost_and_applied_again(database):
    views = rows(database, "SELECT viewname FROM pg_views WHERE schemaname = 'dayahead' ORDER BY 1")

    go_back(database, "024")
    assert rows(database, "SELECT to_regclass('dayahead.plan_scores')") == [(None,)]

    again = {"025_whole_days.sql", "026_plan_scores.sql", "027_naive_scores.sql", "030_events.sql", "040_billing.sql", "041_frozen.sql"}
    again |= {"070_planned.sql", "080_what_ifs.sql", "090_calendars.sql"}
    assert again <= set(migrate(database))
    assert rows(database, "SELECT viewname FROM pg_views WHERE schemaname = 'dayahead' ORDER BY 1") == views


def test_the_events_that_people_noted_are_not_lost_by_going_back(database, run_sql):
    run_sql("INSERT INTO dayahead.events (kind, starts_at, ends_at) VALUES ('ignore', '2026-06-01Z', '2026-06-02Z')")

    with pytest.raises(DataError, match="events that people noted would be lost"):
        go_back(database, "024")
    assert run_sql("SELECT count(*) FROM dayahead.events") == [(1,)]


def test_an_older_server_is_refused_in_words(empty_database, monkeypatch):
    monkeypatch.setattr(migrations, "OLDEST_SERVER", 99)

    with pytest.raises(ConfigurationError, match=r"the server is PostgreSQL \d+; dayahead needs 99 or newer"):
        migrate(empty_database)


def test_rights_that_somebody_took_away_are_given_again(database, run_sql):
    run_sql("REVOKE SELECT ON dayahead.next_day FROM dayahead_viewer")

    migrate(database)

    with connect(database, "viewer") as connection:
        assert connection.execute(text("SELECT count(*) FROM dayahead.next_day")).scalar_one() == 0


def test_alembic_itself_finds_the_revisions_and_the_database(database):
    variables = os.environ | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    said = subprocess.run([Path(sys.executable).with_name("alembic"), "current"], env=variables, capture_output=True, text=True, check=True)

    assert said.stdout.startswith(f"{newest(SQL_FOLDER)} (head)")


def test_tables_and_migrations_say_the_same(database, run_sql):
    variables = os.environ | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    said = subprocess.run([Path(sys.executable).with_name("alembic"), "check"], env=variables, capture_output=True, text=True)

    assert said.returncode == 0, said.stdout + said.stderr
    found = {name for (name,) in run_sql(TABLES)} - {"alembic_version"}
    assert found == {table.name for table in schema.metadata.sorted_tables if not table.info}


def test_views_are_described_as_they_are(database):
    views = [table for table in schema.metadata.sorted_tables if table.info.get("is_view")]

    with connect(database, "viewer") as connection:
        there = inspect(connection)
        for view in views:
            found = {column["name"]: column["type"].compile(connection.dialect) for column in there.get_columns(view.name, "dayahead")}
            assert found == {column.name: column.type.compile(connection.dialect) for column in view.columns}
            assert there.get_table_comment(view.name, "dayahead")["text"] == view.comment
    assert views


def test_a_column_that_no_migration_makes_is_noticed(database, run_sql):
    run_sql("ALTER TABLE dayahead.scores DROP COLUMN mase CASCADE")
    variables = os.environ | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()}

    said = subprocess.run([Path(sys.executable).with_name("alembic"), "check"], env=variables, capture_output=True, text=True)

    assert said.returncode != 0
    assert "mase" in said.stdout + said.stderr
