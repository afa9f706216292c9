"""Attention on the input: before the LSTM reads anything, each channel's time steps are weighed against each other.

Scored: every time step from the values at all time steps, by one dense layer that all channels share. Weights: one per step and channel.
Mixed: nothing; the weights multiply the input, so a step without weight is never seen. It is the right one where few inputs matter and
one wants to know which: the weights say it before any recurrence has blurred the steps.

A trap: weights are computed from the input, so they can carry the answer themselves. An LSTM that forgets what is 50 steps back learns to
read it from the weights of the last steps, and is as accurate with an attention that points at the wrong place. Hence a memory as long
as the series from the start, and weights that leave the input's scale alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.core.models.attention.days import DayNetwork, Days, Look
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import DenseScore, masked_softmax
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import Window


class InputAttentionLstm(nn.Module):
    """``w = softmax over time of Dense(x), per channel; y = Linear(LSTM(T · w · x))``; even weights leave the input as it is."""

    def __init__(self, positions: int, channels: int, outputs: int, hidden: int = 32, layers: int = 1) -> None:
        super().__init__()
        self.score = DenseScore(positions)
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, outputs)
        for layer in range(layers):
            remember(self.lstm, layer, positions)

    def forward(self, series: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return outputs ``(B, outputs)`` and weights ``(B, T, C)``, which sum to 1 along T.

        Args:
            series: ``(B, T, C)``.
            observed: ``(B, T)`` bool; steps that are not get weight 0. None for all.
        """
        mask = None if observed is None else observed.unsqueeze(-1)
        weights = masked_softmax(self.score(series), mask, dim=1)
        states, _ = self.lstm(series * weights * series.shape[1])
        return self.out(states[:, -1]), weights


def remember(lstm: nn.LSTM, layer: int, positions: int) -> None:
    """Let the cells of an unfitted LSTM keep what they saw for 1 to ``positions`` steps (chrono initialisation, Tallec & Ollivier 2018)."""
    given, forget = lstm.hidden_size, slice(lstm.hidden_size, 2 * lstm.hidden_size)
    spans = torch.empty(given).uniform_(1, max(positions - 1, 2)).log()
    with torch.no_grad():
        getattr(lstm, f"bias_ih_l{layer}")[: 2 * given] = 0
        getattr(lstm, f"bias_hh_l{layer}")[:given] = -spans
        getattr(lstm, f"bias_hh_l{layer}")[forget] = spans


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
