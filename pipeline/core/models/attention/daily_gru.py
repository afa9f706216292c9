"""One token per day: a GRU reads whole past days, asks once which of them matter, and reads them again with the answer in mind.

Scored: each past day's encoder output against the encoder's final state, by one dot product or by several learnt ones (heads). Weights:
one per past day (and head). Mixed: the encoder outputs; the mix is repeated beside every day's token for the decoder. It is the right one
where a day repeats itself as a whole. In the dot variant the query *is* the output of the last day, so yesterday starts ahead by
construction; the heads of the other variant begin without that prejudice.

Letters: B batch, L past days, S steps a day, D width, H heads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import DotProductAttention, MultiHeadAttention
from pipeline.core.models.gru_attention.normalisation import Scale, normalise, normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.features import CLOCK, TWELVE
from pipeline.core.series.windows import Window

THROUGHPUTS = ("thp_2", "thp_1", "mean_thp", "thp")
DEFAULTS = MechanismSettings(context_days=7, hidden=64, layers=2, heads=4)
ORIGINAL: dict[str, Any] = {  # the sizes of the system this one follows: 178 million weights at 142 readings a day
    "context_days": 7,
    "hidden": 2048,
    "layers": 3,
    "heads": 8,
    "dropout": 0.1,
    "batch": 16,
    "epochs": 1000,
    "learning_rate": 1e-3,
}
Attention = DotProductAttention | MultiHeadAttention


class DailyGru(nn.Module):
    """``o, s = GRU(days); c = attend(s, o); y = Linear(ReLU(last of GRU([c, days], s)))``."""

    def __init__(self, channels: int, outputs: int, attention: Attention, hidden: int, layers: int, dropout: float) -> None:
        """Build encoder and decoder around an attention.

        Args:
            channels: Numbers in a day's token.
            outputs: Width of the summary.
            attention: Over the encoder's outputs, of width ``hidden``.
            hidden: ``D``.
            layers: Of encoder and of decoder.
            dropout: Share of the states dropped between layers in training.
        """
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.encoder = nn.GRU(channels, hidden, layers, batch_first=True, dropout=between)
        self.attention = attention
        self.decoder = nn.GRU(hidden + channels, hidden, layers, batch_first=True, dropout=between)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, tokens: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the summary ``(B, outputs)`` and weights ``(B, H, 1, L)``.

        Args:
            tokens: ``(B, L, channels)``, one whole day each.
            observed: ``(B, L)`` bool; days that are not get weight 0. None for all.
        """
        outputs, state = self.encoder(tokens)  # (B, L, D), (layers, B, D)
        context, weights = self.attention(state[-1].unsqueeze(1), outputs, observed)  # (B, 1, D)
        decoded, _ = self.decoder(torch.cat([context.expand(-1, tokens.shape[1], -1), tokens], -1), state)
        return self.out(F.relu(decoded[:, -1])), weights


class _Network(DayNetwork):
    """A token is all twelve features of all readings of a day, ``S · 12`` numbers, in the units of the window, and what covariates say."""

    heads: ClassVar[bool]

    def __init__(self, size: NetworkSize, layers: int) -> None:
        super().__init__(size, summary_width=size.hidden // 2)
        self.token_width = size.steps * len(TWELVE) + size.hidden * size.is_told
        attention = MultiHeadAttention(size.hidden, size.heads, size.dropout) if self.heads else DotProductAttention(size.dropout)
        self.mechanism = DailyGru(self.token_width, size.hidden // 2, attention, size.hidden, layers, size.dropout)

    def look(self, days: Days, window: Window) -> Look:
        tokens = features_of_window(window, days.scale).flatten(2)  # (B, L, S · 12)
        tokens = torch.cat([tokens, days.told.days], -1) if days.told else tokens
        summary, weights = self.mechanism(tokens, days.there)
        return Look(F.relu(summary).unsqueeze(1), weights)


class _MultiHeadNetwork(_Network):
    heads = True


class _DotNetwork(_Network):
    heads = False


def features_of_window(window: Window, scale: Scale) -> Tensor:
    """Return the twelve features ``(B, L, S, 12)`` in units of their own window; 0 where missing.

    Throughputs are scaled as the readings are, covariates each by itself; the clock's sines and cosines stay as they are. No scale is
    kept anywhere, so none can drift from the weights.
    """
    given = window.features[..., : len(TWELVE)]
    there = torch.isfinite(given) & window.past_observed.unsqueeze(-1)
    columns = []
    for i, name in enumerate(TWELVE):
        column = torch.where(there[..., i], given[..., i], 0.0)
        if name in THROUGHPUTS:
            column = normalise_target(column.flatten(1), scale).view_as(column) * there[..., i]
        elif name not in CLOCK:
            column, _ = normalise(column, there[..., i])
        columns.append(column)
    return torch.stack(columns, -1)


class DailyGruForecaster(WindowForecaster):
    """A ``WindowForecaster`` that reads the twelve features; the preset ``original`` gives it the sizes of the system it follows."""

    features = TWELVE
    presets = {"original": ORIGINAL}  # noqa: RUF012 — a ClassVar above


class DailyGruMultihead(DailyGruForecaster):
    """Daily GRU whose attention has several heads."""

    name = "daily_gru_multihead"
    defaults = DEFAULTS

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _MultiHeadNetwork(size, layers)


class DailyGruDot(DailyGruForecaster):
    """Daily GRU whose attention is one scaled dot product."""

    name = "daily_gru_dot"
    defaults = replace(DEFAULTS, heads=1)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _DotNetwork(size, layers)
