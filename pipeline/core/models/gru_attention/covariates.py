"""What covariates add to the network: a word to each past day's token and to each segment of the target day."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.core.models.gru_attention.normalisation import normalise
from pipeline.core.models.gru_attention.segments import NetworkSize, cut_into_segments
from pipeline.core.series.windows import Window

LAGS = (1, 2, 7)  # days before the target day that are read segment by segment, where the context holds them; of what is known ahead it too
NEWEST_DAYS = 2  # whose means are read as well


class Told(NamedTuple):
    """What covariates say of the past days ``(B, L, D)`` and of the segments of the target day ``(B, J, D)``."""

    days: Tensor
    segments: Tensor


class CovariateReader(nn.Module):
    """Reads covariates, each normalised by its own window as the readings are by theirs; what is missing adds nothing."""

    def __init__(self, size: NetworkSize, count: int, *, ahead: bool) -> None:
        """Build a reader of ``count`` covariates that are known for the past days, or ``ahead``: for the target day too."""
        super().__init__()
        self.size, self.count = size, count
        self.lags = [*([0] if ahead else []), *(lag for lag in LAGS if lag <= size.context_days)]
        self.newest = min(NEWEST_DAYS, size.context_days)
        self.day = nn.Linear(2 * count, size.hidden, bias=False)
        self.segment = nn.Linear(2 * (len(self.lags) + self.newest) * count, size.hidden, bias=False)

    def forward(self, features: Tensor) -> Told:
        """Return what covariates ``(B, L, S, F)`` say, of those known ahead ``(B, L + 1, S, F)``; NaN where missing or not known yet."""
        L, F, days_told = self.size.context_days, self.count, features.shape[1]
        values = features.movedim(-1, 1).flatten(0, 1)  # (B · F, L or L + 1, S)
        there = torch.isfinite(values)
        z, _ = normalise(torch.where(there, values, 0.0), there)
        parts = cut_into_segments(z, there, self.size)
        share = parts.coverage.mean(-1)
        mean = (parts.mean * parts.coverage).mean(-1) / share.clamp_min(1e-3)
        days = torch.stack([mean, share], -1).unflatten(0, (-1, F))  # (B, F, L or L + 1, 2)
        lagged = [L - lag for lag in self.lags]
        by_segment = torch.cat([parts.mean[:, lagged], parts.coverage[:, lagged]], 1).unflatten(0, (-1, F)).flatten(1, 2)
        newest = days[:, :, days_told - self.newest :].flatten(1)[:, None].expand(-1, self.size.segments, -1)
        return Told(
            self.day(days[:, :, :L].transpose(1, 2).flatten(2)),
            self.segment(torch.cat([by_segment.transpose(1, 2), newest], -1)),
        )


def readers_of(size: NetworkSize) -> tuple[CovariateReader | None, CovariateReader | None]:
    """Return who reads past covariates and who reads those that are known ahead; None where there are none."""
    past = CovariateReader(size, size.covariates, ahead=False) if size.covariates else None
    return past, CovariateReader(size, size.planned, ahead=True) if size.planned else None


def told_by(past: CovariateReader | None, planned: CovariateReader | None, window: Window) -> Told | None:
    """Return what both readers make of a window, the first of the last ``F`` of its features; None where nobody reads."""
    said = [] if past is None else [past(window.features[..., -past.count :])]
    said += [] if planned is None else [planned(window.planned)]
    return Told(*(torch.stack(parts).sum(0) for parts in zip(*said, strict=True))) if said else None
