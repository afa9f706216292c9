"""Dropout that stays reproducible when networks learn side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class SeededDropout(nn.Module):
    """Dropout whose randomness is a generator of its own on a CPU, so that members trained side by side stay reproducible."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor, along: int | None = None) -> Tensor:
        """Drop units of ``x`` ``(..., D)``; one draw serves all places of the axis ``along``."""
        if not self.training or not self.share:
            return x
        shape = list(x.shape)
        if along is not None:
            shape[along] = 1
        if x.is_cuda:
            return x * F.dropout(torch.ones(shape, device=x.device), self.share)
        return x * ((torch.rand(shape, generator=self.generator) >= self.share) / (1 - self.share))
