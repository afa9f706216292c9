"""Robust normalisation of each window by itself, and the way back: no scale file to lose, so training and serving cannot differ."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

CLIP = 8.0
SMALLEST_SPREAD = 0.02  # of log(1 + x / mean |x|): a flat window must not blow noise up


class Scale(NamedTuple):
    """How a window was normalised; every field ``(B, 1)``."""

    unit: Tensor  # mean |x| of the window
    centre: Tensor  # mean of the logs
    spread: Tensor  # mean absolute deviation of the logs
    lowest: Tensor  # bounds of a forecast, in throughput
    highest: Tensor
    known: Tensor  # whether the window holds a reading at all


def _to_log(x: Tensor, unit: Tensor) -> Tensor:
    return torch.sign(x) * torch.log1p(x.abs() / unit)


def _masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    return (x * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp_min(1.0)


def normalise(past: Tensor, observed: Tensor) -> tuple[Tensor, Scale]:
    """Return the past in units of its own window, 0 where unobserved, and the scale that undoes it.

    ``u = mean |x|; v = sign(x) log(1 + |x| / u); z = clip((v − mean v) / mean |v − mean v|, ±8)``.

    Args:
        past: ``(B, L, S)`` throughput.
        observed: ``(B, L, S)`` bool.
    """
    x, mask = past.flatten(1), observed.flatten(1).to(past.dtype)
    unit = _masked_mean(x.abs(), mask)
    unit = torch.where(unit > 0, unit, torch.ones_like(unit))
    v = _to_log(x, unit)
    centre = _masked_mean(v, mask)
    spread = _masked_mean((v - centre).abs(), mask).clamp_min(SMALLEST_SPREAD)
    z = (((v - centre) / spread).clamp(-CLIP, CLIP) * mask).view_as(past)
    peak = (x.abs() * mask).amax(-1, keepdim=True)
    negative = ((x < 0) & observed.flatten(1)).any(-1, keepdim=True)
    lowest = torch.where(negative, -2 * peak, torch.zeros_like(peak))
    return z, Scale(unit, centre, spread, lowest, 2 * peak, observed.flatten(1).any(-1, keepdim=True))


def normalise_target(target: Tensor, scale: Scale) -> Tensor:
    """Return the target day ``(B, S)`` in the units of its window."""
    return ((_to_log(target, scale.unit) - scale.centre) / scale.spread).clamp(-CLIP, CLIP)


def denormalise(z: Tensor, scale: Scale) -> Tensor:
    """Return throughput from normalised quantiles ``(B, S, Q)``, within the bounds of the window."""
    unit, centre, spread, lowest, highest = (field.unsqueeze(-1) for field in scale[:5])
    v = z * spread + centre
    x = torch.sign(v) * unit * torch.expm1(v.abs().clamp_max(30.0))
    return torch.maximum(torch.minimum(x, highest), lowest)
