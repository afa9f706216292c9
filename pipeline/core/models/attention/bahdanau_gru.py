"""Bahdanau's attention: a decoder writes its output step by step and, before each step, asks the encoder where to look.

Scored: every encoder output against the decoder's own previous top state, by a small tanh network. Weights: one row per output step: they
draw an alignment of output and input. Mixed: the encoder outputs; the mix enters the decoder together with what was written last.
It is the right one where output steps differ in what they need, where inputs vary in length (padding is masked), and where what is
written next depends on what has been written: taught with the true previous step, run freely with its own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipeline.core.models.attention.days import CALENDAR_CHANNELS, DayNetwork, Days, Look, target_calendar
from pipeline.core.models.attention.forecaster import MechanismSettings, WindowForecaster
from pipeline.core.models.attention.scores import AdditiveScore, masked_softmax
from pipeline.core.models.gru_attention.normalisation import normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize, Segments, cut_into_segments
from pipeline.core.series.windows import Window

TAUGHT = 0.5  # share of the segments that a forecaster in training reads from the target day instead of from itself


class BahdanauGru(nn.Module):
    """``w_j = softmax(v · tanh(W_q s_{j-1} + W_k o)); c_j = Σ w_j o; s_j = GRU([c_j, x_j], s_{j-1})``, one step ``j`` after the other.

    The encoder reads both ways, half its width each, so that what stands at a position is about its surroundings and the position itself.
    """

    def __init__(
        self, in_channels: int, out_channels: int, hidden: int = 32, layers: int = 2, dropout: float = 0.1, *, both_ways: bool = True
    ) -> None:
        """Build encoder, decoder and the score between them.

        Args:
            in_channels: ``C_in`` of the input.
            out_channels: ``C_out`` of an output step.
            hidden: Width ``D`` of the states.
            layers: Of encoder and decoder alike.
            dropout: Between layers.
            both_ways: False for an encoder that reads forwards only, as the author's did.

        Raises:
            ValueError: ``hidden`` is odd and the encoder reads both ways.
        """
        super().__init__()
        if both_ways and hidden % 2:
            raise ValueError(f"hidden={hidden}: expected an even width, half of it for each direction of the encoder")
        between = dropout if layers > 1 else 0.0
        each = hidden // 2 if both_ways else hidden
        self.encoder = nn.GRU(in_channels, each, layers, batch_first=True, dropout=between, bidirectional=both_ways)
        self.score = AdditiveScore(hidden, hidden, query_width=hidden)
        self.decoder = nn.GRU(hidden + out_channels, hidden, layers, batch_first=True, dropout=between)

    def encode(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the outputs ``(B, T, D)`` and the last states of every layer ``(layers, B, D)``, with which the decoder begins.

        Args:
            inputs: ``(B, T, C_in)``.
            lengths: ``(B,)`` steps before the padding begins, on the CPU; None where nothing is padded at its end.
        """
        if lengths is None:
            outputs, state = self.encoder(inputs)
        else:
            packed, state = self.encoder(pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False))
            outputs, _ = pad_packed_sequence(packed, batch_first=True, total_length=inputs.shape[1])
        return outputs, torch.cat([state[0::2], state[1::2]], -1) if self.encoder.bidirectional else state  # forwards, backwards

    def step(self, given: Tensor, state: Tensor, outputs: Tensor, observed: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the decoder's next state ``(layers, B, D)``, what it has to say ``(B, 2 D)``, and where it looked ``(B, T)``.

        Args:
            given: ``(B, C_out)`` what stands at the previous output step: the truth when taught, its own answer when running freely.
            state: ``(layers, B, D)`` state after the previous step.
            outputs: ``(B, T, D)`` of the encoder.
            observed: ``(B, T)`` bool; padded positions get weight 0. None for all.
        """
        weights = masked_softmax(self.score(outputs, state[-1]), observed)
        context = (weights.unsqueeze(1) @ outputs).squeeze(1)  # (B, D)
        _, state = self.decoder(torch.cat([context, given], -1).unsqueeze(1), state)
        return state, torch.cat([state[-1], context], -1), weights


class Lesson(NamedTuple):
    """What a teacher whispers of the target day."""

    level: Tensor  # (B, 1, J) mean of each segment
    taught: Tensor  # (B, 1, J) whether the decoder reads it instead of its own answer


class _Network(DayNetwork):
    """Encodes the past days, then writes the target day segment by segment; each reads the level of the one before it."""

    def __init__(self, size: NetworkSize, layers: int) -> None:
        super().__init__(size, 2 * size.hidden, per_segment=True)
        self.mechanism = BahdanauGru(self.token_width, 3 + CALENDAR_CHANNELS, size.hidden, layers, size.dropout)
        self.dropout = nn.Dropout(size.dropout)

    def look(self, days: Days, window: Window) -> Look:
        outputs, state = self.mechanism.encode(days.tokens)
        calendar = target_calendar(window)
        level = days.segments.mean[:, -1, -1]  # of the last segment before the cutoff
        lesson = self._lesson(days, window) if self.training else None
        summaries, rows = [], []
        for j in range(self.size.segments):
            angle = (2 * torch.pi * (window.phase + (j + 0.5) / self.size.segments)).unsqueeze(-1)
            given = torch.cat([level.unsqueeze(-1), angle.sin(), angle.cos(), calendar], -1)
            state, said, weights = self.mechanism.step(given, state, outputs, days.there)
            summaries.append(self.dropout(said))
            rows.append(weights)
            level = self._written(j, summaries[-1], weights, days)
            if lesson is not None:
                level = torch.where(lesson.taught[:, 0, j], lesson.level[:, 0, j], level)
        return Look(torch.stack(summaries, 1), torch.stack(rows, 1).unsqueeze(1))

    def _written(self, j: int, summary: Tensor, weights: Tensor, days: Days) -> Tensor:
        """Return the mean ``(B,)`` of what the head makes of segment ``j``."""
        here = Segments(*(field[:, :, j : j + 1] for field in days.segments))
        told = days.told.segments[:, j : j + 1] if days.told else None
        median, _ = self.head.median(summary.unsqueeze(1), weights[:, None, None], here, told)
        return median.mean((1, 2))

    def _lesson(self, days: Days, window: Window) -> Lesson:
        actual = normalise_target(window.target, days.scale).unsqueeze(1)
        segments = cut_into_segments(actual, window.target_observed.unsqueeze(1), self.size)
        taught = torch.rand_like(segments.mean) < TAUGHT
        return Lesson(segments.mean, taught & (segments.coverage > 0))


class BahdanauForecaster(WindowForecaster):
    """GRU encoder over past days, GRU decoder over the segments of the target day."""

    name = "bahdanau_gru"
    defaults = MechanismSettings(hidden=32, layers=2)

    def build(self, size: NetworkSize, layers: int) -> DayNetwork:
        """Return the network, unfitted."""
        return _Network(size, layers)
