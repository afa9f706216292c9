"""The embedded stack: up, down, and what it looks like from outside. Every call may be repeated."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version

from pipeline.config import Settings, read_settings
from pipeline.errors import DayaheadError, ServiceError
from pipeline.local import postgres
from pipeline.local.airflow_api import Airflow
from pipeline.local.configuration import write_configuration
from pipeline.local.health import check_ports, check_programs, fault, healthy, wait_healthy
from pipeline.local.home import LOGIN, Home, Secrets, write_private
from pipeline.local.services import environment, services_of, urls
from pipeline.local.supervision import Supervisor, end_stragglers, tail

Report = Callable[[str], None]
POOLS = {"training": 1}  # one training at a time, whatever asks for it


@dataclass(frozen=True)
class Line:
    """A service as ``status`` shows it.

    Args:
        name: The service.
        health: ``healthy``, ``starting``, ``not answering``, ``crashed`` or ``down``.
        pid: Process; None where there is none.
        address: Where it listens; empty where it does not.
        remark: Uptime, or how it ended.
    """

    name: str
    health: str
    pid: int | None
    address: str
    remark: str


def home_of(settings: Settings) -> Home:
    """Return the home that the settings name."""
    return Home(settings.home.expanduser().resolve())


def up(settings: Settings, report: Report) -> Settings:
    """Start what is not running, wait until all of it answers, and return the settings that lead to it.

    Raises:
        ConfigurationError: A port is in use, or the home cannot be used; nothing was started.
        ServiceError: A service did not come up; the message says which and why. What did come up goes on running.
    """
    home = home_of(settings)
    home.prepare()
    with home.lock():
        secrets = home.secrets()
        changed = write_configuration(settings, home, secrets)
        supervisor = Supervisor(home)
        if supervisor.is_running() and changed:
            report("settings changed: restarting")
            _stop(home)
        if not supervisor.is_running():
            if end_stragglers(home):
                report("ended processes that an earlier stack left behind")
            check_programs(services_of(settings, home))
            check_ports(services_of(settings, home))
            postgres.create_cluster(home, secrets)
            supervisor.launch(environment(settings, home, secrets))
        _remember(settings, home, secrets)
        _start(settings, home, secrets, report)
        for pool, slots in POOLS.items():
            Airflow(urls(settings)["Airflow"], LOGIN, secrets.login).set_pool(pool, slots)
    return read_settings(home.root)


def down(settings: Settings) -> int:
    """Stop everything and return how many processes had to be ended beyond the process manager's own; 0 is the rule."""
    home = home_of(settings)
    if not home.run.exists():
        return 0
    with home.lock():
        return _stop(home)


def status(settings: Settings) -> tuple[Line, ...]:
    """Return one line per service."""
    home = home_of(settings)
    states = {state.name: state for state in Supervisor(home).states()}
    answering = healthy(settings, home) if states else set()
    lines = []
    for service in services_of(settings, home):
        state = states.get(service.name)
        address = f"{postgres.HOST}:{service.port}" if service.port else ""
        word = _health(state.word if state else "STOPPED", service.name in answering)
        lines.append(Line(service.name, word, state.pid if state else None, address, state.description if state else ""))
    return (*lines, *_own_database(settings))


def own_database(settings: Settings) -> str:
    """Return host, port and name of a database that is not the embedded one; empty where it is, or none is set yet."""
    from pipeline.adapters.postgres.engines import describe

    used = describe(settings) if settings.database_url.get_secret_value() else ""
    return "" if used == f"{postgres.HOST}:{settings.postgres_port}/{postgres.TRAFFIC}" else used


def _own_database(settings: Settings) -> list[Line]:
    """Return the line of the database in use, where it is another than the embedded one."""
    from pipeline.adapters.postgres.database import connect

    if not (used := own_database(settings)):
        return []
    try:
        with connect(settings, work="status"):
            return [Line("database", "healthy", None, used, "yours: DAYAHEAD_DATABASE_URL")]
    except DayaheadError as error:
        return [Line("database", "not answering", None, used, str(error))]


def crash_report(settings: Settings, line: Line) -> str:
    """Return what happened to a crashed service, with the end of its log."""
    return fault(home_of(settings), line.name, f"has crashed ({line.remark})")


def _health(word: str, answers: bool) -> str:
    if word in ("FATAL", "EXITED", "BACKOFF"):
        return "crashed"
    if word == "RUNNING":
        return "healthy" if answers else "not answering"
    if word == "STARTING":
        return "healthy" if answers else "starting"
    return "down"


def _start(settings: Settings, home: Home, secrets: Secrets, report: Report) -> None:
    """Postgres first; then everything that needs only Postgres at once; then what needs Airflow's tables."""
    supervisor = Supervisor(home)
    supervisor.start("postgres")
    wait_healthy(["postgres"], settings, home, report, lambda: _postgres_only(settings, secrets))
    postgres.create_databases(settings.postgres_port, secrets)
    supervisor.start("mlflow", "redis")
    with ThreadPoolExecutor() as pool:
        ours: Future[list[str]] = pool.submit(_migrate, home)
        _migrate_airflow(settings, home, secrets, report)
        if applied := ours.result():
            report(f"schema dayahead: {len(applied)} files of sql/ applied")  # the log names them
    names = [service.name for service in services_of(settings, home)]
    supervisor.start(*names)
    wait_healthy([name for name in names if name != "postgres"], settings, home, report)


def _postgres_only(settings: Settings, secrets: Secrets) -> set[str]:
    return {"postgres"} if postgres.is_answering(settings.postgres_port, secrets) else set()


def _migrate(home: Home) -> list[str]:
    from pipeline.adapters.postgres.migrations import migrate

    return migrate(read_settings(home.root))


def _migrate_airflow(settings: Settings, home: Home, secrets: Secrets, report: Report) -> None:
    """Bring Airflow's tables to the installed version; a stamp saves the ten seconds that asking costs."""
    stamp, installed = home.airflow / "migrated", version("apache-airflow")
    if stamp.exists() and stamp.read_text() == installed:
        return
    report("preparing Airflow's database")
    log = home.logs / "airflow-migrate.log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        done = subprocess.run(command, env=environment(settings, home, secrets), stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise ServiceError(f"airflow db migrate failed with status {done.returncode}. The end of {log}:\n{tail(log, 12)}")
    write_private(stamp, installed)


def _stop(home: Home) -> int:
    supervisor = Supervisor(home)
    names = {state.name for state in supervisor.states()}
    supervisor.stop(names - {"postgres"}, seconds=30)
    if names:
        supervisor.shutdown()
    return end_stragglers(home)


def _remember(settings: Settings, home: Home, secrets: Secrets) -> None:
    """Write the file through which commands and tasks find the stack.

    Settings given in the environment are kept in it, so that tasks and later commands work with what ``up`` was started with.
    """
    addresses = urls(settings)
    embedded = {
        "DAYAHEAD_DATABASE_URL": postgres.url("dayahead", secrets.dayahead, settings.postgres_port, postgres.TRAFFIC),
        "DAYAHEAD_TRACKING_URL": addresses["MLflow"],
        "DAYAHEAD_TRACKING_USERNAME": LOGIN,
        "DAYAHEAD_TRACKING_PASSWORD": secrets.login,
        "DAYAHEAD_AIRFLOW_URL": addresses["Airflow"],
    }
    names = {f"DAYAHEAD_{field.upper()}" for field in Settings.model_fields} - {"DAYAHEAD_HOME"}
    home.remember(embedded | {name: os.environ[name] for name in names if os.environ.get(name)})
