"""The configuration files of the services, written anew by every start: supervisor, Airflow, MLflow's login."""

from __future__ import annotations

import json
import shlex
import sys
from configparser import ConfigParser
from io import StringIO
from pathlib import Path

from pipeline.config import Settings
from pipeline.local import broker, everywhere, postgres
from pipeline.local.home import LOGIN, PROJECT, Home, Secrets, write_private
from pipeline.local.services import KEEPER, KEEPER_EVENTS, SLOTS, Service, dags_folder, services_of, urls

Sections = dict[str, dict[str, str]]


def write_configuration(settings: Settings, home: Home, secrets: Secrets) -> bool:
    """Write every file and return True if one that a running service has read is now another."""
    texts = {
        home.run / "supervisord.conf": render(supervisor_sections(home, services_of(settings, home))),
        home.airflow / "airflow.cfg": render(_airflow(settings, home, secrets)),
        home.airflow / "passwords.json": json.dumps({LOGIN: secrets.login}),
        home.run / "basic_auth.ini": render(_mlflow_login(settings, secrets)),
        home.run / "redis.conf": broker.configuration(settings, home, secrets),
    }
    changed = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
    for file in changed:
        write_private(file, texts[file])
    return bool(changed)


def supervisor_sections(home: Home, services: tuple[Service, ...]) -> Sections:
    """Return the process manager's configuration: no service starts by itself, and one that ends is started again.

    After four starts in a row supervisor gives a service up; the keeper, which it tells, starts it again.
    """
    return {
        "unix_http_server": {"file": _literal(home.socket), "chmod": "0700"},
        "rpcinterface:supervisor": {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        "supervisord": {
            "logfile": _literal(home.logs / "supervisor.log"),
            "logfile_maxbytes": "5MB",
            "logfile_backups": "1",
            "pidfile": _literal(home.run / "supervisor.pid"),
            "childlogdir": _literal(home.logs),
            "umask": "077",
        },
        **{f"program:{service.name}": _program(home, service) for service in services},
        f"eventlistener:{KEEPER}": _keeper(home),
    }


def _keeper(home: Home) -> dict[str, str]:
    return {
        "command": _literal(shlex.join((sys.executable, "-m", "pipeline.local.keeper"))),
        "directory": _literal(PROJECT),
        "events": ",".join(KEEPER_EVENTS),
        "buffer_size": "100",
        "startretries": "1000000",
        "stderr_logfile": _literal(home.logs / f"{KEEPER}.log"),
        "stderr_logfile_maxbytes": "1MB",
        "stderr_logfile_backups": "1",
    }


def _program(home: Home, service: Service) -> dict[str, str]:
    leads_group = "false" if service.name == "postgres" else "true"  # the postmaster looks after its own children
    program = {
        "command": _literal(shlex.join(service.command)),
        "directory": _literal(PROJECT),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "15",  # an end within this time counts as a failed start; after startretries of them it is left for dead
        "startretries": "3",
        "stopsignal": service.stop_signal,
        "stopwaitsecs": str(service.stop_seconds),
        "stopasgroup": leads_group,
        "killasgroup": leads_group,
        "redirect_stderr": "true",
        "stdout_logfile": _literal(home.logs / f"{service.name}.log"),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "2",
    }
    if service.user:
        program |= {"user": service.user, "directory": "/", "umask": "077"}
    return program


def _airflow(settings: Settings, home: Home, secrets: Secrets) -> Sections:
    address = urls(settings)["Airflow"]
    own = {
        "core": {
            "dags_folder": str(dags_folder(settings)),
            "plugins_folder": str(PROJECT / "pipeline" / "web"),
            "executor": {"local": "LocalExecutor", "celery": "CeleryExecutor"}[settings.executor],
            "parallelism": str(sum(SLOTS.values())),
            "fernet_key": secrets.fernet,
            "execution_api_server_url": f"{address}/execution/",
            "simple_auth_manager_passwords_file": str(home.airflow / "passwords.json"),
        },
        "database": {"sql_alchemy_conn": postgres.url("airflow", secrets.airflow, settings.postgres_port, "airflow")},
        "api": {
            "host": postgres.HOST,
            "port": str(settings.airflow_port),
            "base_url": address,
            "workers": "1",
            "secret_key": secrets.session,
        },
        "api_auth": {"jwt_secret": secrets.jwt},
        "scheduler": {
            "scheduler_idle_sleep_time": str(settings.scheduler_idle_seconds),
            "task_instance_heartbeat_sec": str(settings.task_silence_seconds // 6),
            "task_instance_heartbeat_timeout": str(settings.task_silence_seconds),
            "task_instance_heartbeat_timeout_detection_interval": str(settings.task_silence_seconds // 6),
        },
        "logging": {
            "base_log_folder": str(home.logs / "airflow"),
            "dag_processor_child_process_log_directory": str(home.logs / "airflow" / "dag_processor"),
        },
        **broker.airflow_sections(settings, secrets),
    }
    told = everywhere.airflow_sections()
    return {section: told.get(section, {}) | own.get(section, {}) for section in sorted({*told, *own})}


def _mlflow_login(settings: Settings, secrets: Secrets) -> Sections:
    return {
        "mlflow": {
            "default_permission": "READ",
            "database_uri": postgres.url("mlflow", secrets.mlflow, settings.postgres_port, "mlflow"),
            "admin_username": LOGIN,
            "admin_password": secrets.login,
            "auth_cache_ttl_seconds": "60",  # without it every request hashes the password anew, tens of milliseconds
        }
    }


def _literal(value: Path | str) -> str:
    """Return a value as supervisor and configparser read it literally: both expand a percent sign."""
    return str(value).replace("%", "%%")


def render(sections: Sections) -> str:
    """Return sections as the text of an INI file."""
    parser = ConfigParser(interpolation=None)
    parser.read_dict(sections)
    text = StringIO()
    parser.write(text)
    return text.getvalue()
