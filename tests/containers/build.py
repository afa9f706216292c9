"""Make every image of the distributed stack, and stand-ins for those that cannot be pulled: python -m tests.containers.build"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from pipeline.local.home import PROJECT
from tests.containers.engine import STATE, Engine, find

COMPOSE = yaml.safe_load((PROJECT / "docker" / "compose.yaml").read_text())
FIGURES = STATE / "build.json"
STAND_INS = Path(__file__).parent / "stand_ins"
DEBIAN = "localhost/debian:bookworm"
MIRROR = "http://deb.debian.org/debian"
TARGETS = {"tracking": "mlflow", "scheduler": "scheduler", "worker": "worker", "gpu": "gpu-worker"}  # and a service that runs its image
seconds: dict[str, float] = {}
cpu_seconds: dict[str, float] = {}  # of Podman, which builds as our child; Docker's daemon is not seen


def main() -> None:
    engine = find()
    if isinstance(engine, str):
        print(f"No images were built: {engine}")
        return
    before = json.loads(FIGURES.read_text())["stand_ins"] if FIGURES.exists() else []
    stood_in = [target for target, image in bases().items() if target in before or not engine.pulled(image)]
    for target in stood_in:
        stand_in(engine, target, bases()[target])
    for target in TARGETS:
        with timed(target):
            build_target(engine, target)
    sizes = {target: own_megabytes(engine, image_of(target)) for target in TARGETS}
    STATE.mkdir(exist_ok=True)
    FIGURES.write_text(
        json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "own_megabytes": sizes, "stand_ins": stood_in}, indent=1)
    )
    print(FIGURES.read_text())


def bases() -> dict[str, str]:
    """Return the images that others make, by what stands in for them. Grafana has no stand-in: it runs where its image can be pulled."""
    dockerfile = (PROJECT / "docker" / "Dockerfile").read_text()
    python = next(line.split()[1] for line in dockerfile.splitlines() if line.startswith("FROM python:"))
    services = {"postgres": "postgres", "redis": "valkey", "object-store": "object-store"}
    return {"python": f"docker.io/library/{python}"} | {target: qualified(service) for service, target in services.items()}


def qualified(service: str) -> str:
    """Return the image of a service with the registry that Docker means where a name has none."""
    image = COMPOSE["services"][service]["image"]
    return f"docker.io/{image}" if "/" in image else f"docker.io/library/{image}"


def image_of(target: str) -> str:
    """Return the name that Compose gives a target of the Dockerfile."""
    return str(COMPOSE["services"][TARGETS[target]]["image"])


def stand_in(engine: Engine, target: str, image: str) -> None:
    """Make an image of Debian's packages that keeps the contract of one that cannot be pulled."""
    if not engine.has_image(DEBIAN):
        with timed("debootstrap"), TemporaryDirectory(dir=STATE) as folder:
            run("debootstrap", "--variant=minbase", "bookworm", folder, MIRROR)
            archive = f"{folder}.tar"
            run("tar", "--directory", folder, "--exclude=./var/cache/apt/archives/*.deb", "--create", "--file", archive, ".")
            engine.run("import", archive, DEBIAN)
            Path(archive).unlink()
    with timed(f"stand-in {target}"), TemporaryDirectory(dir=STATE) as folder:
        shutil.copytree(STAND_INS, folder, dirs_exist_ok=True)
        shutil.copy(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"), Path(folder, "ca-certificates.crt"))
        build(engine, target, image, Path(folder, "Containerfile"), folder)


def build_target(engine: Engine, target: str) -> None:
    """Build a target of the Dockerfile as it is; wheels of this machine's own are lent to it, and torch is then taken from them."""
    wheels = [place for place in os.environ.get("PIP_FIND_LINKS", "").split() if Path(place).is_dir()]
    lent = []
    if engine.program == "podman" and wheels:
        settings = STATE / "uv"
        settings.mkdir(exist_ok=True)
        (settings / "uv.toml").write_text(f"find-links = {json.dumps(wheels)}\n")
        lent = [f"--volume={folder}:{folder}:ro" for folder in wheels] + [f"--volume={settings}:/etc/uv:ro"]
        lent += ["--build-arg=TORCH=", "--build-arg=CUDA="]
    build(engine, target, image_of(target), PROJECT / "docker" / "Dockerfile", str(PROJECT), *lent)


def build(engine: Engine, target: str, image: str, file: Path, context: str, *more: str) -> None:
    """Build a target under a name; what is told of it goes to the terminal."""
    of_podman = ("--network=host", "--pull=never") if engine.program == "podman" else ()
    engine.run("build", *of_podman, *more, "--file", str(file), "--target", target, "--tag", image, context, seconds=3600)


def own_megabytes(engine: Engine, image: str) -> float:
    """Return the size of an image without the one that it is made from."""
    sizes = [json.loads(engine.run("image", "inspect", name).stdout)[0]["Size"] for name in (image, bases()["python"])]
    return round((sizes[0] - sizes[1]) / 1e6)


def run(*command: str) -> None:
    """Run a program of this machine, quietly."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def timed(phase: str) -> Iterator[None]:
    """Note how long a phase took and how much of two busy cores it asked for, and say so."""
    began, spent = time.monotonic(), _cpu_seconds_of_children()
    yield
    seconds[phase] = round(time.monotonic() - began, 1)
    cpu_seconds[phase] = round(_cpu_seconds_of_children() - spent, 1)
    print(f"{phase}: {seconds[phase]:.0f} s, {cpu_seconds[phase]:.0f} s of processors", flush=True)


def _cpu_seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
