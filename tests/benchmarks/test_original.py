from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.original import HISTORY_DAYS, ORIGINAL, VARIANTS, Original, sample_grid, scaled_days, site_of, train_original
from pipeline.core.series.features import TWELVE
from tests.fixtures.grids import make_grid


def test_the_comparison_takes_the_busiest_site_and_its_last_days():
    grid = make_grid(sites=3, days=90)
    grid.throughput[1, -70:] *= 100

    site = site_of(grid, test_days=10)

    assert site.sites == (grid.sites[1],)
    assert site.first_day == grid.day_at(20)
    np.testing.assert_array_equal(site.throughput[0], grid.throughput[1, 20:])
    with pytest.raises(SystemExit, match="the comparison needs 148"):
        site_of(grid, test_days=88)


def test_features_are_scaled_by_the_days_before_the_test():
    grid = make_grid(sites=1, days=70)
    grid.throughput[0, HISTORY_DAYS:] *= 10

    tokens, low, spread = scaled_days(grid)

    assert tokens.shape == (70, 24 * 12)
    assert (tokens[:HISTORY_DAYS].min(), tokens[:HISTORY_DAYS].max()) == (0, 1)
    assert tokens[HISTORY_DAYS:].max() > 5
    learnt = grid.throughput[0, :HISTORY_DAYS]
    assert (low, low + spread) == pytest.approx((learnt.min(), learnt.max()), rel=1e-5)


def test_the_authors_own_columns_are_read_where_the_data_has_them():
    site = site_of(sample_grid(), test_days=10)

    tokens, *_ = scaled_days(site)

    device_num, dxcc_usage = (tokens.unflatten(1, (-1, len(TWELVE)))[:HISTORY_DAYS, :, i] for i in range(2))
    assert TWELVE[:2] == ("device_num", "dxcc_usage")
    assert list(site.covariates) == ["device_num", "dxcc_usage"]
    assert (device_num.min(), device_num.max(), dxcc_usage.min(), dxcc_usage.max()) == (0, 1, 0, 1)
    bare, *_ = scaled_days(replace(site, covariates={}))
    assert not bare.unflatten(1, (-1, len(TWELVE)))[..., :2].any()


def test_the_head_is_the_authors_and_only_the_attention_tells_the_variants_apart(monkeypatch):
    for key, value in {"hidden": 32, "heads": 2, "layers": 3}.items():
        monkeypatch.setitem(ORIGINAL, key, value)

    shapes = {name: {key: tuple(value.shape) for key, value in Original(24, name).state_dict().items()} for name in VARIANTS}

    assert (shapes["dot"]["days.out.weight"], shapes["dot"]["out.weight"]) == ((1024, 32), (24, 1024))
    assert {key for key in shapes["multihead"] if key not in shapes["dot"]} == {
        f"days.attention.{layer}.{kind}" for layer in ("query", "key", "value", "out") for kind in ("weight", "bias")
    }
    assert Original(24, "dot").days.attention.dropout.p == ORIGINAL["dropout"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_original_learns_and_says_what_a_whole_training_would_cost(monkeypatch, variant):
    for key, value in {"hidden": 32, "heads": 2, "layers": 1}.items():
        monkeypatch.setitem(ORIGINAL, key, value)

    found = train_original(make_grid(sites=1, days=66), variant, epochs=20, most_seconds=60)

    assert found["wape"] < 0.5
    assert found["epochs"] == 20
    assert found["whole_train_seconds"] == pytest.approx(50 * found["train_seconds"])
