"""The shape of a network, and past days cut into the segments that it works on.

Letters: B batch, L past days, S steps a day, J segments a day, K steps a segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

SEGMENTS = 24


@dataclass(frozen=True)
class NetworkSize:
    """What decides the shape of the network.

    Args:
        context_days: ``L``.
        steps: ``S``.
        sites: Rows of the site table, without the unknown one.
        hidden: ``D``, even.
        heads: ``H``, a divisor of ``D``.
        dropout: Share of hidden units dropped in training.
        covariates: ``F``, series beside the readings that the network reads.
        planned: ``P``, those that are known ahead.
        kinds: ``K``, kinds of day that the network reads, the holiday among them.
    """

    context_days: int
    steps: int
    sites: int
    hidden: int = 64
    heads: int = 4
    dropout: float = 0.1
    covariates: int = 0
    planned: int = 0
    kinds: int = 1

    @property
    def is_told(self) -> bool:
        """Whether the network reads anything beside the readings."""
        return self.covariates + self.planned > 0

    @property
    def segment_steps(self) -> int:
        """Steps a segment holds, ``K``; the last segment may be partly empty."""
        return -(-self.steps // min(SEGMENTS, self.steps))

    @property
    def segments(self) -> int:
        """Segments a day, ``J``."""
        return -(-self.steps // self.segment_steps)

    def steps_at(self, offsets: Tensor) -> Tensor:
        """Return the steps of day at some offsets ``(O,)`` of every segment, ascending."""
        steps = torch.arange(self.segments, device=offsets.device)[:, None] * self.segment_steps + offsets
        return steps[steps < self.steps]

    @property
    def lags(self) -> tuple[int, ...]:
        """Past days whose segments the decoder reads directly: the last week and the same weekday before it."""
        return tuple(lag for lag in (1, 2, 3, 4, 5, 6, 7, 14, 21, 28) if lag <= self.context_days)


class Segments(NamedTuple):
    """Past days cut into segments: values with their holes filled, means, spreads and coverage."""

    values: Tensor  # (B, L, J, K)
    mean: Tensor  # (B, L, J)
    spread: Tensor  # (B, L, J)
    coverage: Tensor  # (B, L, J)


def cut_into_segments(z: Tensor, observed: Tensor, size: NetworkSize) -> Segments:
    """Return past days ``(B, L, S)`` as segments; a hole takes the mean of its segment, an empty segment 0."""
    J, K = size.segments, size.segment_steps
    missing = J * K - size.steps
    z, mask = (F.pad(a, (0, missing)).unflatten(-1, (J, K)) for a in (z, observed.to(z.dtype)))
    count = mask.sum(-1)
    mean = (z * mask).sum(-1) / count.clamp_min(1.0)
    spread = ((z - mean.unsqueeze(-1)).abs() * mask).sum(-1) / count.clamp_min(1.0)
    values = torch.where(mask > 0, z, mean.unsqueeze(-1))
    possible = torch.full((J,), float(K), device=z.device)
    possible[-1] -= missing
    return Segments(values, mean, spread, count / possible)
