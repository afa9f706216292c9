from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from pipeline.core.models.contract import FitOptions
from pipeline.core.training.loop import Schedule, train

SCHEDULE = Schedule(iterations=40, learning_rate=0.05)


def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))


def loss_of(stop_at=None):
    calls = []

    def loss(model, generator):
        calls.append(1)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        x = torch.randn((16, 3), generator=generator)
        return (model(x).squeeze(-1) - x.sum(-1)).square().mean()

    return loss


@torch.no_grad()
def score(model):
    x = torch.randn((64, 3), generator=torch.Generator().manual_seed(9))
    return float((model(x).squeeze(-1) - x.sum(-1)).square().mean())


def weights_of(model):
    return torch.cat([p.flatten() for p in model.parameters()])


def test_training_lowers_the_loss_and_leaves_the_best_validated_weights():
    model = network()
    before = score(model.eval())

    curve = train(model, loss_of(), score, SCHEDULE, FitOptions())

    best = min(line.validation for line in curve if line.validation is not None)
    assert best < before / 2
    assert score(model) == pytest.approx(best)


def test_nothing_is_chosen_in_the_first_half_of_the_schedule():
    model = network()

    curve = train(model, loss_of(), score, SCHEDULE, FitOptions())

    scored = [line.iteration for line in curve if line.validation is not None]
    assert min(scored) > 20
    assert scored[-1] == 40
    assert len(scored) == SCHEDULE.validations


def test_an_interrupted_training_ends_with_the_weights_it_would_have_had(tmp_path):
    whole, broken, resumed = network(), network(), network()
    options = FitOptions(seed=3, checkpoint=tmp_path / "fit.safetensors", checkpoint_seconds=0)
    train(whole, loss_of(), score, SCHEDULE, replace(options, checkpoint=None))

    with pytest.raises(KeyboardInterrupt):
        train(broken, loss_of(stop_at=30), score, SCHEDULE, options)
    curve = train(resumed, loss_of(), score, SCHEDULE, options)

    assert torch.equal(weights_of(whole), weights_of(resumed))
    assert [line.iteration for line in curve] == sorted({line.iteration for line in curve})


@pytest.mark.parametrize("spoil", ["other schedule", "half a file"])
def test_a_checkpoint_of_something_else_is_left_aside(tmp_path, spoil):
    path = tmp_path / "fit.safetensors"
    options = FitOptions(checkpoint=path, checkpoint_seconds=0)
    clean, first, second = network(), network(), network()
    train(clean, loss_of(), None, SCHEDULE, FitOptions())
    train(first, loss_of(), None, Schedule(5) if spoil == "other schedule" else SCHEDULE, options)
    if spoil == "half a file":
        path.write_bytes(path.read_bytes()[:100])

    train(second, loss_of(), None, SCHEDULE, options)

    assert torch.equal(weights_of(clean), weights_of(second))


def test_training_leaves_the_randomness_of_the_process_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    model = network()

    train(model, loss_of(), None, Schedule(3), FitOptions())

    assert torch.equal(torch.rand(1), expected)


def test_the_learning_rate_climbs_to_its_peak_and_falls_to_nearly_zero():
    rates = [SCHEDULE.rate_at(i) for i in range(40)]

    assert rates.index(max(rates)) in (5, 6)
    assert max(rates) == pytest.approx(0.05)
    assert rates[-1] < 0.001
