"""The network of ``gru_attention``: GRU encoder over past days, GRU decoder over the target day, attention that copies past days.

Letters: B batch, L past days, S steps a day, J segments a day, K steps a segment, D width, H heads, Q quantiles.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from pipeline.core.models.contract import ATTENTION_BANDS, MEDIAN, QUANTILES
from pipeline.core.models.gru_attention.covariates import Told, readers_of, told_by
from pipeline.core.models.gru_attention.dropout import SeededDropout
from pipeline.core.models.gru_attention.normalisation import Scale, normalise
from pipeline.core.models.gru_attention.segments import NetworkSize, Segments, cut_into_segments
from pipeline.core.series.windows import Window

MASKED = -1e4


class Output(NamedTuple):
    """What the network says of a batch.

    Args:
        quantiles: ``(B, S, Q)`` in normalised units, ascending.
        attention: ``(B, H, J, L)`` weights over past days, summing to 1.
        scale: The normalisation of each window, to go back to throughput.
    """

    quantiles: Tensor
    attention: Tensor
    scale: Scale


class AttentionNetwork(nn.Module):
    """Quantiles of the target day from the past days of one site."""

    def __init__(self, size: NetworkSize, generator: torch.Generator | None = None) -> None:
        """Build the network.

        Args:
            size: Its shape.
            generator: Makes the first weights reproducible.
        """
        super().__init__()
        self.size = size
        D, H, J = size.hidden, size.heads, size.segments
        self.site = nn.Embedding(size.sites + 1, D)
        self.weekday = nn.Embedding(7, D)
        self.position = nn.Embedding(size.context_days, D)
        self.token = nn.Linear(3 * J + 3 + 2 + size.kinds, D)
        self.encoder = nn.GRU(D, D, batch_first=True)
        self.segment = nn.Linear(2 * len(size.lags) + 4 + 7 + 2 + size.kinds, D)
        self.state = nn.Linear(D, D)
        self.target_weekday = nn.Embedding(7, D)
        self.decoder = nn.GRU(D, D // 2, batch_first=True, bidirectional=True)
        self.query, self.key = nn.Linear(D, D), nn.Linear(D, D)
        self.bias = nn.Parameter(torch.zeros(H, size.context_days))
        self.head_segment = nn.Linear(D, D)
        self.head_step = nn.Linear(H + 1 + 2 * len(size.lags) + 4, D)
        self.head_out = nn.Linear(D, len(QUANTILES))
        self.covariates, self.planned = readers_of(size)
        self.dropout = SeededDropout(size.dropout)
        self._start(generator)

    def _start(self, generator: torch.Generator | None) -> None:
        """Begin as the copy that the prior fits: no query, no residual."""
        for parameter in self.parameters():
            span = parameter.shape[-1] ** -0.5  # torch's own start of linear and recurrent layers, with a seed
            nn.init.uniform_(parameter, -span, span, generator=generator)
        nn.init.zeros_(self.bias)
        for embedding in (self.site, self.weekday, self.position, self.target_weekday):
            nn.init.normal_(embedding.weight, std=0.05, generator=generator)
        for layer in (self.query, self.head_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def start_from(self, prior: Tensor) -> None:
        """Let every head begin with the prior bias per past day ``(L,)``, the last day last."""
        with torch.no_grad():
            self.bias.copy_(prior)

    def forward(self, window: Window, offsets: Tensor | None = None) -> Output:
        """Return the quantiles of the target day, the weights they were copied with, and the scale of each window.

        Args:
            window: What is known.
            offsets: ``(O,)`` steps within a segment to forecast, ascending; None for all. Training on a few makes a fine step as cheap as
                a coarse one; the quantiles are then those of ``size.steps_at(offsets)``.
        """
        z, scale = normalise(window.past, window.past_observed)
        segments = cut_into_segments(z, window.past_observed, self.size)
        told = told_by(self.covariates, self.planned, window)
        tokens, encoded = self._encode(segments, window, told)
        decoded = self._decode(segments, encoded, window, told)  # (B, J, D)
        attention = self._attend(decoded, tokens + encoded, segments)  # (B, H, J, L)
        offsets = torch.arange(self.size.segment_steps, device=z.device) if offsets is None else offsets
        segments = segments._replace(values=segments.values[..., offsets])
        copies = torch.einsum("bhjl,bljk->bhjk", attention, segments.values)
        spread = torch.einsum("bjl,bljk->bjk", attention.mean(1), (segments.values - copies.mean(1, keepdim=True)).abs())
        clock = self._clock(window.phase, self.size.segments * self.size.segment_steps)
        quantiles = self._residual(decoded, copies, spread, segments, clock.unflatten(1, (self.size.segments, -1))[:, :, offsets])
        return Output(quantiles.flatten(1, 2)[:, : len(self.size.steps_at(offsets))], attention, scale)

    def _encode(self, segments: Segments, window: Window, told: Told | None) -> tuple[Tensor, Tensor]:
        """Return the tokens of the past days and the encoder's output on them, each ``(B, L, D)``."""
        L = self.size.context_days
        ago = torch.arange(L, 0, -1, device=segments.mean.device)
        weekday = (window.day_of_week[:, None] - ago) % 7
        phase = window.phase[:, None].expand(-1, L)
        day = segments.coverage.mean(-1)
        level = (segments.mean * segments.coverage).mean(-1) / day.clamp_min(1e-3)
        deviation = ((segments.mean - level.unsqueeze(-1)).abs() * segments.coverage).mean(-1)
        extra = torch.stack([level, deviation, day, torch.sin(2 * torch.pi * phase), torch.cos(2 * torch.pi * phase)], -1)
        token = self.token(torch.cat([segments.mean, segments.spread, segments.coverage, extra, window.kinds[:, :L]], -1))
        token = token + self.weekday(weekday) + self.position(ago - 1) + self.site(window.site)[:, None]
        if told:
            token = token + told.days
        token = self.dropout(F.gelu(token))
        return token, self.encoder(token)[0]

    def _decode(self, segments: Segments, encoded: Tensor, window: Window, told: Told | None) -> Tensor:
        """Return the decoder's state at every segment of the target day, ``(B, J, D)``."""
        J = self.size.segments
        lagged = [-lag for lag in self.size.lags]
        share = segments.coverage.mean(-1).clamp_min(1e-3)
        level = (segments.mean * segments.coverage).mean(-1) / share  # (B, L)
        days = F.pad(level[:, -7:], (max(0, 7 - self.size.context_days), 0))
        last = torch.stack([segments.mean[:, -1, -1], segments.coverage[:, -1, -1]], -1)
        known = torch.cat([days, last, window.kinds[:, -1]], -1)[:, None].expand(-1, J, -1)
        lags = torch.cat([segments.mean[:, lagged], segments.coverage[:, lagged]], 1).transpose(1, 2)
        query = self.segment(torch.cat([lags, self._clock(window.phase, J), known], -1))
        if told:
            query = query + told.segments
        whole = self.state(encoded[:, -1]) + self.site(window.site) + self.target_weekday(window.day_of_week)
        return self.decoder(self.dropout(F.gelu(query + whole[:, None])))[0]

    def _clock(self, phase: Tensor, parts: int) -> Tensor:
        """Return two harmonics of the time of day at each of ``parts`` parts of the target day, ``(B, parts, 4)``."""
        angle = 2 * torch.pi * (phase[:, None] + (torch.arange(parts, device=phase.device) + 0.5) / parts)
        return torch.stack([angle.sin(), angle.cos(), (2 * angle).sin(), (2 * angle).cos()], -1)

    def _attend(self, decoded: Tensor, past: Tensor, segments: Segments) -> Tensor:
        """Return the weights over past days, ``(B, H, J, L)``; days without a reading in a segment get none."""
        H = self.size.heads
        query, key = (layer(x).unflatten(-1, (H, -1)).transpose(1, 2) for layer, x in ((self.query, decoded), (self.key, past)))
        logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + self.bias[:, None]
        absent = (segments.coverage == 0).transpose(1, 2).unsqueeze(1)
        return torch.softmax(logits.masked_fill(absent, MASKED), -1)

    def _residual(self, decoded: Tensor, copies: Tensor, spread: Tensor, segments: Segments, clock: Tensor) -> Tensor:
        """Return the quantiles ``(B, J, K, Q)``: the mean copy plus what the head adds, widened outwards so that none cross."""
        lagged = [-lag for lag in self.size.lags]
        lags = segments.values[:, lagged]
        covered = segments.coverage[:, lagged].unsqueeze(-1).expand_as(lags)
        steps = torch.cat([copies, spread.unsqueeze(1), lags, covered], 1).permute(0, 2, 3, 1)
        hidden = self.head_segment(decoded).unsqueeze(2) + self.head_step(torch.cat([steps, clock], -1))
        out = self.head_out(self.dropout(F.gelu(hidden), along=2))
        median = copies.mean(1).unsqueeze(-1) + out[..., MEDIAN : MEDIAN + 1]
        width = F.softplus(out - 1.5) * (0.25 + spread.unsqueeze(-1))
        below = width[..., :MEDIAN].flip(-1).cumsum(-1).flip(-1)
        above = width[..., MEDIAN + 1 :].cumsum(-1)
        return torch.cat([median - below, median, median + above], -1)


def banded(attention: Tensor) -> Tensor:
    """Return the weights per band of the day, ``(B, ATTENTION_BANDS, L)``: means over heads and the band's segments."""
    mean = attention.mean(1)
    J, bands = mean.shape[1], range(ATTENTION_BANDS)
    edges = [(band * J // ATTENTION_BANDS, (band + 1) * J // ATTENTION_BANDS) for band in bands]
    return torch.stack([mean[:, first : max(last, first + 1)].mean(1) for first, last in edges], 1)
