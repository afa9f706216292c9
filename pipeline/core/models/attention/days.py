"""What every mechanism is given as a forecaster, and what its answer becomes: past days as tokens in, quantiles of the target day out.

A mechanism reads a token per past day, says which days it looked at and sums up what it saw. The same weights then mix the past days' own
readings, and the summary corrects that copy: what is shown as attention is what the forecast was made of.

Letters: B batch, L past days, S steps a day, J segments a day (at most 24), K steps a segment, D width, H heads, Q quantiles.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from pipeline.core.models.contract import MEDIAN, QUANTILES
from pipeline.core.models.gru_attention.covariates import Told, readers_of, told_by
from pipeline.core.models.gru_attention.network import Output
from pipeline.core.models.gru_attention.normalisation import Scale, normalise
from pipeline.core.models.gru_attention.segments import NetworkSize, Segments, cut_into_segments
from pipeline.core.series.windows import Window

CALENDAR_CHANNELS = 10  # weekday as one of seven, public holiday, phase as sine and cosine
WIDTH_START = -1.5  # softplus of it: how far the quantiles lie apart before anything is learnt


class Days(NamedTuple):
    """The past days of a batch, in the units of their windows.

    Args:
        values: ``(B, L, S)`` readings, 0 where unobserved.
        scale: How they were normalised.
        segments: The days cut into ``J`` segments.
        tokens: ``(B, L, C)`` a vector per day: segment means, their coverage, the day's calendar, and what covariates say of it.
        there: ``(B, L)`` whether a day holds a reading at all; the mask of every attention over days.
        told: What covariates say; None where there are none.
    """

    values: Tensor
    scale: Scale
    segments: Segments
    tokens: Tensor
    there: Tensor
    told: Told | None


class Look(NamedTuple):
    """What a mechanism saw.

    Args:
        summary: ``(B, 1, D)``, or one vector per segment of the target day ``(B, J, D)``.
        weights: ``(B, H, 1, L)`` or ``(B, H, J, L)`` attention over past days, summing to 1.
    """

    summary: Tensor
    weights: Tensor


class DayNetwork(nn.Module):
    """Quantiles of the target day by one attention mechanism, which a subclass gives as ``look``."""

    def __init__(self, size: NetworkSize, summary_width: int, *, per_segment: bool = False) -> None:
        """Build the head for summaries of ``summary_width``: one for the day, or one for each of its segments."""
        super().__init__()
        self.size = size
        self.token_width = token_width(size)
        self.covariates, self.planned = readers_of(size)
        self.head = QuantileHead(size, summary_width, per_segment=per_segment)

    def forward(self, window: Window) -> Output:
        """Return quantiles in normalised units, the weights behind them, and each window's scale."""
        z, scale = normalise(window.past, window.past_observed)
        segments = cut_into_segments(z, window.past_observed, self.size)
        told = told_by(self.covariates, self.planned, window)
        tokens = torch.cat([segments.mean, segments.coverage, past_calendar(window), *([told.days] if told else [])], -1)
        days = Days(z, scale, segments, tokens, window.past_observed.any(-1), told)
        summary, weights = self.look(days, window)
        quantiles = self.head(summary, weights, segments, told.segments if told else None)
        return Output(quantiles.flatten(1, 2)[:, : self.size.steps], weights, scale)

    def look(self, days: Days, window: Window) -> Look:
        """Return what the mechanism makes of the past days; it may not read ``window.target`` but to be taught in training mode."""
        raise NotImplementedError


class QuantileHead(nn.Module):
    """An attention-weighted copy of the past days, a correction of it, and quantiles that widen outwards and so never cross."""

    def __init__(self, size: NetworkSize, width: int, *, per_segment: bool) -> None:
        """Begin as the bare copy: the correction is zero until something is learnt."""
        super().__init__()
        J, K = size.segments, size.segment_steps
        self.correction = nn.Linear(width, K if per_segment else J * K)
        self.widths = nn.Linear(width, len(QUANTILES) - 1)
        self.width_of_segment = nn.Parameter(torch.full((J, 1, len(QUANTILES) - 1), WIDTH_START))
        self.told = nn.Linear(size.hidden, K) if size.is_told else None
        for layer in filter(None, (self.correction, self.widths, self.told)):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def median(self, summary: Tensor, weights: Tensor, segments: Segments, told: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the median ``(B, J, K)`` and how far the attended days lie from their copy.

        Args:
            summary: ``(B, 1, D)`` or ``(B, J, D)``.
            weights: ``(B, H, 1, L)`` or ``(B, H, J, L)``.
            segments: The past days; any ``J`` segments of them.
            told: ``(B, J, D)`` what covariates say of those segments of the target day.
        """
        there = (segments.coverage > 0).transpose(1, 2)  # (B, J, L)
        weight = weights.mean(1) * there
        weight = weight / weight.sum(-1, keepdim=True).clamp_min(1e-6)
        copy = torch.einsum("bjl,bljk->bjk", weight, segments.values)
        spread = torch.einsum("bjl,bljk->bjk", weight, (segments.values - copy.unsqueeze(1)).abs())
        median = copy + self.correction(summary).view_as(copy)
        return (median if self.told is None else median + self.told(told)), spread

    def forward(self, summary: Tensor, weights: Tensor, segments: Segments, told: Tensor | None = None) -> Tensor:
        """Return quantiles ``(B, J, K, Q)`` in normalised units, ascending along Q."""
        median, spread = self.median(summary, weights, segments, told)
        width = F.softplus(self.widths(summary).unsqueeze(2) + self.width_of_segment) * (0.25 + spread.unsqueeze(-1))
        below = width[..., :MEDIAN].flip(-1).cumsum(-1).flip(-1)
        above = width[..., MEDIAN:].cumsum(-1)
        return torch.cat([median.unsqueeze(-1) - below, median.unsqueeze(-1), median.unsqueeze(-1) + above], -1)


def token_width(size: NetworkSize) -> int:
    """Return ``C``, the channels of a day's token."""
    return 2 * size.segments + CALENDAR_CHANNELS + size.hidden * size.is_told


def past_calendar(window: Window) -> Tensor:
    """Return the calendar of the past days, ``(B, L, CALENDAR_CHANNELS)``."""
    L = window.past.shape[1]
    weekday = (window.day_of_week[:, None] - torch.arange(L, 0, -1, device=window.past.device)) % 7
    return _calendar(weekday, window.holiday[:, :L], window.phase[:, None].expand(-1, L))


def target_calendar(window: Window) -> Tensor:
    """Return the calendar of the target day, ``(B, CALENDAR_CHANNELS)``."""
    return _calendar(window.day_of_week, window.holiday[:, -1], window.phase)


def _calendar(weekday: Tensor, holiday: Tensor, phase: Tensor) -> Tensor:
    angle = 2 * torch.pi * phase
    return torch.cat([F.one_hot(weekday, 7), torch.stack([holiday, angle.sin(), angle.cos()], -1)], -1)
