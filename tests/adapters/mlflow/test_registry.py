"""The registry against a real MLflow server: what a version holds, and what is never loaded."""

import os
import socket
import time
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from pydantic import SecretStr

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.mlflow.packaging import Candidate
from pipeline.adapters.mlflow.tracking import DatasetUsed, TrainingRecord, check_answers, log_training
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.models.contract import Origins
from pipeline.errors import ConfigurationError, ModelError, ServiceError, StoreError
from pipeline.steps.register import example_of
from tests.fixtures.grids import make_grid
from tests.fixtures.tracking import serve
from tests.fixtures.training import RUN

PICKLE = b"\x80\x04}\x94\x8c\x07weights\x94K\x01s."  # of {"weights": 1}
NOWHERE = {"tracking_url": "http://127.0.0.1:9"}
GRID = make_grid(sites=2, days=30)


@pytest.fixture
def add_version(tracked: Settings, tmp_path: Path):
    """Function that registers a seasonal naive with a context of so many days, then changes to its folder, and returns the version."""

    def add(context_days: int = 7, **files: str) -> str:
        folder = tmp_path / f"forecaster-{context_days}"
        folder.mkdir()
        models.create("seasonal_naive_week", context_days=context_days).save(folder)
        for name, text in files.items():
            (folder / name.replace("_json", ".json")).write_text(text)
        shown = record(str(context_days))
        told = {"card": "# card", "tags": {}, "metrics": {"wape": 0.01 * context_days}, "dataset": shown.dataset}
        candidate = Candidate(folder, "seasonal_naive_week", GRID.sites, 60, (), example_of(GRID), **told)
        return registry.register_version(tracked, RUN, log_training(tracked, RUN, shown), candidate)

    return add


def record(content: str) -> TrainingRecord:
    dataset = DatasetUsed("file:///readings.parquet", rows=1, sites=2, digest="0")
    return TrainingRecord(params={}, curves=[], metrics={}, dataset=dataset, tags={"run": RUN.folder, "content": content})


def model_of(settings: Settings, version: str) -> str:
    """Id of the MLflow model behind a version, whose source reads models:/<id>."""
    return MlflowClient(settings.tracking_url).get_model_version(settings.registered_model, version).source.rsplit("/", 1)[-1]


def overwrite(settings: Settings, version: str, path: str, content: bytes, folder: Path) -> None:
    """Put a file into a version behind the registry's back."""
    placed = folder / "smuggled" / path
    placed.parent.mkdir(parents=True)
    placed.write_bytes(content)
    MlflowClient(settings.tracking_url).log_model_artifacts(model_of(settings, version), str(folder / "smuggled"))


def files_of(settings: Settings, version: str, folder: Path) -> set[str]:
    uri, whole = f"models:/{model_of(settings, version)}", folder / "whole"
    mlflow.artifacts.download_artifacts(uri, dst_path=str(whole), tracking_uri=settings.tracking_url)
    return {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}


def test_version_loads_by_number_and_alias_as_it_was_saved(tracked, add_version):
    version = add_version(context_days=14)

    by_number, number = registry.load_version(tracked, version)
    by_alias, alias = registry.load_version(tracked, "challenger")

    assert number == alias == version
    origins = Origins.every(2, range(29, 30))
    saved = models.create("seasonal_naive_week", context_days=14)
    np.testing.assert_array_equal(by_number.forecast(GRID, origins).quantiles, saved.forecast(GRID, origins).quantiles)
    assert by_alias.context_days == 14


def test_versions_are_ranked_by_their_error_on_the_dataset_that_they_were_judged_by(tracked, add_version):
    worse, better = add_version(9), add_version(5)
    ranked = [{"field_name": "metrics.wape", "dataset_name": "readings.parquet", "dataset_digest": "0", "ascending": True}]

    with registry.connected(tracked) as client:
        experiment = client.get_experiment_by_name(tracked.registered_model).experiment_id
        found = mlflow.search_logged_models([experiment], order_by=ranked, output_format="list")

    assert [each.model_id for each in found][:2] == [model_of(tracked, better), model_of(tracked, worse)]
    assert {(metric.key, metric.dataset_digest) for metric in found[0].metrics} == {("wape", "0")}


