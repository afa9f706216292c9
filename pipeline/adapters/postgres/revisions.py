"""What a revision of ``sql/migrations`` calls, and how Alembic runs them: each SQL file once, noted with its checksum in the ledger."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, delete
from sqlalchemy.schema import SchemaItem

from pipeline.adapters.postgres import schema
from pipeline.adapters.postgres.queries import SQL_FOLDER, checksum_of
from pipeline.adapters.postgres.standing import LEDGER, SCHEMA, noting, read_standing
from pipeline.errors import ConfigurationError


def run(name: str) -> None:
    """Run a file of ``sql/migrations`` as part of a revision, unless the ledger names it: a database from before Alembic has it."""
    file = _folder() / name
    text = file.read_text()
    if name not in context.config.attributes["ledger"]:
        _execute(text)
        op.execute(noting(name, checksum_of(text)))


def undo(name: str, by: str) -> None:
    """Run the file that undoes another, and strike that off the ledger."""
    _execute((_folder() / by).read_text())
    op.execute(delete(LEDGER).where(LEDGER.c.name == name))


def run_revisions(connection: Connection) -> None:
    """Run what Alembic was asked for, in the transaction of a connection; ``sql/env.py`` calls it."""
    context.config.attributes.setdefault("ledger", read_standing(connection).ledger)
    context.configure(
        connection=connection,
        version_table_schema=SCHEMA,
        transactional_ddl=True,
        target_metadata=schema.metadata,
        include_schemas=True,
        include_name=_is_ours,
        include_object=_is_no_view,
    )
    context.run_migrations()


def run_offline() -> None:
    """Write what Alembic was asked for as SQL; ``sql/env.py`` calls it."""
    context.config.attributes.setdefault("ledger", {})
    context.configure(dialect_name="postgresql", literal_binds=True, version_table_schema=SCHEMA, transactional_ddl=False)
    context.run_migrations()


def _is_ours(name: str | None, kind: str, _: Any) -> bool:
    """Whether autogenerate looks at something: our schema, in it our tables and not the parts that days and months have of their own."""
    return name == SCHEMA if kind == "schema" else kind != "table" or f"{SCHEMA}.{name}" in schema.metadata.tables


def _is_no_view(described: SchemaItem, *_: Any) -> bool:
    """Whether autogenerate compares something: views are made from ``sql/views``."""
    return not described.info.get("is_view")


def upgrade(connection: Connection, folder: Path, ledger: dict[str, str]) -> None:
    """Bring a database up to the newest revision, in the connection's transaction."""
    _command("upgrade", "head", folder, connection=connection, ledger=ledger)


def downgrade(connection: Connection, folder: Path, revision: str) -> None:
    """Bring a database back to a revision, in the connection's transaction.

    Raises:
        ConfigurationError: There is no such revision, or what came after it cannot be undone without losing data.
    """
    _command("downgrade", revision, folder, connection=connection)


def upgrade_script(folder: Path, since: str | None, ledger: dict[str, str]) -> str:
    """Return the SQL that brings a database from a revision, None for none, up to the newest."""
    written = StringIO()
    config = _config(folder, ledger=ledger)
    config.output_buffer = written
    command.upgrade(config, f"{since or 'base'}:head", sql=True)
    return written.getvalue()


def newest(folder: Path = SQL_FOLDER) -> str:
    """Return the newest revision.

    Raises:
        ConfigurationError: Two revisions follow the same one.
    """
    heads = ScriptDirectory.from_config(_config(folder)).get_heads()
    if len(heads) != 1:
        raise ConfigurationError(f"sql/migrations has the ends {', '.join(heads)}; expected one chain: let each revision follow another")
    return heads[0]


def _command(name: str, revision: str, folder: Path, **attributes: Any) -> None:
    try:
        getattr(command, name)(_config(folder, **attributes), revision)
    except (CommandError, NotImplementedError) as error:
        raise ConfigurationError(f"sql/migrations: {error}") from error


def _config(folder: Path, **attributes: Any) -> Config:
    config = Config(attributes=attributes)
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _folder() -> Path:
    return Path(context.script.versions)


def _execute(text: str) -> None:
    if context.is_offline_mode():
        context.static_output(text)
    else:
        op.get_bind().exec_driver_sql(text, execution_options={"no_parameters": True})
