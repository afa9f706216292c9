"""Settings that people ask for: checked against the architecture's own, in words."""

import pytest

from pipeline.core.models import FORECASTERS, create, settings_of
from pipeline.errors import ModelError

TREES = {"trees": 2}


@pytest.mark.parametrize(
    ("name", "asked", "chosen"),
    [
        ("gru_attention", '{"hidden": 32, "dropout": 0}', {"hidden": 32, "dropout": 0}),
        ("gru_attention", '{"covariates": ["device_num"], "companion": false}', {"covariates": ["device_num"], "companion": False}),
        ("lightgbm", TREES, TREES),
        ("seasonal_naive_week", '{"context_days": 14}', {"context_days": 14}),
        ("lightgbm", "", {}),
    ],
)
def test_settings_are_json_values_of_the_architecture(name, asked, chosen):
    assert settings_of(name, asked) == chosen
    assert create(name, **chosen).settings | chosen == create(name, **chosen).settings


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        (
            "gru_attention",
            '{"hiden": 64}',
            "gru_attention does not know these settings: hiden; expected some of context_days, members, hidden",
        ),
        ("gru_attention", '{"hidden": "wide"}', "hidden='wide'; expected a whole number from 2 to 8192"),
        ("gru_attention", '{"members": true}', "members=True; expected a whole number"),
        ("gru_attention", '{"hidden": 64.5}', r"hidden=64\.5; expected a whole number"),
        ("gru_attention", '{"learning_rate": NaN}', r"learning_rate=nan; expected a number from 1e-07 to 1"),
        ("gru_attention", '{"companion": 1}', "companion=1; expected true or false"),
        ("gru_attention", '{"covariates": "device_num"}', "expected a list of names, or null"),
        ("gru_attention", '{"hidden": 10, "heads": 4}', "hidden=10 with heads=4"),
        ("daily_gru_multihead", '{"dropout": 1.5}', r"daily_gru_multihead: dropout=1\.5; expected a number from 0 to 0\.9"),
        ("lightgbm", '{"leaves": 1}', "leaves=1; expected a whole number from 2"),
        ("lightgbm_bag", '{"hidden": 64}', "do(es)? not know these settings: hidden; expected some of context_days, trees"),
        ("seasonal_naive_day", '{"context_days": 0}', "context_days=0; expected a whole number from 1"),
        ("gru_attention", "[64]", r"settings of gru_attention are '\[64\]'; expected a JSON object"),
        ("gru_attention", "original", "'original' is neither JSON .* nor a preset of gru_attention: it has none"),
        ("daily_gru_dot", "originals", "'originals' is neither JSON .* nor a preset of daily_gru_dot: it has original"),
        ("daily_gru_dot", '{"preset": ["original"]}', "is neither JSON"),
        ("gru", "", "unknown model 'gru'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(name, asked, message):
    with pytest.raises(ModelError, match=message):
        settings_of(name, asked)


@pytest.mark.parametrize("name", ["daily_gru_multihead", "daily_gru_dot"])
def test_the_preset_original_has_its_authors_sizes_and_may_be_gone_on_from(name):
    sizes = {"context_days": 7, "hidden": 2048, "layers": 3, "heads": 8, "dropout": 0.1, "batch": 16, "learning_rate": 1e-3}

    assert settings_of(name, "original") == sizes | {"epochs": 1000}
    assert settings_of(name, '{"preset": "original", "epochs": 20}') == sizes | {"epochs": 20}


def test_every_trainable_model_says_which_settings_it_has():
    for name in FORECASTERS:
        with pytest.raises(ModelError, match=r"do(es)? not know these settings: depth; expected some of context_days"):
            settings_of(name, {"depth": 3})
