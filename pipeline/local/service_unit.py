"""The stack as a service of systemd: its unit file, and how it gets there."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.local.home import PROJECT, Home

NAME = "dayahead.service"
START_SECONDS, STOP_SECONDS = 600, 180  # a slow disk prepares Airflow's tables for minutes; the last checkpoint of Postgres takes some
UNIT = """\
# Written by `python -m pipeline service install`: the embedded stack of {home}, started with the machine.
[Unit]
Description=dayahead: Postgres, MLflow and Airflow of {home}
Documentation={documentation}
After=network-online.target
Wants=network-online.target

[Service]
Type=forking
{account}WorkingDirectory={project}
Environment={environment}
ExecStart={python} -m pipeline up
ExecStop={python} -m pipeline down
PIDFile={pid_file}
Restart=on-failure
RestartSec=30
TimeoutStartSec={start}
TimeoutStopSec={stop}

[Install]
WantedBy={target}
"""


@dataclass(frozen=True)
class Place:
    """Where a unit goes.

    Args:
        folder: Folder of units.
        of_user: A service of the person who asks, without root; else one of the machine.
        account: Who it runs as, for a service of the machine.
    """

    folder: Path
    of_user: bool
    account: str = ""

    @property
    def unit(self) -> Path:
        """The unit file."""
        return self.folder / NAME

    @property
    def systemctl(self) -> list[str]:
        """The command that speaks to this systemd."""
        return ["systemctl", "--user"] if self.of_user else ["systemctl"]


def place_of(account: str | None = None) -> Place:
    """Return where the unit goes: as root the machine's own units, run as the project's owner; else the person's.

    Raises:
        ConfigurationError: The account is not one of this machine, or only root could use it.
    """
    if os.geteuid() != 0:
        if account:
            raise ConfigurationError(f"--account {account} needs root: sudo, or leave it out for a service of your own")
        own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return Place(own / "systemd" / "user", of_user=True)
    try:
        found = pwd.getpwnam(account) if account else pwd.getpwuid(PROJECT.stat().st_uid)
    except KeyError as error:
        who = account or f"the owner of {PROJECT}"
        raise ConfigurationError(f"{who} is no account of this machine; name one with --account") from error
    return Place(Path("/etc/systemd/system"), of_user=False, account=found.pw_name)


def unit_text(home: Home, place: Place) -> str:
    """Return the unit: what starts, stops and watches the stack of a home."""
    return UNIT.format(
        home=_plain(home.root),
        project=_plain(PROJECT),
        documentation=(PROJECT / "docs" / "autostart.md").as_uri().replace("%", "%%"),
        account=f"User={place.account}\n" if place.account else "",
        environment=_quoted(f"DAYAHEAD_HOME={home.root}"),
        python=_quoted(str(Path(sys.executable).absolute())),
        pid_file=_plain(home.run / "supervisor.pid"),
        start=START_SECONDS,
        stop=STOP_SECONDS,
        target="default.target" if place.of_user else "multi-user.target",
    )


def verify(unit: Path, *, of_user: bool) -> str | None:
    """Return what ``systemd-analyze verify`` has against a unit: nothing, or its words; None where this machine has no such program."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return None
    command = [program, *(["--user"] if of_user else []), "verify", str(unit)]
    environment = {"XDG_RUNTIME_DIR": tempfile.gettempdir()} | os.environ  # where nobody is logged in, there is none
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    said = [line for line in (done.stdout + done.stderr).splitlines() if re.search(rf"\b{re.escape(unit.name)}\b", line)]
    return "\n".join(said)


def install(home: Home, place: Place) -> None:
    """Write the unit.

    Raises:
        ConfigurationError: systemd would not take it.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    place.unit.write_text(unit_text(home, place))
    if fault := verify(place.unit, of_user=place.of_user):
        place.unit.unlink()
        raise ConfigurationError(f"systemd does not take the unit, so it was removed again: {fault}")


def enable(place: Place) -> bool:
    """Have systemd start the unit with the machine, or with the person's first login; False where systemd does not run here."""
    if not shutil.which("systemctl") or subprocess.run([*place.systemctl, "daemon-reload"], capture_output=True, check=False).returncode:
        return False
    return subprocess.run([*place.systemctl, "enable", NAME], capture_output=True, check=False).returncode == 0


def remove(place: Place) -> bool:
    """Stop the unit, forget it and delete its file; False where there is none."""
    if not place.unit.exists():
        return False
    if shutil.which("systemctl"):
        subprocess.run([*place.systemctl, "disable", "--now", NAME], capture_output=True, check=False)
    place.unit.unlink()
    return True


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")  # systemd's own sign


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
