"""Losses over the readings that were observed."""

from __future__ import annotations

from torch import Tensor


def pinball_loss(forecast: Tensor, target: Tensor, observed: Tensor, quantiles: Tensor) -> Tensor:
    """Average pinball (quantile) loss over the steps that were observed.

    Under-forecasting by one unit costs ``q``, over-forecasting ``1 - q``, so the minimiser of the expected loss is the ``q`` quantile
    (Koenker & Bassett 1978). 0 where nothing was observed.

    Args:
        forecast: Quantiles in normalised units, ``(B, S, Q)``.
        target: Actual throughput in the same units, ``(B, S)``; finite also where unobserved.
        observed: True where an actual exists, ``(B, S)``; a float mask weighs the steps.
        quantiles: Levels in (0, 1), ascending, ``(Q,)``.

    Raises:
        ValueError: ``forecast`` does not hold one value per step and quantile.
    """
    if forecast.shape != (*target.shape, len(quantiles)):
        raise ValueError(f"forecast has shape {tuple(forecast.shape)}; expected {(*target.shape, len(quantiles))}")
    error = target.unsqueeze(-1) - forecast
    cost = (quantiles * error).maximum((quantiles - 1) * error).mean(-1)
    weight = observed.to(cost.dtype)
    return (cost * weight).sum() / weight.sum().clamp_min(1.0)
