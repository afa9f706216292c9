from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from dotenv import dotenv_values

from pipeline.config import Settings
from pipeline.errors import ConfigurationError, ServiceError
from pipeline.local.home import PROJECT, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_secrets_are_made_once_and_only_the_owner_may_read_them(home):
    first = home.secrets()

    assert home.secrets() == first
    assert mode(home.root / "secrets.json") == 0o600
    assert len(bytes.fromhex(first.jwt)) == 64


def test_two_homes_have_different_secrets(tmp_path):
    homes = [Home(tmp_path / name) for name in ("one", "other")]
    for home in homes:
        home.prepare()

    one, other = (home.secrets() for home in homes)

    assert one.login != other.login
    assert one.fernet != other.fernet


def test_remembered_settings_stay_beside_new_ones_and_only_the_owner_may_read_them(home):
    home.remember({"DAYAHEAD_TIMEZONE": "Europe/Berlin", "DAYAHEAD_SCHEDULE": "0 3 * * *"})
    home.remember({"DAYAHEAD_TIMEZONE": "Asia/Tokyo"})

    assert dotenv_values(home.stack_env) == {"DAYAHEAD_TIMEZONE": "Asia/Tokyo", "DAYAHEAD_SCHEDULE": "0 3 * * *"}
    assert mode(home.stack_env) == 0o600


def test_control_socket_moves_to_a_short_path_when_the_home_lies_deep(tmp_path):
    near, deep = Home(Path("/srv/dayahead")), Home(tmp_path / ("d" * 60) / ("e" * 60))

    assert near.socket == Path("/srv/dayahead/run/supervisor.sock")
    assert len(str(deep.socket)) < 100
    assert not deep.socket.is_relative_to(deep.root)


@pytest.mark.parametrize("harm", ["open", "link", "foreign"])
def test_a_temporary_folder_that_others_can_write_is_not_used(tmp_path, monkeypatch, harm):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    deep = Home(tmp_path / ("d" * 60) / ("e" * 60))
    folder = deep.socket.parent
    if harm == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir(mode=0o700)
        if harm == "open":
            folder.chmod(0o777)
        elif os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
        else:
            pytest.skip("only root can give a folder to another user")

    with pytest.raises(ConfigurationError, match=rf"{folder.name} is .* with mode .*closed to others \(700\)"):
        deep.prepare()


def test_second_command_is_refused_while_one_starts_or_stops_the_stack(home):
    with home.lock(), pytest.raises(ServiceError, match="another command is starting or stopping"), Home(home.root).lock():
        pass


def test_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match=r"cannot write the home folder .*file/home.*DAYAHEAD_HOME"):
        Home(tmp_path / "file" / "home").prepare()


def test_delete_leaves_what_is_not_ours(home):
    home.secrets()
    (home.root / "notes.txt").write_text("mine")

    home.delete()

    assert [file.name for file in home.root.iterdir()] == ["notes.txt"]


def test_env_example_names_every_setting():
    lines = (PROJECT / ".env.example").read_text().splitlines()
    named = {line.removeprefix("#").partition("=")[0] for line in lines if line.startswith("#DAYAHEAD_")}

    assert named == {f"DAYAHEAD_{field.upper()}" for field in Settings.model_fields}
