"""Every command that README and the documentation tell people to type is run here, by the heading it stands under.

Not run, only looked at:
- ``git clone``, ``git pull``, ``cd``, ``source``: the test stands in the clone already, with the project's Python.
- ``make …`` and ``.ci/run``: asked with ``make -n`` what they would run. ``make demo`` and ``make down`` are what ``walked`` and ``stack``
  run; ``make test`` would run this test; ``make setup`` would build the environment that it runs in.
- ``… drift_naive …``: it is in no table of names; ``test_add_a_model`` puts it there and runs the same.
- ``airflow connections add``: accounts at a mail server and a webhook of the reader's own.
- ``mlflow models predict``: an environment of its own; ``tests/adapters/mlflow/test_served_model.py`` calls what it serves.
Commands in the running text are parsed, not run: they often hold a placeholder.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipeline.__main__ import app
from pipeline.adapters.postgres.database import run_query
from pipeline.config import Settings
from tests.docs.pages import PROJECT, Section, inline_commands, sections
from tests.fixtures.stack import Stack

PAGES = ["README.md", "CONTRIBUTING.md", "mlflow/README.md", *(f"docs/{path.name}" for path in sorted((PROJECT / "docs").glob("*.md")))]
OWN_SERVER = "docs/own_postgres.md"  # has a test and a server of its own
NOT_RUN = ("git clone ", "git pull", "cd ", "source ", "make ", ".ci/run", "airflow connections ", "mlflow models predict ")
COMMANDS = typer.main.get_command(app).commands
ALL = [section for page in PAGES if page != OWN_SERVER for section in sections(page) if section.blocks]


def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what a line of shell prints; anything but status 0 fails the test, unless the command's very answer is its status."""
    paths = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=environment | paths,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    answers = range(3) if "pipeline health" in line else range(1)  # no forecast of today: the fleet's readings end in August
    assert done.returncode in answers, f"{line}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def would_run(line: str) -> str:
    """Return what ``make`` says it would run."""
    words = [word for word in shlex.split(line.split("#")[0]) if word != "sudo"]
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", *words[1:]], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("section", ALL, ids=lambda section: f"{section.page}: {section.title}")
def test_commands_and_queries_of_a_section_work(section: Section, stack: Stack, walked: str, database: Settings, tmp_path: Path):
    own = {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value()} if loads(section) else {}  # the shared fleet stays as it is
    for language, text in section.blocks:
        if language == "sql":
            for query in filter(str.strip, text.split(";")):
                assert query.split()[0].lower() in ("select", "table"), "the shared database is only read"
                run_query(stack.settings, query)
            continue
        for line in commands_in(text):
            if not line.startswith(NOT_RUN) and "drift_naive" not in line:
                run(line, needed(line, tmp_path), stack.environment | own)


def commands_in(block: str) -> list[str]:
    """Return the commands of a block; what is indented goes on with the line before it."""
    return [command for command in re.split(r"\n(?=\S)", block) if command.strip()]


def loads(section: Section) -> bool:
    """Tell whether a section brings readings in."""
    return any(re.match(r"python -m pipeline (load|migrate)\b", line) for line in section.lines)


def needed(line: str, folder: Path) -> Path:
    """Make the small file that a line reads and no line before it made; return the folder."""
    for name in re.findall(r"(?:load|backtest) (\S+)", line):
        if not (folder / name).exists():
            run(f"python -m pipeline sample --out {name} --sites 2 --days 40 --step-minutes 60", folder, dict(os.environ))
    for name in re.findall(r"--events (\S+)", line):
        (folder / name).write_text("kind,from,to,category\nexpected,2026-08-18T20:00+02:00,2026-08-18T23:00+02:00,match\n")
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_a_page_names_are_there(page: str):
    named = [line for section in sections(page) for line in section.lines if line.startswith("make ")]
    named += [command for command in inline_commands(page) if command.startswith("make ") and "…" not in command]

    for line in named:
        target = line.split()[1]
        if re.fullmatch(r"[a-z][a-z-]*", target):
            assert would_run(line), f"{page}: {line} would run nothing"


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_running_text_have_the_options_they_show(page: str):
    for command in inline_commands(page):
        if not command.startswith("python -m pipeline ") or re.search(r"…|COMMAND|<step>", command):
            continue
        name, *arguments = shlex.split(command.removeprefix("python -m pipeline "))
        assert name in COMMANDS, f"{page}: {command}"
        if arguments:
            COMMANDS[name].make_context(name, arguments, resilient_parsing="--help" in arguments)


def test_demo_in_the_makefile_is_the_command_that_the_journey_walks():
    assert (
        would_run("make demo DATA=traffic.csv.gz TIMEZONE=Europe/Berlin")
        .strip()
        .endswith('-m pipeline demo --data "traffic.csv.gz" --timezone "Europe/Berlin"')
    )
