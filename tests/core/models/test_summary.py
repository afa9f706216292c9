"""What a model is made of, as text."""

import re

from pipeline.core.models import create
from pipeline.core.models.contract import FitOptions, Split
from pipeline.core.models.summary import summary_of
from tests.fixtures.grids import make_grid


def test_layers_are_listed_with_shapes_and_their_weights_add_up():
    model = create("daily_gru_dot", context_days=7, hidden=8, layers=1, heads=1, epochs=1, per_site=True, covariates=[])
    model.fit(make_grid(sites=2, days=20), Split(range(8, 16), range(16, 18)), FitOptions(device="cpu"))

    said = summary_of(model)

    assert "hidden = 8" in said
    assert "2 networks, built alike: site-0, site-1" in said
    assert re.search(r"encoder +GRU\(\d+, 8, batch_first=True\) +weight_ih_l0 24×\d+, weight_hh_l0 24×8", said)
    weights = sum(p.numel() for p in model.networks["site-0"].parameters())
    assert f"{weights:,} weights in all" in said
    assert said.count("(encoder): GRU") == 1


def test_trees_are_counted_by_quantile_and_a_rule_has_neither():
    trees = create("lightgbm", context_days=7, trees=3, covariates=[])
    trees.fit(make_grid(sites=2, days=20), Split(range(8, 16), range(16, 18)), FitOptions(device="cpu"))

    assert re.search(r"trees: q05 \d, .*q50 \d, .*q95 \d", summary_of(trees))
    assert summary_of(create("seasonal_naive_day")).endswith("no network and no trees: a rule")
