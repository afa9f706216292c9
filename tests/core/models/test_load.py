"""What a saved model's folder may say of itself."""

import json

import pytest

from pipeline.core.models import load
from pipeline.errors import ModelError


@pytest.mark.parametrize("name", [["gru_attention"], {"a": 1}, None, 7, "magic", "pipeline.core.models.peers.lightgbm:LightGbm"])
def test_a_name_that_is_none_of_the_table_is_refused_in_words(tmp_path, name):
    (tmp_path / "config.json").write_text(json.dumps({"name": name}))

    with pytest.raises(ModelError, match=r"unknown model .*; expected one of gru_attention"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "\0", '{"name"'])
def test_a_configuration_that_is_none_is_refused_in_words(tmp_path, text):
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(ModelError, match=r"no readable config\.json"):
        load(tmp_path)
