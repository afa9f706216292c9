"""What past covariates add to the network: a word to each past day's token and to each segment of the target day."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.core.models.gru_attention.normalisation import normalise
from pipeline.core.models.gru_attention.segments import NetworkSize, cut_into_segments

LAGS = (1, 2, 7)  # days before the target day that are read segment by segment, where the context holds them
NEWEST_DAYS = 2  # whose means are read as well


class Told(NamedTuple):
    """What covariates say of the past days ``(B, L, D)`` and of the segments of the target day ``(B, J, D)``."""

    days: Tensor
    segments: Tensor


class CovariateReader(nn.Module):
    """Reads ``F`` covariates, each normalised by its own window as the readings are by theirs; what is missing adds nothing."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.size = size
        self.lags = [lag for lag in LAGS if lag <= size.context_days]
        self.newest = min(NEWEST_DAYS, size.context_days)
        self.day = nn.Linear(2 * size.covariates, size.hidden, bias=False)
        self.segment = nn.Linear(2 * (len(self.lags) + self.newest) * size.covariates, size.hidden, bias=False)

    def forward(self, features: Tensor) -> Told:
        """Return what covariates ``(B, L, S, F)`` say; NaN where they are missing or not known yet."""
        L, F = self.size.context_days, self.size.covariates
        values = features.movedim(-1, 1).flatten(0, 1)  # (B · F, L, S)
        there = torch.isfinite(values)
        z, _ = normalise(torch.where(there, values, 0.0), there)
        parts = cut_into_segments(z, there, self.size)
        share = parts.coverage.mean(-1)
        mean = (parts.mean * parts.coverage).mean(-1) / share.clamp_min(1e-3)  # (B · F, L)
        days = torch.stack([mean, share], -1).unflatten(0, (-1, F))  # (B, F, L, 2)
        lagged = [L - lag for lag in self.lags]
        by_segment = torch.cat([parts.mean[:, lagged], parts.coverage[:, lagged]], 1).unflatten(0, (-1, F)).flatten(1, 2)
        newest = days[:, :, L - self.newest :].flatten(1)[:, None].expand(-1, self.size.segments, -1)
        return Told(
            self.day(days.transpose(1, 2).flatten(2)),
            self.segment(torch.cat([by_segment.transpose(1, 2), newest], -1)),
        )
