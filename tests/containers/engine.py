"""The container engine of this machine: Docker with its Compose, or Podman with podman-compose in `.venv-containers`."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.local.home import PROJECT

STATE = PROJECT / ".dayahead-containers"  # of Podman: images under official names that are none
PODMAN_COMPOSE = PROJECT / ".venv-containers" / "bin" / "podman-compose"
NEEDED = ("podman", "runc", "catatonit", "debootstrap", "dnsmasq")


@dataclass(frozen=True)
class Engine:
    """What runs containers.

    Args:
        program: ``docker`` or ``podman``.
        compose: The command that understands ``compose.yaml``.
        environment: Variables that both are given.
    """

    program: str
    compose: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def run(self, *arguments: str, check: bool = True, seconds: float = 600, compose: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command of the engine, or of its Compose."""
        command = [*(self.compose if compose else (self.program,)), *arguments]
        environment = os.environ | self.environment
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=seconds)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def has_image(self, name: str) -> bool:
        """Tell whether the image is on this machine."""
        return self.run("image", "inspect", name, check=False).returncode == 0

    def pulled(self, name: str) -> bool:
        """Tell whether the image is here or could be fetched from where its name leads."""
        return self.has_image(name) or self.run("pull", "--quiet", name, check=False).returncode == 0


def find() -> Engine | str:
    """Return the engine, or in words why there is none."""
    if shutil.which("docker") and not _fails("docker", "info") and not _fails("docker", "compose", "version"):
        return Engine("docker", ("docker", "compose"))
    if missing := [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]:
        return f"no Docker with Compose, and for Podman there lacks {', '.join(missing)}: see docker/README.md"
    if os.geteuid():
        return "no Docker with Compose; Podman is used by root only"
    if not PODMAN_COMPOSE.exists():
        return "no podman-compose in .venv-containers: make containers"
    return Engine("podman", (str(PODMAN_COMPOSE),), _configuration())


def _configuration() -> dict[str, str]:
    """Write what Podman needs to know of a machine, and return the variables that lead to it.

    Where no systemd runs, control groups are plain folders and events a file; limits are those that hold, which may not be raised.
    """
    STATE.mkdir(exist_ok=True)
    engine = {"runtime": "runc"}
    if not Path("/run/systemd/system").exists():
        engine |= {"cgroup_manager": "cgroupfs", "events_logger": "file"}
    files, processes = (resource.getrlimit(limit)[1] for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    limits = [f"{name}={most}:{most}" for name, most in (("nofile", min(files, 20000)), ("nproc", min(processes, 4096)))]
    texts: dict[str, dict[str, dict[str, object]]] = {
        "containers.conf": {"engine": {**engine}, "containers": {"default_ulimits": limits}},
        "storage.conf": {"storage": {"driver": "overlay", "graphroot": str(STATE / "storage"), "runroot": str(STATE / "run")}},
    }
    for name, sections in texts.items():
        lines = [
            f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in of.items()) for section, of in sections.items()
        ]
        (STATE / name).write_text("\n".join(lines))
    return {
        "CONTAINERS_CONF": str(STATE / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(STATE / "storage.conf"),
        "BUILDAH_ISOLATION": "chroot",
        "BUILDAH_FORMAT": "docker",  # the other format knows no SHELL
    }


def _fails(*command: str) -> bool:
    return bool(subprocess.run(command, capture_output=True, check=False).returncode)
