"""Where attention starts: lag weights fitted alone, before any network, so that the first forecast is already a good copy."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.core.models.gru_attention.normalisation import normalise, normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize, cut_into_segments
from pipeline.core.series.windows import Window

FIT_STEPS = 100
FEWEST_DAYS_TO_FIT = 30
SHARPNESS = 2.0  # weights go as error ** -2 where there is too little to fit


def fitted_prior(draw: Callable[[], Window], size: NetworkSize, training_days: int) -> Tensor:
    """Return the bias per past day ``(L,)`` whose softmax makes the best copy of the past days.

    With fewer than 30 training days a fit would follow noise: then each lag's own naive error decides.

    Args:
        draw: Returns a batch of training windows.
        size: Shape of the network that will start from it.
        training_days: How many days the batches come from.
    """
    windows = [_prepared(draw(), size) for _ in range(16 if training_days >= FEWEST_DAYS_TO_FIT else 4)]
    bias = _naive_bias(windows)
    if training_days < FEWEST_DAYS_TO_FIT:
        return bias
    bias = bias.requires_grad_()
    optimiser = torch.optim.Adam([bias], lr=0.1)
    for step in range(FIT_STEPS):
        optimiser.zero_grad()
        _copy_error(bias, *windows[step % len(windows)]).backward()
        optimiser.step()
    return bias.detach()


def _prepared(window: Window, size: NetworkSize) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return filled past days ``(B, L, S)``, which of them are there, and the target with its mask."""
    z, scale = normalise(window.past, window.past_observed)
    segments = cut_into_segments(z, window.past_observed, size)
    values = segments.values.flatten(2)[..., : size.steps]
    there = (segments.coverage > 0).unsqueeze(-1).expand_as(segments.values).flatten(2)[..., : size.steps].to(z.dtype)
    return values, there, normalise_target(window.target, scale), window.target_observed.to(z.dtype)


def _naive_bias(windows: list[tuple[Tensor, Tensor, Tensor, Tensor]]) -> Tensor:
    total, count = torch.zeros(windows[0][0].shape[1]), torch.zeros(windows[0][0].shape[1])
    for values, there, target, observed in windows:
        weight = there * observed.unsqueeze(1)
        total += ((values - target.unsqueeze(1)).abs() * weight).sum((0, 2)).cpu()
        count += weight.sum((0, 2)).cpu()
    error = torch.where(count > 0, total / count.clamp_min(1.0), torch.full_like(total, 3.0))
    bias = -SHARPNESS * error.clamp_min(1e-3).log()
    return (bias - bias.mean()).to(windows[0][0].device)


def _copy_error(bias: Tensor, values: Tensor, there: Tensor, target: Tensor, observed: Tensor) -> Tensor:
    weight = torch.softmax(bias, 0)[:, None] * there
    copy = (weight * values).sum(1) / weight.sum(1).clamp_min(1e-6)
    return ((copy - target).abs() * observed).sum() / observed.sum().clamp_min(1.0)
