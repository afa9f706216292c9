"""What lies in the images, and what does not."""

from __future__ import annotations

import re

import pytest

from pipeline.local.home import PROJECT
from tests.containers.build import TARGETS, bases, image_of, own_megabytes
from tests.containers.engine import Engine, find

OWN_MEGABYTES = {"scheduler": 700, "worker": 1600}
COMPILERS = ("gcc", "cc", "g++", "clang", "make", "ld", "as", "rustc", "go")
CACHES = ("/var/lib/apt/lists", "/var/cache/apt", "/root/.cache", "/home/dayahead/.cache", "/tmp")
OF_OLD_PYTHON = {"async-timeout"}  # asked for before 3.11.3; the stand-in's Python is older than that


@pytest.fixture(scope="module")
def engine() -> Engine:
    """What runs containers, with all our images there."""
    engine = find()
    if isinstance(engine, str):
        pytest.skip(engine)
    if missing := [target for target in TARGETS if not engine.has_image(image_of(target))]:
        pytest.skip(f"no image of {', '.join(missing)}: make containers")
    return engine


def said_in(engine: Engine, image: str, script: str, user: str = "0") -> list[str]:
    """Return the lines that a shell in a fresh container of the image prints."""
    return engine.run("run", "--rm", "--network=none", "--user", user, "--entrypoint", "sh", image, "-c", script).stdout.splitlines()


@pytest.mark.parametrize("target", TARGETS)
def test_image_holds_no_compiler_no_installer_and_no_cache(engine: Engine, target: str) -> None:
    script = f"for name in uv {' '.join(COMPILERS)}; do command -v $name; done; find {' '.join(CACHES)} -type f -size +0 2>/dev/null; true"

    assert said_in(engine, image_of(target), script) == []


@pytest.mark.parametrize("target", TARGETS)
def test_every_package_of_an_image_is_a_pinned_one(engine: Engine, target: str) -> None:
    """So what `make audit` asks of the pins holds for each image; what the base brings is its maintainers' to mend."""
    ours = "import importlib.metadata as m; print(*sorted({f'{d.name}=={d.version}' for d in m.distributions()}), sep='\\n')"
    pinned = {plain(line) for line in (PROJECT / "requirements.lock").read_text().splitlines()}

    brought = {plain(line) for line in said_in(engine, bases()["python"], f'python -c "{ours}"')}
    installed = {plain(line) for line in said_in(engine, image_of(target), f'python -c "{ours}"')}

    assert len(installed) > 50
    assert {pin.split("==")[0] for pin in installed - pinned - brought} <= OF_OLD_PYTHON


@pytest.mark.parametrize(("target", "limit"), OWN_MEGABYTES.items())
def test_own_layers_of_an_image_stay_small(engine: Engine, target: str, limit: int) -> None:
    assert own_megabytes(engine, image_of(target)) <= limit


@pytest.mark.parametrize("target", ["scheduler", "worker", "gpu"])
def test_code_is_the_last_layer_so_that_a_change_of_it_installs_nothing(engine: Engine, target: str) -> None:
    layers = engine.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", image_of(target)).stdout.splitlines()

    filled = [layer for layer in layers if not re.search(r"\b(USER|ARG|ENV|LABEL|CMD)\b", layer)]
    assert "COPY" in filled[0]
    assert "install.sh" in filled[1]


def plain(pin: str) -> str:
    """Return a pin with the name as indexes write it, without the build of a wheel."""
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version.split('+')[0].split(' ')[0]}"
