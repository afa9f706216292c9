"""Least privilege: every step works with a login that may take on its roles and nothing else, and none of the roles can do more."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from psycopg2 import errors

from pipeline.errors import ConfigurationError
from tests.fixtures.bench import WORKS, Bench

ROLES = {"extract": {"reader"}, "publish": {"writer"}, "monitor": {"reader", "writer"}}
HELD = """
SELECT r.role, c.oid::regclass::text, c.relkind, p.privilege
FROM pg_class AS c, unnest(ARRAY['reader', 'writer', 'viewer']) AS r (role),
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
WHERE
    c.relnamespace = 'dayahead'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND has_table_privilege('dayahead_' || r.role, c.oid, p.privilege)
"""
OF_FIGURES = {
    f"dayahead.{name}" for name in ("drift", "retrainings", "alerts", "what_ifs")
}  # tables without a row of traffic, open to people as they are


@pytest.fixture
def held(run_sql) -> Callable[[str], dict[str, set[str]]]:
    """Function that returns what a role may do, by relation of the schema, partitions included."""
    rows = run_sql(HELD)

    def of(role: str) -> dict[str, set[str]]:
        return {name: {right for r, n, _, right in rows if (r, n) == (role, name)} for mine, name, _, _ in rows if mine == role}

    return of


@pytest.mark.parametrize("step", ROLES)
def test_a_step_runs_with_a_login_that_may_only_take_on_its_roles(bench: Bench, login, step: str):
    work = WORKS[step](bench)
    whole, _ = work.rehearse(bench)
    work.prepare()

    bench.here(work.step, work.day, login(*ROLES[step]))

    assert work.look() == whole


@pytest.mark.parametrize(("step", "role"), [(step, role) for step, roles in ROLES.items() for role in sorted(roles)])
def test_a_step_without_one_of_its_roles_changes_nothing_and_names_the_way_out(bench: Bench, login, step: str, role: str):
    work = WORKS[step](bench)
    work.prepare()
    before = work.look()
    others = {"reader", "writer", "viewer"} - {role}

    with pytest.raises(
        ConfigurationError, match=f'permission denied to set role "dayahead_{role}".*run `python -m pipeline migrate` as the owner'
    ):
        bench.here(work.step, work.day, login(*others))

    assert work.look() == before


def test_the_reader_may_read_and_nothing_else(held):
    assert set().union(*held("reader").values()) == {"SELECT"}


def test_the_viewer_reads_views_and_figures_and_no_raw_row(held, run_sql):
    tables = {name for role, name, kind, _ in run_sql(HELD) if role == "viewer" and kind in "rp"}

    assert set().union(*held("viewer").values()) == {"SELECT"}
    assert "dayahead.next_day" in held("viewer")
    assert tables <= OF_FIGURES


def test_the_writer_can_neither_read_traffic_nor_rewrite_history_nor_empty_a_table(held):
    rights = held("writer")

    assert not [name for name in rights if name.startswith("dayahead.traffic")]
    assert rights["dayahead.promotions"] == rights["dayahead.quarantine"] == {"SELECT", "INSERT"}
    assert not set().union(*rights.values()) & {"TRUNCATE", "REFERENCES", "TRIGGER"}


@pytest.mark.parametrize("role", ["reader", "writer", "viewer"])
def test_no_role_can_make_anything_in_the_schema(login, role: str):
    connection = psycopg2.connect(login(role).database_url.get_secret_value())

    with connection, connection.cursor() as cursor:
        cursor.execute(f"SET ROLE dayahead_{role}")
        with pytest.raises(errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE dayahead.mine (x int)")
    connection.close()


def test_functions_that_run_as_their_owner_are_closed_to_strangers_and_look_nowhere_else(run_sql):
    functions = run_sql(
        "SELECT p.proname, has_function_privilege('dayahead_viewer', p.oid, 'EXECUTE'), coalesce(array_to_string(p.proconfig, ','), '') "
        "FROM pg_proc AS p WHERE p.pronamespace = 'dayahead'::regnamespace AND p.prosecdef"
    )

    assert functions
    for name, open_to_viewers, configuration in functions:
        assert not open_to_viewers, name
        assert configuration.startswith("search_path=pg_catalog"), name
