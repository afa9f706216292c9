"""The table of names: every forecaster a Param form, a backtest or a training may ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ModelError

if TYPE_CHECKING:  # a DAG file reads the names below: nothing heavy may load with them
    from pipeline.core.models.contract import Forecaster

FORECASTERS = {
    "gru_attention": "pipeline.core.models.gru_attention.forecaster:GruAttention",
    "seasonal_naive_day": "pipeline.core.models.peers.seasonal_naive:SeasonalNaiveDay",
    "seasonal_naive_week": "pipeline.core.models.peers.seasonal_naive:SeasonalNaiveWeek",
    "seasonal_naive_mean": "pipeline.core.models.peers.seasonal_naive:SeasonalNaiveMean",
    "daily_gru_multihead": "pipeline.core.models.attention.daily_gru:DailyGruMultihead",
    "daily_gru_dot": "pipeline.core.models.attention.daily_gru:DailyGruDot",
    "lstm_pooled_attention": "pipeline.core.models.attention.lstm_pooled_attention:LstmPooledForecaster",
    "input_attention_lstm": "pipeline.core.models.attention.input_attention_lstm:InputAttentionForecaster",
    "bahdanau_gru": "pipeline.core.models.attention.bahdanau_gru:BahdanauForecaster",
    "attention_mlp": "pipeline.core.models.attention.attention_mlp:AttentionMlpForecaster",
    "shared_attention_lstm": "pipeline.core.models.attention.shared_attention_lstm:SharedAttentionForecaster",
    "lightgbm": "pipeline.core.models.peers.lightgbm:LightGbm",
    "lightgbm_bag": "pipeline.core.models.peers.lightgbm_bag:LightGbmBag",
}
PEERS = {  # of the optional group ``peers``: backtests may name them, trainings may not, for they cannot be saved
    "nhits": "pipeline.core.models.peers.neural:Nhits",
    "patchtst": "pipeline.core.models.peers.neural:PatchTst",
    "tft": "pipeline.core.models.peers.neural:Tft",
    "auto_ets": "pipeline.core.models.peers.statistical:AutoEts",
    "mstl": "pipeline.core.models.peers.statistical:Mstl",
}


def forecaster_class(name: str) -> type[Forecaster]:
    """Return the class behind a name.

    Raises:
        ModelError: The name is not in the table.
    """
    table = FORECASTERS | PEERS
    if name not in table:
        raise ModelError(f"unknown model {name!r}; expected one of {', '.join(table)}")
    module, attribute = table[name].split(":")
    return getattr(import_module(module), attribute)


def create(name: str, **settings: Any) -> Forecaster:
    """Return a new, unfitted forecaster."""
    return forecaster_class(name)(**settings)


def settings_of(name: str, asked: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody asked of a forecaster, checked: JSON, the name of a preset, or JSON with the name of one as ``preset``.

    Raises:
        ModelError: The forecaster, the preset or a setting is unknown, or a setting makes no sense.
    """
    from pipeline.core.models.settings import read_asked

    forecaster = forecaster_class(name)
    chosen = read_asked(name, asked, getattr(forecaster, "presets", {}))
    try:
        forecaster(**chosen)
    except TypeError as error:  # one that checks nothing itself
        raise ModelError(f"{name} does not know these settings: {error}; expected some of {', '.join(forecaster().settings)}") from error
    return chosen


def load(folder: Path) -> Forecaster:
    """Restore a saved forecaster from its folder.

    Raises:
        ModelError: There is no readable ``config.json``, or the forecaster's own ``load`` refuses.
    """
    try:
        name = str(json.loads((folder / "config.json").read_text())["name"])  # a list cannot be looked up
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"no readable config.json in {folder}: expected a folder that a forecaster saved ({error})") from error
    return forecaster_class(name).load(folder)
