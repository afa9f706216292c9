"""How the commands speak: in a terminal of 80 columns, in a pipe, with and without colours, and how they end."""

import fcntl
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.commands import terminal
from pipeline.errors import ConfigurationError, DataError, DayaheadError, ModelError, ServiceError, StoreError

PROJECT = Path(__file__).parents[2]
COMMANDS = typer.main.get_command(app).commands
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(**values: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAYAHEAD_") and name not in ("NO_COLOR", "COLUMNS")}
    return kept | {"TERM": "xterm-256color"} | values


def in_pipe(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment(**values), capture_output=True, text=True, check=False, timeout=600)


def in_terminal(*arguments: str, **values: str) -> str:
    """What a person sees who runs a command in a terminal of 80 columns, with its escape codes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "pipeline", *arguments]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment(**values), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other side has closed
        pass
    finally:
        os.close(ours)
        process.wait(timeout=600)
    return shown.decode()


@pytest.fixture
def at_database(database) -> dict[str, str]:
    """Variables that lead a command to the test's own database."""
    return {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value(), "DAYAHEAD_HOME": str(database.home)}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_fits_80_columns_and_ends_with_examples_that_are_valid_calls(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    shown = CliRunner().invoke(app, [name, "--help"]).output

    assert max(map(len, shown.splitlines())) <= 80
    examples = [line.strip() for line in shown.partition("Examples")[2].splitlines() if line.strip()]
    assert examples
    for example in examples:
        words = shlex.split(re.split(r" [|>] ", example)[0])
        words = words[next(i for i, word in enumerate(words) if "=" not in word) :]
        assert words[:4] == ["python", "-m", "pipeline", name]
        COMMANDS[name].make_context(name, words[4:])


def test_list_of_commands_begins_with_what_a_newcomer_types():
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).output

    assert shown.index("Stack on this machine") < shown.index("Data") < shown.index("Steps")
    assert "make demo" in shown
    assert set(COMMANDS) <= set(shown.split())


def test_help_comes_at_once_because_nothing_heavy_is_loaded_for_it():
    probe = "import sys, pipeline.__main__; print({'pandas', 'numpy', 'torch', 'mlflow', 'airflow', 'sqlalchemy'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", probe], cwd=PROJECT, env=environment(), capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("error", "status"),
    [(DayaheadError, 1), (ConfigurationError, 2), (ServiceError, 3), (DataError, 4), (ModelError, 4), (StoreError, 4)],
)
def test_every_kind_of_error_has_the_status_that_the_documentation_gives(error, status, capsys):
    assert terminal.tell_error(error("what was found")) == status
    assert f"| {status} |" in (PROJECT / "docs" / "terminal.md").read_text()
    assert capsys.readouterr().err == f"{error.__name__}: what was found\n"


def test_wrong_option_and_wrong_setting_end_with_2_and_a_silent_service_with_3(tmp_path):
    away = {"DAYAHEAD_DATABASE_URL": "postgresql://127.0.0.1:9/none", "DAYAHEAD_HOME": str(tmp_path)}

    option = in_pipe("load", "--never", **away)
    setting = in_pipe("migrate", DAYAHEAD_SEED="many")
    service = in_pipe("migrate", **away)

    assert [option.returncode, setting.returncode, service.returncode] == [2, 2, 3]
    assert "DAYAHEAD_SEED='many'" in setting.stderr
    assert "Traceback" not in setting.stderr + service.stderr
    assert option.stdout == setting.stdout == service.stdout == ""


def test_file_that_cannot_be_written_is_told_in_a_line(tmp_path):
    told = in_pipe("sample", "--out", str(tmp_path), "--sites", "1", "--days", "1", "--step-minutes", "60")

    assert told.returncode == 1
    assert str(tmp_path) in told.stderr
    assert "Traceback" not in told.stderr


def test_debug_shows_the_traceback_of_an_expected_error(tmp_path):
    told = in_pipe("backtest", str(tmp_path / "none.csv"), DAYAHEAD_DEBUG="1")

    assert told.returncode == 4
    assert "Traceback" in told.stderr
    assert told.stderr.splitlines()[-1].startswith("DataError: ")


def test_table_wider_than_the_terminal_is_shown_as_blocks_and_unbroken_in_a_pipe(at_database):
    query = "select " + ", ".join(f"'{'wide value' * 2}' as column_{i}" for i in range(8))

    shown = CONTROL.sub("", in_terminal("sql", query, **at_database))
    piped = in_pipe("sql", query, **at_database).stdout

    assert "row 1" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert piped.splitlines()[2].count("wide valuewide value") == 8


def test_load_shows_a_bar_on_a_terminal_only_and_gives_counts_as_json(at_database, tmp_path):
    file = tmp_path / "traffic.csv"
    in_pipe("sample", "--out", str(file), "--sites", "1", "--days", "2", "--step-minutes", "60")

    shown = in_terminal("load", str(file), **at_database)
    piped = in_pipe("load", str(file), "--json", **at_database)

    assert "━" in shown
    assert "48 rows read" in CONTROL.sub("", shown)
    assert json.loads(piped.stdout)["unchanged"] == 48
    assert "━" not in piped.stderr


def test_backtest_shows_how_far_training_is_on_a_terminal_only(tmp_path):
    file = tmp_path / "traffic.csv"
    in_pipe("sample", "--out", str(file), "--sites", "1", "--days", "30", "--step-minutes", "60")
    call = ("backtest", str(file), "--models", "lightgbm", "--test-days", "3", "--validation-days", "3")

    shown, piped = in_terminal(*call), in_pipe(*call)

    assert re.search(r"lightgbm +seed 0 .*━", CONTROL.sub("", shown))
    assert "WAPE" in piped.stdout
    assert "━" not in piped.stdout + piped.stderr


def test_colours_are_for_terminals_and_no_color_is_honoured(tmp_path):
    away = {"DAYAHEAD_DATABASE_URL": "postgresql://127.0.0.1:9/none", "DAYAHEAD_HOME": str(tmp_path)}

    assert COLOUR.search(in_terminal("migrate", **away))
    assert not COLOUR.search(in_terminal("migrate", NO_COLOR="1", **away))
    assert not COLOUR.search(in_pipe("migrate", **away).stderr)


def test_result_of_a_step_is_json_in_a_pipe_and_lines_on_a_terminal(monkeypatch, capsys):
    result = {"rows": 3, "curves": [{"loss": 0.1}] * 100}

    terminal.tell_result(result)
    piped = capsys.readouterr().out
    console = Console(force_terminal=True, no_color=True, width=80)
    monkeypatch.setattr(terminal, "out", lambda: console)
    terminal.tell_result(result)
    shown = CONTROL.sub("", capsys.readouterr().out)

    assert json.loads(piped) == result
    assert shown.splitlines() == ["rows    3", "curves  100 entries; all of it: … | cat"]


def test_training_tells_a_terminal_how_far_it_is_and_nobody_else(monkeypatch, capsys):
    from pipeline.core.models.contract import Progress

    with terminal.working("train 2026-08-21") as show:
        assert show is None
    console = Console(stderr=True, force_terminal=True, width=80)
    monkeypatch.setattr(terminal, "aside", lambda: console)
    with terminal.working("train 2026-08-21") as show:
        show(Progress(5, 10, 0.25))

    assert "loss 0.2500" in CONTROL.sub("", capsys.readouterr().err)
