"""Settings: environment first, then ``.env``, then what the embedded stack wrote."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline import config
from pipeline.config import STACK_FILE, Settings, read_settings
from pipeline.errors import ConfigurationError

PROJECT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def empty_place(monkeypatch, tmp_path) -> Path:
    """An empty working folder, and no ``DAYAHEAD_*`` variable."""
    import os

    for name in [name for name in os.environ if name.startswith("DAYAHEAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_have_a_default_for_everything(tmp_path):
    settings = read_settings()

    assert settings.home == Path(".dayahead")
    assert settings.store_url == f"file://{tmp_path}/.dayahead/store"
    assert settings.covariates == ("device_num", "dxcc_usage")
    assert settings.features == ()


def test_environment_wins_over_dotenv_and_dotenv_over_the_stacks_own_file(empty_place, monkeypatch):
    home = empty_place / "home"
    home.mkdir()
    (home / STACK_FILE).write_text("DAYAHEAD_TRACKING_URL=stack\nDAYAHEAD_MODEL=stack\nDAYAHEAD_SEED=1\n")
    (empty_place / ".env").write_text(f"DAYAHEAD_HOME={home}\nDAYAHEAD_MODEL=dotenv\nDAYAHEAD_SEED=2\n")
    monkeypatch.setenv("DAYAHEAD_SEED", "3")

    settings = read_settings()

    assert (settings.home, settings.tracking_url, settings.model, settings.seed) == (home, "stack", "dotenv", 3)


def test_a_variable_that_is_no_setting_is_told_once_with_the_one_that_was_meant(empty_place, monkeypatch, caplog):
    monkeypatch.setattr(config, "_told", set())
    (empty_place / ".env").write_text("DAYAHEAD_SHADOWS=3\nOTHER=1\n")
    monkeypatch.setenv("DAYAHEAD_TRAIN_DAY", "30")
    monkeypatch.setenv("DAYAHEAD_DEBUG", "1")
    monkeypatch.setenv("DAYAHEAD_FLUX", "1")

    read_settings()
    read_settings()

    assert caplog.messages == [
        "DAYAHEAD_FLUX in the environment is not a setting: .env.example lists them all",
        "DAYAHEAD_TRAIN_DAY in the environment is not a setting; did you mean DAYAHEAD_TRAIN_DAYS?",
        "DAYAHEAD_SHADOWS in .env is not a setting; did you mean DAYAHEAD_SHARDS?",
    ]


def test_home_of_the_environment_wins_over_that_of_dotenv(empty_place, monkeypatch):
    (empty_place / ".env").write_text("DAYAHEAD_HOME=from-dotenv\n")
    monkeypatch.setenv("DAYAHEAD_HOME", "from-environment")

    assert read_settings().home == Path("from-environment")
    assert read_settings(Path("asked")).home == Path("asked")


@pytest.mark.parametrize(("value", "covariates"), [("device_num, load ,", ("device_num", "load")), ("", ())])
def test_covariates_are_a_list_of_names(monkeypatch, value, covariates):
    monkeypatch.setenv("DAYAHEAD_COVARIATES", value)

    assert read_settings().covariates == covariates


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAYAHEAD_POSTGRES_PORT", "many"),
        ("DAYAHEAD_CUTOFF_LEAD_HOURS", "24"),
        ("DAYAHEAD_MAX_STALE_SHARE", "0"),
        ("DAYAHEAD_TIMEZONE", "Mars/Olympus"),
        ("DAYAHEAD_TIMEZONE", "../etc/passwd"),
        ("DAYAHEAD_TIMEZONE", "localtime"),
        ("DAYAHEAD_TIMEZONE", "right/Europe/Berlin"),
        ("DAYAHEAD_STALE_AFTER_HOURS", "-1"),
        ("DAYAHEAD_TRAIN_DAYS", "2"),
    ],
)
def test_value_of_the_wrong_kind_is_refused_by_the_name_of_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=rf"{name}='{re.escape(value)}': .*See \.env\.example"):
        read_settings()


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seed = 5


def test_secrets_do_not_show():
    settings = Settings(database_url="postgresql://me:hidden@host/db", tracking_password="hidden")

    assert "hidden" not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("lead", "day", "cutoff"),
    [
        (0, date(2026, 8, 21), datetime(2026, 8, 20, 22, tzinfo=UTC)),
        (6, date(2026, 8, 21), datetime(2026, 8, 20, 16, tzinfo=UTC)),
        (0, date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (0, date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
    ],
)
def test_cutoff_is_the_start_of_the_target_day_less_the_lead(lead, day, cutoff):
    settings = Settings(timezone="Europe/Berlin", cutoff_lead_hours=lead)

    assert settings.cutoff_of(day) == cutoff


@pytest.mark.parametrize(("lead", "days"), [(0, 0), (0.5, 1), (6, 1)])
def test_readings_that_end_before_midnight_make_the_target_day_tomorrow(lead, days):
    assert Settings(cutoff_lead_hours=lead).days_ahead == days


def test_example_file_explains_every_setting_and_no_other():
    text = (PROJECT / ".env.example").read_text()

    explained = set(re.findall(r"^#?\s*DAYAHEAD_([A-Z_]+)=", text, re.MULTILINE))

    assert explained == {name.upper() for name in Settings.model_fields}


def test_example_file_shows_values_that_settings_accept(empty_place):
    lines = (PROJECT / ".env.example").read_text().splitlines()
    shown = [line.lstrip("# ") for line in lines if re.match(r"#?\s*DAYAHEAD_[A-Z_]+=", line)]
    (empty_place / ".env").write_text("\n".join(shown))

    assert read_settings().timezone


def test_passwords_of_a_container_come_from_its_secrets(tmp_path, monkeypatch):
    (tmp_path / "dayahead_database_url").write_text("postgresql://dayahead:of-a-file@postgres/traffic")
    monkeypatch.setattr("pipeline.config.SECRETS", tmp_path)

    settings = read_settings(tmp_path / "home")

    assert settings.database_url.get_secret_value() == "postgresql://dayahead:of-a-file@postgres/traffic"
