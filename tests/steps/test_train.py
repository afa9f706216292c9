"""The step train by itself, on a grid in the store."""

import json
import logging
import re
from dataclasses import replace

import pytest

from pipeline.adapters.store.snapshots import Store
from pipeline.config import Settings
from pipeline.core.models import FORECASTERS
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
