"""The folder that holds everything the embedded stack keeps: its paths, its secrets and the settings it hands on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values, set_key

from pipeline.config import STACK_FILE
from pipeline.errors import ConfigurationError, ServiceError

SOCKET_PATH_BYTES = 90  # the kernel allows about 104; supervisor binds a longer, temporary name first
PROJECT = Path(__file__).resolve().parents[2]
LOGIN = "admin"
SECRETS_FILE = "secrets.json"


@dataclass(frozen=True)
class Home:
    """Where the embedded stack keeps its state.

    Args:
        root: Absolute path of ``DAYAHEAD_HOME``.
    """

    root: Path

    @property
    def postgres(self) -> Path:
        """Data folder of PostgreSQL."""
        return self.root / "postgres"

    @property
    def airflow(self) -> Path:
        """``AIRFLOW_HOME``."""
        return self.root / "airflow"

    @property
    def artifacts(self) -> Path:
        """Artifacts that MLflow serves."""
        return self.root / "artifacts"

    @property
    def redis(self) -> Path:
        """Where Redis writes down the tasks that wait for a worker."""
        return self.root / "redis"

    @property
    def logs(self) -> Path:
        """One log file per service, and Airflow's task logs."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Files written anew by every start."""
        return self.root / "run"

    @property
    def stack_env(self) -> Path:
        """The file that ``pipeline.config.read_settings`` reads."""
        return self.root / STACK_FILE

    @property
    def socket(self) -> Path:
        """Control socket of the process manager; below the temp folder where the home lies too deep for a socket path."""
        near = self.run / "supervisor.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_BYTES:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir(), f"dayahead-{os.getuid()}-{name}", "supervisor.sock")

    def prepare(self) -> None:
        """Make the folders; all but the home itself and the logs are closed to other users.

        Raises:
            ConfigurationError: The home cannot be made or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            # As root, Postgres runs as another user and must be able to pass through.
            self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.run, self.airflow, self.artifacts, self.redis, self.logs, self.socket.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_private(self.socket.parent)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write the home folder {self.root}: {error.strerror}; set DAYAHEAD_HOME to a folder you own"
            ) from error

    def delete(self) -> None:
        """Delete what the stack made below the home, and the home if nothing else lies in it."""
        for folder in (
            self.postgres,
            self.airflow,
            self.artifacts,
            self.redis,
            self.logs,
            self.run,
            *(self.root / name for name in ("store", "gx", "models", "checkpoints", "demo")),
            self.socket.parent,
        ):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.stack_env, self.root / SECRETS_FILE):
            file.unlink(missing_ok=True)
        if self.root.is_dir() and not any(self.root.iterdir()):
            self.root.rmdir()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home for one ``up`` or ``down`` at a time.

        Raises:
            ServiceError: Another one holds it.
        """
        with (self.run / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ServiceError(f"another command is starting or stopping the stack in {self.root}; wait for it to end") from error
            yield

    def secrets(self) -> Secrets:
        """Return the generated secrets; the first call makes them, and a later version's call those that it needs in addition."""
        file = self.root / SECRETS_FILE
        known = json.loads(file.read_text()) if file.exists() else {}
        whole = _new_secrets() | known
        if whole != known:
            write_private(file, json.dumps(whole, indent=1))
        return Secrets(**whole)

    def remember(self, values: Mapping[str, str]) -> None:
        """Set variables in the file that every later command and task reads; others in it stay as they are."""
        if not self.stack_env.exists():
            write_private(self.stack_env, "# Written by `make up`; settings in .env and in the environment win over these.\n")
        known = dotenv_values(self.stack_env)
        for name, value in values.items():
            if known.get(name) != value:
                set_key(self.stack_env, name, value)


def _check_private(folder: Path) -> None:
    """Refuse a folder that somebody else made or may enter: below the temporary folder anybody can be there first."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no folder"
        raise ConfigurationError(
            f"{folder} is {kind} of user {found.st_uid} with mode {found.st_mode & 0o777:o}; expected a folder of user {os.geteuid()} "
            "that is closed to others (700), for whoever writes there commands the stack: delete it, or set DAYAHEAD_HOME to a shorter path"
        )


@dataclass(frozen=True)
class Secrets:
    """Passwords and keys of one home; hex, so that they need no quoting in URLs and files.

    Args:
        login: Password of the user ``admin`` in Airflow and MLflow.
        superuser: Password of the database role ``postgres``.
        dayahead: Password of the role that owns the database ``traffic``.
        airflow: Password of the role that owns Airflow's database.
        mlflow: Password of the role that owns MLflow's database.
        jwt: Key that signs Airflow's tokens, 64 bytes.
        fernet: Key that encrypts Airflow's connections.
        session: Key that signs browser sessions.
        redis: Password of the broker.
    """

    login: str
    superuser: str
    dayahead: str
    airflow: str
    mlflow: str
    jwt: str
    fernet: str
    session: str
    redis: str


def _new_secrets() -> dict[str, str]:
    passwords = {name: secrets.token_hex(16) for name in ("superuser", "dayahead", "airflow", "mlflow", "session", "redis")}
    fernet = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return passwords | {"login": secrets.token_hex(8), "jwt": secrets.token_hex(64), "fernet": fernet}


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, in one move."""
    aside = file.with_name(f"{file.name}.part")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    aside.replace(file)
