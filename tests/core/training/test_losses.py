from __future__ import annotations

import pytest
import torch

from pipeline.core.training.losses import pinball_loss

LEVELS = torch.tensor([0.1, 0.5, 0.9])


def test_pinball_loss_equals_a_loop_over_observed_steps():
    generator = torch.Generator().manual_seed(0)
    forecast, target = torch.rand((2, 5, 3), generator=generator), torch.rand((2, 5), generator=generator)
    observed = torch.rand((2, 5), generator=generator) > 0.4

    expected, count = 0.0, 0
    for b, s in observed.nonzero().tolist():
        for q, level in enumerate(LEVELS.tolist()):
            error = float(target[b, s] - forecast[b, s, q])
            expected += max(level * error, (level - 1) * error) / 3
        count += 1

    assert float(pinball_loss(forecast, target, observed, LEVELS)) == pytest.approx(expected / count, rel=1e-5)


def test_pinball_loss_is_zero_when_nothing_was_observed():
    assert pinball_loss(torch.ones(1, 2, 3), torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool), LEVELS) == 0


def test_pinball_loss_is_least_at_the_quantile():
    sample = torch.rand((1, 10_000), generator=torch.Generator().manual_seed(1))
    observed = torch.ones_like(sample, dtype=torch.bool)

    losses = {
        q: float(pinball_loss(torch.full((1, 10_000, 1), q), sample, observed, torch.tensor([0.9]))) for q in (0.7, 0.8, 0.9, 0.95, 0.99)
    }

    assert min(losses, key=losses.get) == 0.9


def test_pinball_loss_refuses_forecasts_of_another_shape():
    with pytest.raises(ValueError, match=r"expected \(1, 2, 3\)"):
        pinball_loss(torch.ones(1, 2, 2), torch.ones(1, 2), torch.ones(1, 2), LEVELS)
