"""The unit of systemd, as systemd itself reads it."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.errors import ConfigurationError
from pipeline.local import service_unit
from pipeline.local.home import PROJECT, Home
from pipeline.local.service_unit import Place, install, place_of, unit_text

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here: apt-get install systemd")


def test_unit_starts_and_stops_the_stack_of_the_home_and_watches_its_process_manager(tmp_path):
    text = unit_text(Home(tmp_path / "home"), Place(tmp_path, of_user=False, account="dayahead"))

    lines = text.splitlines()
    assert f'Environment="DAYAHEAD_HOME={tmp_path}/home"' in lines
    assert any(line.startswith("ExecStart=") and line.endswith("-m pipeline up") for line in lines)
    assert any(line.startswith("ExecStop=") and line.endswith("-m pipeline down") for line in lines)
    assert f"PIDFile={tmp_path}/home/run/supervisor.pid" in lines
    assert f"WorkingDirectory={PROJECT}" in lines
    assert "User=dayahead" in lines
    assert "WantedBy=multi-user.target" in lines


@needs_systemd
@pytest.mark.parametrize("of_user", [True, False])
def test_systemd_takes_the_unit_also_of_a_home_with_odd_characters(tmp_path, of_user):
    home = Home(tmp_path / 'a home, 100 % "mine"')
    place = Place(tmp_path / "units", of_user=of_user, account="" if of_user else "root")

    install(home, place)

    assert service_unit.verify(place.unit, of_user=of_user) == ""


@needs_systemd
def test_a_unit_that_systemd_refuses_is_removed_again_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(service_unit, "UNIT", service_unit.UNIT.replace("Type=forking", "Type=sometimes"))

    with pytest.raises(ConfigurationError, match=r"systemd does not take the unit.*sometimes"):
        install(Home(tmp_path / "home"), Place(tmp_path / "units", of_user=True))

    assert not any((tmp_path / "units").iterdir())


def test_an_account_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match="nobody-at-all"):
        place_of("nobody-at-all")


def test_command_prints_the_unit_and_writes_nothing_on_a_dry_run(tmp_path, monkeypatch):
    monkeypatch.setenv("DAYAHEAD_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Path, "write_text", lambda *_: pytest.fail("nothing is to be written"))

    done = CliRunner().invoke(app, ["service", "install", "--dry-run"])

    assert done.exit_code == 0, done.output
    assert "[Service]\nType=forking" in done.stdout
