"""Attention on the input: before the LSTM reads anything, each channel's time steps are weighed against each other.

Scored: every time step from the values at all time steps, by one dense layer that all channels share. Weights: one per step and channel.
Mixed: nothing; the weights multiply the input, so a step without weight is never seen. It is the right one where few inputs matter and
one wants to know which: the weights say it before any recurrence has blurred the steps.
"""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import DenseScore, masked_softmax
from pipeline.core.models.attention_network import NetworkSize
from pipeline.core.series.windows import Window


class InputAttentionLstm(nn.Module):
    """``w = softmax over time of Dense(x), per channel; y = Linear(LSTM(w · x))``."""

    def __init__(self, positions: int, channels: int, outputs: int, hidden: int = 32, layers: int = 1) -> None:
        super().__init__()
        self.score = DenseScore(positions)
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, series: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs ``(B, outputs)`` and weights ``(B, T, C)``, which sum to 1 along T.

        Args:
            series: ``(B, T, C)``.
            observed: ``(B, T)`` bool; steps that are not get weight 0. None for all.
        """
        mask = None if observed is None else observed.unsqueeze(-1)
        weights = masked_softmax(self.score(series), mask, dim=1)
        states, _ = self.lstm(series * weights)
        return self.out(states[:, -1]), weights


class _Network(DayNetwork):
    """The days of the context are the steps; each segment of the day is a channel with weights of its own."""

    def __init__(self, size: NetworkSize, layers: int) -> None:
        super().__init__(size, size.hidden)
        self.mechanism = InputAttentionLstm(size.context_days, self.token_width, size.hidden, size.hidden, layers)
        self.dropout = nn.Dropout(size.dropout)

    def look(self, days: Days, window: Window) -> Look:  # noqa: ARG002
        last, weights = self.mechanism(days.tokens, days.there)
        of_segments = weights[..., : self.size.segments].transpose(1, 2)  # (B, J, L): the channels of the segments' means
        return Look(self.dropout(last).unsqueeze(1), of_segments.unsqueeze(1))


class InputAttentionForecaster(WindowForecaster):
    """LSTM over past days whose readings are weighed per segment of the day."""

    name = "input_attention_lstm"
    defaults = MechanismSettings(hidden=32, layers=1)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _Network(size, layers)
