from __future__ import annotations

import json
import shlex
import stat
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.local import everywhere
from pipeline.local.broker import WORKERS
from pipeline.local.configuration import render, supervisor_sections, write_configuration
from pipeline.local.health import check_programs
from pipeline.local.home import Home
from pipeline.local.postgres import server_command
from pipeline.local.services import MARK, Service, environment, services_of


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def settings(home: Home) -> Settings:
    return Settings(home=home.root, postgres_port=15442, airflow_port=18090, mlflow_port=15010)


def test_writing_again_changes_nothing_until_a_setting_does(home, settings):
    secrets = home.secrets()

    assert write_configuration(settings, home, secrets)
    assert not write_configuration(settings, home, secrets)
    assert write_configuration(settings.model_copy(update={"airflow_port": 18091}), home, secrets)


def test_every_file_is_readable_by_its_owner_only(home, settings):
    write_configuration(settings, home, home.secrets())

    files = [home.run / "supervisord.conf", home.run / "basic_auth.ini", home.airflow / "airflow.cfg", home.airflow / "passwords.json"]
    files.append(home.run / "redis.conf")
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_airflow_is_told_what_it_is_told_in_containers_but_for_what_settings_say(home, settings):
    write_configuration(settings, home, home.secrets())
    config = ConfigParser(interpolation=None)
    config.read(home.airflow / "airflow.cfg")

    told = everywhere.airflow_sections()
    own = {(section, option) for section, options in told.items() for option, value in options.items() if config[section][option] != value}
    assert own == {("scheduler", "scheduler_idle_sleep_time")}  # DAYAHEAD_SCHEDULER_IDLE_SECONDS
    assert everywhere.variables().items() <= environment(settings, home, home.secrets()).items()


def test_airflow_listens_on_loopback(home, settings):
    write_configuration(settings, home, home.secrets())
    config = ConfigParser(interpolation=None)
    config.read(home.airflow / "airflow.cfg")

    assert config["api"]["host"] == "127.0.0.1"
    assert config["core"]["execution_api_server_url"] == "http://127.0.0.1:18090/execution/"
    assert config["core"]["executor"] == "LocalExecutor"
    assert config["scheduler"]["scheduler_idle_sleep_time"] == "1.0"


def test_postgres_sees_nothing_of_the_environment_that_it_does_not_need(home, settings, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-caller")
    secrets, server = home.secrets(), server_command(home, settings.postgres_port)
    service = services_of(settings, home)[0]
    command = [*service.command[: -len(server)], "env"]

    seen = subprocess.run(command, env=environment(settings, home, secrets), capture_output=True, text=True, check=True).stdout

    assert f"{MARK}={home.root}" in seen
    assert not [value for value in (*vars(secrets).values(), "of-the-caller") if value in seen]


def test_no_password_stands_in_a_command_that_other_users_can_list(home, settings):
    secrets = home.secrets()

    words = " ".join(word for service in services_of(settings, home) for word in service.command)

    assert not [name for name, value in vars(secrets).items() if value in words]


def test_commands_survive_spaces_and_percent_signs_in_the_home(tmp_path):
    home, service = Home(tmp_path / "50 % full"), Service("echo", ("echo", "a b", "50 %"))

    config = ConfigParser(defaults={"here": ""})  # expands percent signs as supervisor does
    config.read_string(render(supervisor_sections(home, (service,))))

    assert shlex.split(config["program:echo"]["command"]) == ["echo", "a b", "50 %"]
    assert config["program:echo"]["stdout_logfile"] == str(home.logs / "echo.log")


def test_environment_of_the_caller_steers_no_service(home, settings, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "SequentialExecutor")
    monkeypatch.setenv("DAYAHEAD_TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("HTTP_PROXY_OF_MINE", "kept")

    handed = environment(settings, home, home.secrets())

    assert "AIRFLOW__CORE__EXECUTOR" not in handed
    assert "DAYAHEAD_TIMEZONE" not in handed
    assert handed["HTTP_PROXY_OF_MINE"] == "kept"
    assert handed["DAYAHEAD_HOME"] == str(home.root)
    assert {handed["MLFLOW_DISABLE_TELEMETRY"], handed["GX_ANALYTICS_ENABLED"]} == {"true", "false"}


@pytest.mark.parametrize(("executor", "forks_tasks"), [("local", {"scheduler"}), ("celery", set(WORKERS))])
def test_libraries_of_the_steps_are_held_by_what_forks_the_tasks(home, settings, executor: str, forks_tasks: set[str]):
    services = services_of(settings.model_copy(update={"executor": executor}), home)

    assert {service.name for service in services if "pipeline.local.preloaded" in service.command} == forks_tasks


def test_celery_adds_a_broker_and_a_worker_for_each_queue(home, settings):
    celery = settings.model_copy(update={"executor": "celery", "task_silence_seconds": 12})
    write_configuration(celery, home, home.secrets())
    config = ConfigParser(interpolation=None)
    config.read(home.airflow / "airflow.cfg")

    added = {service.name: service.command for service in services_of(celery, home)[len(services_of(settings, home)) :]}

    assert list(added) == ["redis", "worker", "gpu-worker"]
    assert {name: command[command.index("--queues") + 1] for name, command in added.items() if name != "redis"} == WORKERS
    assert config["core"]["executor"] == "CeleryExecutor"
    assert config["scheduler"]["task_instance_heartbeat_timeout"] == "12"
    assert {"bind 127.0.0.1", f"requirepass {home.secrets().redis}"} <= set((home.run / "redis.conf").read_text().splitlines())


def test_missing_program_is_named_with_both_ways_out():
    with pytest.raises(
        ConfigurationError, match=r"no-such-server is not installed.*apt-get install no-such-server, or DAYAHEAD_EXECUTOR=local"
    ):
        check_programs([Service("redis", ("no-such-server", "redis.conf"))])


def test_home_of_an_earlier_version_keeps_its_secrets_and_gets_those_it_lacks(home):
    before = vars(home.secrets())
    known = {name: value for name, value in before.items() if name != "redis"}
    (home.root / "secrets.json").write_text(json.dumps(known))

    after = vars(home.secrets())

    assert {name: after[name] for name in known} == known
    assert after["redis"]
    assert vars(home.secrets()) == after
