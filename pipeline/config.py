"""Settings: every one a ``DAYAHEAD_*`` variable, read from the environment, ``.env`` and what ``make up`` wrote, in that order."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.core.series.zones import is_zone
from pipeline.errors import ConfigurationError

log = logging.getLogger(__name__)

STACK_FILE = "stack.env"
OTHERS = {f"DAYAHEAD_{name}" for name in ("DEBUG", "STACK", "SCREENSHOTS", "TEST_DATA")}  # variables that are read and are no settings
_told: set[str] = set()
SECRETS = Path("/run/secrets")  # of a container: a file per variable, named like it in lower case, such as dayahead_database_url


class Settings(BaseSettings):
    """What a deployment decides. Field ``x_y`` is variable ``DAYAHEAD_X_Y``; ``.env.example`` explains each."""

    model_config = SettingsConfigDict(env_prefix="DAYAHEAD_", extra="ignore", frozen=True)

    home: Path = Path(".dayahead")
    store: str = ""  # file:// or s3:// root of snapshots; empty: home/store
    database_url: SecretStr = SecretStr("")
    tracking_url: str = ""
    tracking_username: str = ""
    tracking_password: SecretStr = SecretStr("")
    airflow_url: str = ""
    public_url: str = ""  # where people reach Airflow, for the links that leave it; empty: airflow_url
    postgres_port: int = 5442
    airflow_port: int = 8090
    mlflow_port: int = 5010
    redis_port: int = 6390
    executor: Literal["local", "celery"] = "local"  # of the embedded Airflow: in the scheduler, or on workers behind Redis
    task_silence_seconds: int = Field(60, ge=6)  # a task whose worker is silent for longer is taken for lost and tried again
    scheduler_idle_seconds: float = Field(1.0, ge=0.1)  # how long the embedded Airflow's scheduler sleeps when it finds nothing to do
    dags: str = ""  # folder of DAG files that the embedded Airflow runs; empty: the project's own

    timezone: str = "UTC"  # zone of the schedule, and of sites that name none
    cutoff_lead_hours: float = Field(0.0, ge=0, lt=24)  # how long before the target day's start the readings end
    schedule: str = "0 0 * * *"  # cron of forecast_day_ahead, in `timezone`
    train_schedule: str = "0 2 * * 0"
    covariates: Annotated[tuple[str, ...], NoDecode] = ("device_num", "dxcc_usage")
    features: Annotated[tuple[str, ...], NoDecode] = ()  # names of core.series.features to offer to models beside what each makes itself
    billing_timezone: str = ""  # zone of the months whose 95th percentile is asked for; empty for none
    unit: str = Field("", max_length=24, pattern=r"^[^<>&\x00-\x1f]*$")  # of throughput and capacity, as people are to read it: bit/s

    model: str = "gru_attention"
    model_settings: str = ""  # of that model: JSON, or the name of a preset; empty: the model's own
    registered_model: str = "dayahead"
    groups: Annotated[tuple[str, ...], NoDecode] = ()  # KEY=VALUE of labels: their sites get a model and a champion of their own
    context_days: Annotated[int | None, Field(ge=7)] = None  # past days that a model looks at; None: the model's own
    train_days: int = Field(400, ge=14)  # history that train_model reads
    forecast_days: int = Field(90, ge=14)  # history that forecast_day_ahead reads: the model's context, and what is usual at a site
    validation_days: int = Field(14, ge=1)
    test_days: int = Field(14, ge=1)
    shards: int = Field(1, ge=1, le=1000)  # parts into which a forecast and a training divide the sites
    approval: Literal["automatic", "required"] = "automatic"  # must a person agree before a version becomes champion?
    approval_hours: float = Field(48.0, gt=0)  # how long an answer is waited for
    approval_at_timeout: Literal["reject", "approve"] = "reject"  # what silence means
    reviewers: Annotated[tuple[str, ...], NoDecode] = ()  # Airflow users who may answer; none: whoever may trigger the DAG
    shadow_days: int = Field(14, ge=2)  # days that a challenger is compared in the shadow before it asks for promotion
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: int = 0

    keep_traffic_days: int = Field(0, ge=0)  # 0: for ever
    keep_forecasts_days: int = Field(400, ge=0)  # with their attention; 0: for ever
    keep_snapshots_days: int = Field(30, ge=7)
    keep_docs_days: int = Field(60, ge=7)  # Data Docs of validations

    new_sites: Literal["add", "alert"] = "add"  # a site whose readings come and that table sites does not know: forecast it, or only tell
    stale_after_hours: float = Field(48.0, gt=0)  # a site silent for longer is left to the ladder
    dead_after_days: int = Field(28, ge=1)  # a site silent for longer gets no forecast
    max_stale_share: float = Field(0.5, gt=0, le=1)  # more stale sites than this break the batch
    min_completeness: float = Field(0.5, ge=0, le=1)  # of the last seven days, per site
    flat_after_hours: float = Field(24.0, gt=0)  # a site that repeats one non-zero reading for longer is left to the ladder

    deadline_minutes: int = Field(120, ge=1)  # after its start, a forecast that is not published is late
    anomaly_steps: int = Field(6, ge=1)  # steps in a row outside q05 … q95 that make an anomaly
    drift_psi: float = Field(0.25, gt=0)  # a feature beyond this and beyond what is usual has drifted
    decay_days: int = Field(7, ge=1)  # scored days over which the champion's error is rolled
    decay_against: Literal["backtest", "seasonal_naive"] = "backtest"  # what that error is measured by
    decay_ratio: float = Field(1.5, gt=0)  # the error over that of `decay_against` beyond which the champion has decayed
    retrain_cooldown_days: float = Field(7.0, gt=0)  # monitoring asks for one training in this time
    alert_degraded_share: float = Field(0.0, ge=0, le=1)  # alert where more of the sites got no forecast by the champion
    alert_capacity_risk: float = Field(0.2, gt=0, le=1)  # alert where a site exceeds its capacity with this probability
    alert_anomaly_share: float = Field(0.05, gt=0, le=1)  # alert where this share of the sites had an anomaly
    runbook_url: str = ""  # where alerts say the runbook lies; empty: the page's own copy of docs/operations.md

    @field_validator("covariates", "features", "groups", "reviewers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("context_days", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("groups")
    @classmethod
    def _labels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(0 < group.find("=") < len(group) - 1 for group in value) or len(set(value)) < len(value):
            raise ValueError("expected KEY=VALUE of labels, each once, with commas between: region=west,region=east")
        return value

    @field_validator("timezone", "billing_timezone")
    @classmethod
    def _known_zone(cls, value: str, info: ValidationInfo) -> str:
        if not is_zone(value) and (value or info.field_name == "timezone"):
            raise ValueError("expected an IANA name such as Europe/Berlin")
        return value

    @property
    def store_url(self) -> str:
        """Root of snapshots and step results, an fsspec URL."""
        return self.store or (self.home.resolve() / "store").as_uri()

    @property
    def people_url(self) -> str:
        """Address by which people reach Airflow, without a slash at its end."""
        return (self.public_url or self.airflow_url).rstrip("/")

    @property
    def days_ahead(self) -> int:
        """Days from the day on which the schedule fires to the target day: 1 where the readings end before midnight, else 0."""
        return int(self.cutoff_lead_hours > 0)

    def model_of(self, group: str) -> str:
        """Return the name of the registered model of a group of sites, or of the fleet; what a name may not hold is percent-encoded."""
        return f"{self.registered_model}-{quote(group, safe='= ')}" if group else self.registered_model

    def cutoff_of(self, target_day: date) -> datetime:
        """Return the instant (UTC) up to which readings are known when ``target_day`` is forecast."""
        from pipeline.core.series.clock import day_start  # loads numpy and pandas: not while a DAG file is parsed

        return day_start(target_day, self.timezone) - timedelta(hours=self.cutoff_lead_hours)


def read_settings(home: Path | None = None) -> Settings:
    """Return the settings of this process: environment first, then ``.env``, then the embedded stack's own file.

    Args:
        home: Home of the stack; None for the one that ``DAYAHEAD_HOME`` names, ``.dayahead`` by default.

    Raises:
        ConfigurationError: A variable has a value of the wrong kind; the message names it.
    """
    home = home or Path(os.environ.get("DAYAHEAD_HOME", "") or _home_in(Path(".env")) or ".dayahead")
    _tell_unknown(os.environ.keys(), "the environment")
    for file in (home / STACK_FILE, Path(".env")):
        _tell_unknown(_names_in(file), str(file))
    try:
        return Settings(home=home, _env_file=(home / STACK_FILE, ".env"), _secrets_dir=SECRETS if SECRETS.is_dir() else None)
    except ValidationError as error:
        faults = "; ".join(f"DAYAHEAD_{'_'.join(map(str, e['loc'])).upper()}={e['input']!r}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{faults}. See .env.example for what each setting expects") from error


def _home_in(file: Path) -> str:
    from dotenv import dotenv_values

    return dotenv_values(file).get("DAYAHEAD_HOME") or ""


def _names_in(file: Path) -> Iterable[str]:
    from dotenv import dotenv_values

    return dotenv_values(file).keys()


def _tell_unknown(names: Iterable[str], where: str) -> None:
    """Say which variables look like settings and are none, each once in a process: a mistyped one would change nothing, without a word."""
    known = {f"DAYAHEAD_{field.upper()}" for field in Settings.model_fields} | OTHERS
    for name in sorted({name.upper() for name in names if name.upper().startswith("DAYAHEAD_")} - known - _told):
        _told.add(name)
        meant = get_close_matches(name, known, n=1, cutoff=0.8)
        log.warning("%s in %s is not a setting%s", name, where, f"; did you mean {meant[0]}?" if meant else ": .env.example lists them all")
