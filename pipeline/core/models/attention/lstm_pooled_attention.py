"""Attention pooling: an LSTM reads the series, and its states are averaged by how much each has to say.

Scored: every state of the LSTM, alone. Nobody asks a question; the score network learns which kind of moment matters. Weights: one per
time step. Mixed: the states. It is the right one where a single summary of a series is wanted, and the plainest of all.
"""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import AdditiveScore, masked_softmax
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import Window


class LstmPooledAttention(nn.Module):
    """``h = LSTM(x); w = softmax(v · tanh(W h)); y = Linear(Σ w h)``."""

    def __init__(self, channels: int, outputs: int, hidden: int = 64, layers: int = 2) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True)
        self.score = AdditiveScore(hidden, hidden)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, series: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs ``(B, outputs)`` and weights ``(B, T)``.

        Args:
            series: ``(B, T, C)``.
            observed: ``(B, T)`` bool; steps that are not get weight 0. None for all.
        """
        states, _ = self.lstm(series)  # (B, T, D)
        weights = masked_softmax(self.score(states), observed)
        pooled = (weights.unsqueeze(1) @ states).squeeze(1)  # (B, D)
        return self.out(pooled), weights


class _Network(DayNetwork):
    """The days of the context are the steps of the series."""

    def __init__(self, size: NetworkSize, layers: int) -> None:
        super().__init__(size, size.hidden)
        self.mechanism = LstmPooledAttention(self.token_width, size.hidden, size.hidden, layers)
        self.dropout = nn.Dropout(size.dropout)

    def look(self, days: Days, window: Window) -> Look:  # noqa: ARG002
        pooled, weights = self.mechanism(days.tokens, days.there)
        return Look(self.dropout(pooled).unsqueeze(1), weights[:, None, None])


class LstmPooledForecaster(WindowForecaster):
    """Two-layer LSTM over the past days, pooled by attention."""

    name = "lstm_pooled_attention"
    defaults = MechanismSettings(hidden=64, layers=2)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _Network(size, layers)
