"""The step train by itself, on a grid in the store."""

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest

from pipeline.adapters.store.snapshots import Store
from pipeline.config import Settings
from pipeline.core import models
from pipeline.core.models import FORECASTERS
from pipeline.core.models.contract import Forecaster
from pipeline.core.models.peers.seasonal_naive import SeasonalNaiveWeek
from pipeline.steps.train import train
from tests.fixtures.grids import make_grid
from tests.fixtures.training import RUN


class Lead(SeasonalNaiveWeek):
    """A rule that remembers how early it was told it would have to forecast."""

    def fit(self, grid, split, options):
        return {f"unknown_{site.name}": float(steps) for site, steps in zip(grid.sites, options.unknown_steps, strict=True)}


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Settings with the grid of two sites in the store."""
    settings = Settings(home=tmp_path, test_days=3, validation_days=3)
    store = Store(settings.store_url)
    store.write_result(RUN, "features", {"grid": store.put(RUN, "grid", ".safetensors", make_grid(sites=2, days=30).save)})
    return settings


def test_result_of_trees_holds_nothing_that_json_refuses(settings, caplog):
    """Airflow hands results on as JSON and refuses a NaN: trees, which have no loss on the way, could not be trained in it."""
    caplog.set_level(logging.INFO)

    result = train(RUN, settings, architecture="lightgbm")

    json.dumps(result, allow_nan=False)
    assert [point["loss"] for point in result["curves"]] == [None] * 7
    assert "training architecture=lightgbm iteration=7/7 remaining=0:00:00" in caplog.messages


def test_log_of_an_ensemble_names_the_member_and_says_how_long_it_will_take(settings, caplog):
    caplog.set_level(logging.INFO)

    train(RUN, settings, architecture="gru_attention", epochs=1)

    told = [message for message in caplog.messages if message.startswith("training")]
    assert all(re.search(r" member=[1-9]/\d+ iteration=\d+/\d+ loss=\d", line) for line in told)
    assert all(re.search(r" remaining=\d+:\d\d:\d\d$", line) for line in told[1:])
    assert told[-1].endswith("remaining=0:00:00")


def test_whoever_shows_the_progress_gets_every_report_and_the_log_none(settings, caplog):
    caplog.set_level(logging.INFO)
    seen = []

    train(RUN, settings, architecture="lightgbm", show=seen.append)

    assert [line.iteration for line in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert not any(message.startswith("training") for message in caplog.messages)


def test_a_model_is_trained_for_the_lead_of_each_site(settings, monkeypatch):
    monkeypatch.setitem(FORECASTERS, Lead.name, f"{__name__}:Lead")
    grid, store = make_grid(sites=2, days=30), Store(settings.store_url)
    grid = replace(grid, sites=(replace(grid.sites[0], timezone="Europe/Berlin"), grid.sites[1]))
    store.write_result(RUN, "features", {"grid": store.put(RUN, "grid", ".safetensors", grid.save)})

    midnight = train(RUN, settings, architecture=Lead.name)
    evening = train(RUN, settings.model_copy(update={"cutoff_lead_hours": 6}), architecture=Lead.name)

    assert midnight["figures"] == {"unknown_site-0": 23, "unknown_site-1": 0}
    assert evening["figures"] == {"unknown_site-0": 5, "unknown_site-1": 6}


def test_chosen_settings_are_kept_with_the_model_and_restored(settings):
    result = train(RUN, settings, architecture="gru_attention", epochs=1, model_settings='{"hidden": 16, "members": 1, "companion": false}')

    chosen = {"hidden": 16, "members": 1, "companion": False}
    restored = Store(settings.store_url).get(result["model"], _loaded)
    assert result["chosen"] == chosen
    assert restored.settings == result["settings"] == result["settings"] | chosen | {"epochs": 1}


def test_settings_of_the_deployment_hold_for_its_own_model_alone_and_give_way_to_what_is_asked(settings):
    usual = settings.model_copy(update={"model": "lightgbm", "model_settings": '{"trees": 3, "leaves": 4}', "context_days": 9})

    alone = train(RUN, usual)
    asked = train(RUN, usual, model_settings={"trees": 2, "context_days": 8})
    other = train(RUN, usual, architecture="seasonal_naive_week")

    assert (alone["settings"]["trees"], alone["settings"]["leaves"], alone["settings"]["context_days"]) == (3, 4, 9)
    assert (asked["settings"]["trees"], asked["settings"]["leaves"], asked["settings"]["context_days"]) == (2, 31, 8)
    assert (other["chosen"], other["settings"]) == ({}, {"context_days": 9})


def _loaded(path: Path) -> Forecaster:
    with TemporaryDirectory() as folder, ZipFile(path) as archive:
        archive.extractall(folder)
        return models.load(Path(folder))
