"""Attention over time that all channels share: one weight per step, the average of what each channel would give it.

Scored: every time step from the values at all time steps, per channel, by one dense layer. Weights: the channels' softmaxes averaged, one
per step. Mixed: nothing; the weights multiply the input of an LSTM. Against attention per channel it cannot tear a step apart: a
one-hot symbol stays the same symbol, only louder or quieter. It is the right one where a step is a thing of several channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import DenseScore, masked_softmax
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import Window


class SharedAttentionLstm(nn.Module):
    """``w = mean over channels of softmax over time of Dense(x); y = Linear(LSTM(w · x))``."""

    def __init__(self, positions: int, channels: int, outputs: int, hidden: int = 64, layers: int = 1) -> None:
        super().__init__()
        self.score = DenseScore(positions)
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, series: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs ``(B, outputs)`` and weights ``(B, T)``.

        Args:
            series: ``(B, T, C)``.
            observed: ``(B, T)`` bool; steps that are not get weight 0. None for all.
        """
        mask = None if observed is None else observed.unsqueeze(-1)
        weights = masked_softmax(self.score(series), mask, dim=1).mean(-1)
        states, _ = self.lstm(series * weights.unsqueeze(-1))
        return self.out(states[:, -1]), weights


class _Network(DayNetwork):
    """The days of the context are the steps; a day is one thing and gets one weight."""

    def __init__(self, size: NetworkSize, layers: int) -> None:
        super().__init__(size, size.hidden)
        self.mechanism = SharedAttentionLstm(size.context_days, self.token_width, size.hidden, size.hidden, layers)
        self.dropout = nn.Dropout(size.dropout)

    def look(self, days: Days, window: Window) -> Look:  # noqa: ARG002
        last, weights = self.mechanism(days.tokens, days.there)
        return Look(self.dropout(last).unsqueeze(1), weights[:, None, None])


class SharedAttentionForecaster(WindowForecaster):
    """LSTM over past days, each weighed as a whole."""

    name = "shared_attention_lstm"
    defaults = MechanismSettings(hidden=64, layers=1)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _Network(size, layers)
