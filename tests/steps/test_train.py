"""The step train by itself, on a grid in the store."""

import json
import logging
import re

import pytest

from pipeline.adapters.store.snapshots import Store
from pipeline.config import Settings
from pipeline.steps.train import train
from tests.fixtures.grids import make_grid
from tests.fixtures.training import RUN


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
