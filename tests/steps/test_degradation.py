"""The ladder: whatever happens to the champion, every live site has a forecast, and each row says who made it."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow import registry
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.series.frames import Site
from pipeline.errors import ModelError
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.promote import promote_version
from pipeline.steps.register import register
from pipeline.steps.validate import validate
from tests.fixtures.snapshots import RUN, make_readings, put_snapshot
from tests.fixtures.training import evaluation, store_training
from tests.fixtures.versions import LATER

SITES = (Site("north"), Site("south"))
AWAY = {"tracking_url": "http://127.0.0.1:9"}
PICKLE = b"\x80\x04}\x94\x8c\x07weights\x94K\x01s."  # of {"weights": 1}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Root of a store with a day ready to be forecast."""
    settings = Settings(home=tmp_path_factory.mktemp("day"))
    put_snapshot(settings, make_readings("north", "south"), SITES)
    validate(RUN, settings)
    features(RUN, settings)
    return settings.store_url


@pytest.fixture
def ladder(governed: Settings, train, day: str) -> Settings:
    """Settings with version 2 as champion after version 1, both kept on this machine, and a day ready to be forecast."""
    for run in (RUN, LATER):
        promote_version(governed, train(run), "anna", "trial")
    return governed.model_copy(update={"store": day})


def rungs(settings: Settings) -> dict[str, tuple[str, str]]:
    """Rung and version behind each site's rows."""
    rows = Store(settings.store_url).get_frame(forecast(RUN, settings)["forecasts"])
    assert len(rows) == 48
    return {site: next(iter(set(zip(own["degradation"], own["model_version"], strict=True)))) for site, own in rows.groupby("site")}


def everywhere(rung: str, version: str) -> dict[str, tuple[str, str]]:
    return {site.name: (rung, version) for site in SITES}


def harm(settings: Settings, *versions: str) -> None:
    """Cut this machine's copies of versions."""
    for version in versions:
        (settings.home / "models" / version / "config.json").write_text("{")


def test_champion_kept_here_forecasts_undegraded_while_the_tracking_server_is_away(ladder, caplog):
    assert rungs(ladder.model_copy(update=AWAY)) == everywhere("none", "2")
    assert "loading this machine's own copy rung=champion version=2 reason=the MLflow server" in caplog.text


def test_previous_champion_forecasts_where_the_champions_copy_is_cut_and_the_server_away(ladder, caplog):
    harm(ladder, "2")

    assert rungs(ladder.model_copy(update=AWAY)) == everywhere("previous_champion", "1")
    assert "they were changed or cut" in caplog.text
    assert "degraded forecast target_day=2026-01-15" in caplog.text


def test_seasonal_naive_forecasts_where_no_copy_is_whole(ladder):
    harm(ladder, "1", "2")

    assert rungs(ladder.model_copy(update=AWAY)) == everywhere("seasonal_naive", "seasonal_naive_mean")


def test_copies_are_mended_from_the_server(ladder):
    harm(ladder, "1", "2")

    assert rungs(ladder) == everywhere("none", "2")


def test_seasonal_naive_forecasts_where_this_machine_has_never_seen_a_champion(ladder):
    shutil.rmtree(ladder.home / "models")

    assert rungs(ladder.model_copy(update=AWAY)) == everywhere("seasonal_naive", "seasonal_naive_mean")


def test_previous_champion_forecasts_where_a_pickle_was_smuggled_into_the_champion(ladder, tmp_path, caplog):
    third = Run("train", date(2026, 2, 28), datetime(2026, 2, 28, tzinfo=UTC))
    store_training(ladder, evaluation(), run=third, context_days=9)
    version = register(third, ladder)["version"]
    promote_version(ladder, version, "anna", "trial")
    placed = Path(tmp_path, "smuggled", "artifacts", "forecaster", "extra.json")
    placed.parent.mkdir(parents=True)
    placed.write_bytes(PICKLE)
    client = MlflowClient(ladder.tracking_url)
    model_id = client.get_model_version(ladder.registered_model, version).source.rsplit("/", 1)[-1]

    client.log_model_artifacts(model_id, str(tmp_path / "smuggled"))
    shutil.rmtree(ladder.home / "models" / version)

    assert rungs(ladder) == everywhere("previous_champion", "2")
    assert "artifacts/forecaster/extra.json may run code" in caplog.text


def test_previous_champion_forecasts_where_the_champion_is_of_another_architecture_version(ladder, caplog):
    folder = ladder.home / "models" / "2"
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"name": "gru_attention", "architecture": 99}))
    tag = registry.model_files.content_hash(folder)
    MlflowClient(ladder.tracking_url).set_model_version_tag(ladder.registered_model, "2", "content", tag)

    assert rungs(ladder) == everywhere("previous_champion", "1")
    assert "architecture version 99; this code reads" in caplog.text


@pytest.mark.parametrize("error", [ModelError("another interval"), RuntimeError("CUDA out of memory")])
def test_next_rung_answers_where_a_model_fails_while_it_forecasts(ladder, monkeypatch, caplog, error):
    whole = models.load(ladder.home / "models" / "1").forecast
    asked = []

    def fail_first(self, grid, origins):
        asked.append(len(origins))
        if len(asked) == 1:
            raise error
        return whole(grid, origins)

    monkeypatch.setattr(type(models.load(ladder.home / "models" / "1")), "forecast", fail_first)

    assert rungs(ladder) == everywhere("previous_champion", "1")
    assert f"rung does not answer rung=none version=2 reason={type(error).__name__}: {error}" in caplog.text


def test_only_the_site_whose_features_are_broken_falls_to_the_last_rung(ladder, tmp_path):
    broken = ladder.model_copy(update={"store": (tmp_path / "store").as_uri()})
    readings = make_readings("north", "south")
    silent = (readings["site"] == "south") & (readings["ts"] >= RUN.cutoff - timedelta(hours=60))
    put_snapshot(broken, readings[~silent].reset_index(drop=True), SITES)
    validate(RUN, broken)
    features(RUN, broken)

    assert rungs(broken) == {"north": ("none", "2"), "south": ("seasonal_naive", "seasonal_naive_mean")}
