from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.core.models.contract import QUANTILES, FitOptions, Origins, Split
from pipeline.core.models.gru_attention.forecaster import GruAttention
from pipeline.core.models.gru_attention.network import AttentionNetwork, banded
from pipeline.core.models.gru_attention.normalisation import denormalise, normalise, normalise_target
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import WindowGrid
from pipeline.core.training.losses import pinball_loss
from tests.fixtures.grids import grid_of, make_grid

LEVELS = torch.tensor(QUANTILES)


def window_of(grid, days=range(10, 20), context_days=7):
    windows = WindowGrid(grid, context_days, "cpu")
    day, site = (a.ravel() for a in np.meshgrid(np.array(days), np.arange(grid.shape[0])))
    return windows.gather(site, day, np.zeros(len(day), int), context_days)


def network_of(steps=24, seed=0, **size):
    return AttentionNetwork(NetworkSize(7, steps, 3, **({"hidden": 16, "heads": 2} | size)), torch.Generator().manual_seed(seed))


def loss_of(network, window):
    output = network(window)
    return pinball_loss(output.quantiles, normalise_target(window.target, output.scale), window.target_observed, LEVELS)


def test_an_untrained_network_forecasts_the_copy_that_its_prior_says():
    grid = make_grid()
    window = window_of(grid)
    network = network_of().eval()
    network.start_from(torch.tensor([0.0, 0, 0, 0, 0, 0, 50]))

    output = network(window)

    median = denormalise(output.quantiles, output.scale)[..., 3]
    torch.testing.assert_close(median, window.past[:, -1], rtol=1e-3, atol=1e-2)


def test_attention_gives_a_lost_day_nothing_and_sums_to_one():
    window = window_of(make_grid())
    window.past_observed[:, 2] = False

    weights = network_of().eval()(window._replace(past=window.past * window.past_observed)).attention

    assert (weights[..., 2] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights.sum(-1)))
    assert banded(weights).shape == (len(window.site), 4, 7)


def test_gradients_reach_every_parameter():
    network, window = network_of(dropout=0.0), window_of(make_grid())
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.3, generator=torch.Generator().manual_seed(1))

    loss_of(network, window).backward()

    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def test_the_network_overfits_one_batch():
    network, window = network_of(dropout=0.0, hidden=32), window_of(make_grid(noise=0.5), days=range(10, 13))
    optimiser = torch.optim.Adam(network.parameters(), 0.03)
    before = float(loss_of(network, window).detach())

    for _ in range(100):
        optimiser.zero_grad()
        loss = loss_of(network, window)
        loss.backward()
        optimiser.step()

    assert float(loss.detach()) < 0.4 * before


def test_normalisation_goes_there_and_back():
    window = window_of(make_grid())

    _, scale = normalise(window.past, window.past_observed)
    back = denormalise(normalise_target(window.target, scale).unsqueeze(-1), scale).squeeze(-1)

    torch.testing.assert_close(back, window.target, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("fault", ["zero", "constant", "negative"])
def test_strange_windows_give_finite_forecasts(fault):
    values = {"zero": np.zeros((1, 20, 24)), "constant": np.full((1, 20, 24), 7.0), "negative": -make_grid(sites=1, days=20).throughput}
    window = window_of(grid_of(values[fault]), days=range(10, 12))

    output = network_of().eval()(window)

    forecast = denormalise(output.quantiles, output.scale)
    assert torch.isfinite(forecast).all()
    assert (forecast <= 0).all() if fault == "negative" else (forecast >= 0).all()


def test_attention_finds_a_planted_lag():
    rng = np.random.default_rng(0)
    values = np.exp(rng.standard_normal((3, 80, 24)))
    for day in range(3, 80):
        values[:, day] = values[:, day - 3] * np.exp(0.3 * rng.standard_normal((3, 24)))
    model = GruAttention(context_days=7, members=1, hidden=16, heads=2, iterations=60, companion=False)
    grid = grid_of(values)

    model.fit(grid, Split(range(1, 60), range(60, 70)), FitOptions(device="cpu"))

    weights = model.forecast(grid, Origins.every(3, range(70, 80))).attention.mean((0, 1))
    assert weights.argmax() == 7 - 3
    assert weights.max() > 0.6


def test_attention_prefers_the_days_that_the_autocorrelation_names():
    rng = np.random.default_rng(0)
    logs = rng.standard_normal((3, 90, 24))
    for day in range(7, 90):
        logs[:, day] = 0.45 * logs[:, day - 1] + 0.5 * logs[:, day - 7] + 0.3 * rng.standard_normal((3, 24))
    likeness = [np.corrcoef(logs[:, 20 - lag : 70 - lag].ravel(), logs[:, 20:70].ravel())[0, 1] for lag in range(1, 8)]
    model = GruAttention(context_days=7, members=1, hidden=16, heads=2, iterations=60, companion=False)
    grid = grid_of(np.exp(logs))

    model.fit(grid, Split(range(1, 70), range(70, 80)), FitOptions(device="cpu"))

    weights = model.forecast(grid, Origins.every(3, range(80, 90))).attention.mean((0, 1))
    assert set(np.argsort(likeness)[-2:] + 1) == {1, 7}
    assert set(7 - np.argsort(weights)[-2:]) == {1, 7}
