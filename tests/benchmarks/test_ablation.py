from __future__ import annotations

import numpy as np
import torch

from benchmarks.ablation import VARIANTS, before_the_test
from benchmarks.quality import TEST_DAYS
from pipeline.core.models.gru_attention.network import AttentionNetwork
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import WindowGrid
from tests.fixtures.grids import make_grid


def forward(variant):
    """One batch through a network whose query is learnt and whose head still says nothing."""
    network = AttentionNetwork(NetworkSize(7, 24, 3, hidden=16, heads=2), torch.Generator().manual_seed(0)).eval()
    torch.nn.init.normal_(network.query.weight, generator=torch.Generator().manual_seed(1))
    window = WindowGrid(make_grid(), 7, "cpu").gather(np.arange(3), np.full(3, 20), np.zeros(3, int), 7)
    with torch.no_grad(), VARIANTS[variant]():
        return network(window)


def test_fixed_weights_are_the_same_for_every_site_and_hour_and_the_dynamic_ones_are_not():
    fixed, dynamic = forward("static").attention, forward("dynamic").attention

    assert (fixed == fixed[:1, :, :1]).all()
    assert not torch.allclose(dynamic, dynamic[:1, :, :1].expand_as(dynamic), atol=1e-3)


def test_without_copies_an_untrained_head_says_the_middle_of_the_window():
    assert (forward("none").quantiles[..., 3] == 0).all()
    assert (forward("dynamic").quantiles[..., 3] != 0).any()


def test_the_test_days_are_cut_off():
    grid = make_grid(days=60)

    assert before_the_test(grid).shape == (3, 60 - TEST_DAYS, 24)