def test_version_holds_no_pickle_and_pins_what_serving_needs(tracked, add_version, tmp_path):
    files = files_of(tracked, add_version(), tmp_path)

    assert {"MLmodel", "served_model.py", "artifacts/fleet.json", "artifacts/forecaster/config.json"} <= files
    assert not [name for name in files if Path(name).suffix in (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib")]
    assert "code/pipeline/core/models/__init__.py" in files
    assert not [name for name in files if "adapters" in name or "__pycache__" in name]
    pins = (tmp_path / "whole" / "requirements.txt").read_text().split()
    assert {pin.split("==")[0] for pin in pins} == {"holidays", "mlflow", "numpy", "pandas", "safetensors", "torch"}
    assert not [pin for pin in pins if "+" in pin]


def test_load_refuses_a_pickle_smuggled_in_under_any_name(tracked, add_version, tmp_path):
    version = add_version()
    overwrite(tracked, version, "artifacts/forecaster/extra.json", PICKLE, tmp_path)

    with pytest.raises(ModelError, match=r"artifacts/forecaster/extra.json may run code"):
        registry.load_version(tracked, version)


def test_load_refuses_changed_weights(tracked, add_version, tmp_path):
    version = add_version()
    overwrite(tracked, version, "artifacts/forecaster/config.json", b'{"name": "seasonal_naive_week", "settings": {}}', tmp_path)

    with pytest.raises(ModelError, match=rf"version {version} has files with hash .* registered with .* changed or cut"):
        registry.load_version(tracked, version)


def test_load_says_which_architecture_it_does_not_know(tracked, add_version):
    version = add_version(context_days=8, config_json='{"name": "seasonal_naive_year", "settings": {}}')

    with pytest.raises(ModelError, match="unknown model 'seasonal_naive_year'"):
        registry.load_version(tracked, version)


def test_load_says_which_versions_there_are(tracked, add_version):
    add_version()

    with pytest.raises(ModelError, match="has no version '7'; it has 1"):
        registry.load_version(tracked, "7")


def test_champion_is_missing_in_words_before_the_first_promotion(tracked):
    with pytest.raises(ModelError, match="has no champion yet; train_model makes one"):
        registry.load_champion(tracked)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", ""])
def test_champion_and_the_one_before_load_while_the_server_is_away(tracked, add_version, address):
    first, second = add_version(context_days=7), add_version(context_days=14)
    registry.set_champion(tracked, first, previous=None)
    registry.set_champion(tracked, second, previous=first)
    away = tracked.model_copy(update={"tracking_url": address})

    champion, version = registry.load_champion(away)
    previous, version_before = registry.load_previous_champion(away)

    assert (champion.context_days, version) == (14, second)
    assert (previous.context_days, version_before) == (7, first)


def test_champion_is_fetched_again_when_this_machines_copy_is_harmed(tracked, add_version):
    version = add_version()
    registry.set_champion(tracked, version, previous=None)
    (tracked.home / "models" / version / "config.json").write_text("{")

    with pytest.raises(ModelError, match="changed or cut"):
        registry.load_champion(tracked.model_copy(update=NOWHERE))
    assert registry.load_champion(tracked)[1] == version


def test_champion_stays_when_its_successor_cannot_be_trusted(tracked, add_version, tmp_path):
    good, bad = add_version(context_days=7), add_version(context_days=14)
    registry.set_champion(tracked, good, previous=None)
    overwrite(tracked, bad, "artifacts/forecaster/weights.pkl", b"x", tmp_path)

    with pytest.raises(ModelError, match="may run code"):
        registry.set_champion(tracked, bad, previous=good)
    assert registry.champion_version(tracked) == good


def test_champion_says_that_this_machine_cannot_keep_it(tracked, add_version, tmp_path):
    registry.set_champion(tracked, add_version(), previous=None)
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot keep the model below .* check DAYAHEAD_HOME"):
        registry.load_champion(tracked.model_copy(update={"home": tmp_path / "file"}))


def test_register_refuses_a_forecaster_that_saved_a_pickle(tracked, add_version):
    with pytest.raises(ModelError, match=r"weights.pt may run code"):
        add_version(**{"weights.pt": "x"})


def test_server_that_is_down_is_said_within_seconds(tmp_path):
    started = time.monotonic()

    with pytest.raises(ServiceError, match=r"http://127.0.0.1:9 does not answer .* make up"):
        registry.load_champion(Settings(home=tmp_path, **NOWHERE))
    assert time.monotonic() - started < 5


def test_server_that_hangs_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.adapters.mlflow.tracking.ANSWER_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        with pytest.raises(ServiceError, match="does not answer"):
            check_answers(Settings(home=tmp_path, tracking_url=f"http://127.0.0.1:{silent.getsockname()[1]}"))


def test_server_must_be_set(tmp_path):
    with pytest.raises(ConfigurationError, match="DAYAHEAD_TRACKING_URL is ''"):
        registry.champion_version(Settings(home=tmp_path))


def test_addresses_carry_no_login(tmp_path):
    settings = Settings(home=tmp_path, tracking_url="http://reviewer:secret@mlflow.example:5000")

    assert version_url(settings, "3") == "http://mlflow.example:5000/#/models/dayahead/versions/3"


def test_training_is_logged_once_and_again_where_logging_broke_off(tracked, monkeypatch):
    unfinished = record("a")
    unfinished.figures.append(Path("/nowhere/picture.png"))
    with pytest.raises(FileNotFoundError):
        log_training(tracked, RUN, unfinished)

    first, second, other = (log_training(tracked, RUN, record(content)) for content in "aab")

    runs = MlflowClient(tracked.tracking_url).search_runs(
        [MlflowClient(tracked.tracking_url).get_experiment_by_name(tracked.registered_model).experiment_id]
    )
    assert first == second != other
    assert sorted(run.info.status for run in runs) == ["FAILED", "FINISHED", "FINISHED"]


def test_login_opens_the_server_and_does_not_stay_in_the_environment(tmp_path):
    (tmp_path / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{tmp_path}/auth.db\nadmin_username = admin\n"
        "admin_password = correct-horse-battery\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    environment = {"MLFLOW_AUTH_CONFIG_PATH": str(tmp_path / "auth.ini"), "MLFLOW_FLASK_SERVER_SECRET_KEY": "for-this-test-only"}
    for url in serve(tmp_path, "--app-name", "basic-auth", environment=environment):
        right = Settings(home=tmp_path, tracking_url=url, tracking_username="admin", tracking_password=SecretStr("correct-horse-battery"))
        wrong = right.model_copy(update={"tracking_password": SecretStr("wrong")})

        assert registry.champion_version(right) is None
        assert "MLFLOW_TRACKING_PASSWORD" not in os.environ
        with pytest.raises(ConfigurationError, match="refuses the login; check DAYAHEAD_TRACKING_USERNAME") as caught:
            registry.champion_version(wrong)
        assert "wrong" not in str(caught.value)
