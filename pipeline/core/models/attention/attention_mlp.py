"""Attention without recurrence: all inputs are weighed against each other at once, then a small MLP reads them.

Scored: every position from all inputs, by one dense layer. Weights: one per position. Mixed: nothing; the weights multiply the inputs.
It is the cheapest, and blind to order but for the place in the vector: right as the yardstick that the recurrent ones have to beat.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import masked_softmax
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import Window


class AttentionMlp(nn.Module):
    """``w = softmax(Dense(x)); y = Linear(sigmoid(Linear(w · x)))``."""

    def __init__(self, positions: int, channels: int, outputs: int, hidden: int = 10) -> None:
        super().__init__()
        self.score = nn.Linear(positions * channels, positions)
        self.hidden = nn.Linear(positions * channels, hidden)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, inputs: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs ``(B, outputs)`` and weights ``(B, T)``.

        Args:
            inputs: ``(B, T, C)``.
            observed: ``(B, T)`` bool; positions that are not get weight 0. None for all.
        """
        weights = masked_softmax(self.score(inputs.flatten(1)), observed)
        weighted = inputs * weights.unsqueeze(-1)
        return self.out(torch.sigmoid(self.hidden(weighted.flatten(1)))), weights


class _Network(DayNetwork):
    """The days of the context are the positions."""

    def __init__(self, size: NetworkSize, layers: int) -> None:  # noqa: ARG002
        super().__init__(size, size.hidden)
        self.mechanism = AttentionMlp(size.context_days, self.token_width, size.hidden, size.hidden)
        self.dropout = nn.Dropout(size.dropout)

    def look(self, days: Days, window: Window) -> Look:  # noqa: ARG002
        hidden, weights = self.mechanism(days.tokens, days.there)
        return Look(self.dropout(hidden).unsqueeze(1), weights[:, None, None])


class AttentionMlpForecaster(WindowForecaster):
    """A small MLP on past days, each weighed as a whole."""

    name = "attention_mlp"
    defaults = MechanismSettings(hidden=32)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _Network(size, layers)
