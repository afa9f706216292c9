from __future__ import annotations

import math

import pytest
import torch

from pipeline.core.models.attention.scores import (
    AdditiveScore,
    DenseScore,
    DotProductAttention,
    MultiHeadAttention,
    lengths_to_mask,
    masked_softmax,
    scaled_dot_product,
)

OBSERVED = torch.tensor([[True, True, False], [True, False, False]])


def test_masked_positions_get_exactly_zero_and_the_rest_sums_to_one():
    scores = torch.tensor([[1.0, 2.0, 50.0], [-3.0, 90.0, 1e6]])

    weights = masked_softmax(scores, OBSERVED)

    assert (weights[~OBSERVED] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2))
    torch.testing.assert_close(weights[0, :2], torch.softmax(scores[0, :2], 0))


def test_weights_are_uniform_where_nothing_is_observed():
    weights = masked_softmax(torch.randn(2, 4), torch.zeros(2, 4, dtype=torch.bool))

    torch.testing.assert_close(weights, torch.full((2, 4), 0.25))


def test_a_masked_score_gets_no_gradient():
    scores = torch.randn(2, 3, requires_grad=True)

    masked_softmax(scores, OBSERVED)[:, 0].sum().backward()

    assert (scores.grad[~OBSERVED] == 0).all()


def test_lengths_become_a_mask_of_the_first_positions():
    assert lengths_to_mask(torch.tensor([2, 0, 3]), 3).tolist() == [[True, True, False], [False] * 3, [True] * 3]


def test_dense_scores_of_a_position_depend_on_all_positions_of_its_channel_alone():
    score, inputs = DenseScore(5), torch.randn(2, 5, 3, requires_grad=True)

    score(inputs)[0, 1, 2].backward()

    assert (inputs.grad[0, :, 2] != 0).all()
    assert (inputs.grad[0, :, :2] == 0).all()


def test_additive_scores_equal_the_formula():
    score = AdditiveScore(key_width=4, hidden=3, query_width=2)
    keys, query = torch.randn(2, 5, 4), torch.randn(2, 2)

    scores = score(keys, query)

    for b in range(2):
        for t in range(5):
            hidden = torch.tanh(score.key.weight @ keys[b, t] + score.key.bias + score.query.weight @ query[b])
            torch.testing.assert_close(scores[b, t], score.vector.weight[0] @ hidden)


def test_an_additive_score_refuses_a_query_it_was_not_built_for():
    with pytest.raises(ValueError, match="query given; expected none"):
        AdditiveScore(4, 3)(torch.randn(1, 2, 4), torch.randn(1, 2))
    with pytest.raises(ValueError, match="query missing; expected one"):
        AdditiveScore(4, 3, query_width=2)(torch.randn(1, 2, 4))


def test_scaled_dot_products_equal_the_formula():
    query, keys = torch.randn(2, 3, 16), torch.randn(2, 5, 16)

    scores = scaled_dot_product(query, keys)

    assert scores.shape == (2, 3, 5)
    torch.testing.assert_close(scores[1, 2, 4], query[1, 2] @ keys[1, 4] / 4)


def test_dot_product_attention_mixes_the_memory_by_its_weights():
    memory = torch.randn(2, 3, 8)

    mixed, weights = DotProductAttention()(torch.randn(2, 1, 8), memory, OBSERVED)

    torch.testing.assert_close(mixed[:, 0], (weights[:, 0, 0, :, None] * memory).sum(1))
    assert (weights[:, 0, 0][~OBSERVED] == 0).all()


@pytest.mark.parametrize("make", [DotProductAttention, lambda dropout: MultiHeadAttention(8, heads=2, dropout=dropout)])
def test_dropout_takes_weights_from_the_mix_in_training_alone_and_shows_them_whole(make):
    attention, query, memory = make(dropout=0.5), torch.randn(2, 1, 8), torch.randn(2, 3, 8)

    mixed = [attention(query, memory, OBSERVED) for _ in range(8)]
    attention.eval()
    calm = [attention(query, memory, OBSERVED) for _ in range(2)]

    assert len({said.sum().item() for said, _ in mixed}) > 1
    torch.testing.assert_close(calm[0], calm[1])
    for _, weights in mixed:
        torch.testing.assert_close(weights, calm[0][1])


def test_one_head_with_identity_projections_is_the_dot_product():
    attention = MultiHeadAttention(8, heads=1)
    for layer in (attention.query, attention.key, attention.value, attention.out):
        torch.nn.init.eye_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    query, memory = torch.randn(2, 1, 8), torch.randn(2, 3, 8)

    torch.testing.assert_close(attention(query, memory, OBSERVED), DotProductAttention()(query, memory, OBSERVED))


def test_multi_head_attention_agrees_with_the_one_of_torch():
    ours = MultiHeadAttention(12, heads=3)
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    query, memory = torch.randn(2, 4, 12), torch.randn(2, 3, 12)

    mixed, weights = ours(query, memory, OBSERVED)
    expected, expected_weights = theirs(query, memory, memory, key_padding_mask=~OBSERVED, average_attn_weights=False)

    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(weights, expected_weights)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="width 10 cannot be cut into 4 heads"):
        MultiHeadAttention(10, heads=4)


def test_even_scores_give_even_weights():
    assert masked_softmax(torch.zeros(7)).tolist() == pytest.approx([1 / 7] * 7)
    assert math.isclose(float(masked_softmax(torch.tensor([0.0, math.log(3)]))[1]), 0.75, rel_tol=1e-6)
