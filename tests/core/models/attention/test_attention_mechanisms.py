from __future__ import annotations

import pytest
import torch

from pipeline.core.models.attention.attention_mlp import AttentionMlp
from pipeline.core.models.attention.bahdanau_gru import BahdanauGru
from pipeline.core.models.attention.daily_gru import DailyGru
from pipeline.core.models.attention.input_attention_lstm import InputAttentionLstm
from pipeline.core.models.attention.lstm_pooled_attention import LstmPooledAttention
from pipeline.core.models.attention.scores import DotProductAttention, MultiHeadAttention, lengths_to_mask
from pipeline.core.models.attention.shared_attention_lstm import SharedAttentionLstm

B, T, C = 8, 9, 3

MECHANISMS = {
    "lstm_pooled_attention": lambda: LstmPooledAttention(C, 1, hidden=8, layers=2),
    "input_attention_lstm": lambda: InputAttentionLstm(T, C, 1, hidden=16),
    "shared_attention_lstm": lambda: SharedAttentionLstm(T, C, 1, hidden=16),
    "attention_mlp": lambda: AttentionMlp(T, C, 1, hidden=16),
    "daily_gru_dot": lambda: DailyGru(C, 1, DotProductAttention(), hidden=16, layers=2, dropout=0.0),
    "daily_gru_multihead": lambda: DailyGru(C, 1, MultiHeadAttention(16, 4), hidden=16, layers=2, dropout=0.0),
}


@pytest.fixture(params=MECHANISMS)
def mechanism(request):
    torch.manual_seed(0)
    return MECHANISMS[request.param]()


def positions_first(weights):
    """Weights ``(…, T)``, whatever the mechanism's own order."""
    return weights.transpose(1, 2) if weights.shape[1:] == (T, C) else weights


def test_weights_are_not_negative_and_sum_to_one(mechanism):
    out, weights = mechanism(torch.randn(B, T, C))

    assert out.shape == (B, 1)
    assert (weights >= 0).all()
    total = positions_first(weights).sum(-1)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_masked_steps_get_exactly_zero_and_do_not_move_the_others_sum(mechanism):
    observed = torch.rand(B, T) < 0.6
    observed[:, 0] = True

    weights = positions_first(mechanism(torch.randn(B, T, C), observed)[1])

    spread = observed.view(B, *[1] * (weights.dim() - 2), T).expand_as(weights)
    assert (weights[~spread] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights.sum(-1)))


def test_a_gradient_reaches_every_parameter(mechanism):
    out, _ = mechanism(torch.randn(B, T, C))

    (out**2).sum().backward()

    for name, parameter in mechanism.named_parameters():
        assert parameter.grad is not None, name
        if name not in ("attention.key.bias", "score.vector.bias"):  # a bias that all keys share moves no softmax
            assert parameter.grad.abs().sum() > 0, name


def test_a_mechanism_overfits_one_batch(mechanism):
    torch.manual_seed(1)
    inputs, target = torch.randn(B, T, C), torch.rand(B, 1)
    optimiser = torch.optim.Adam(mechanism.parameters(), lr=2e-2)

    for _ in range(300):
        optimiser.zero_grad()
        loss = ((mechanism(inputs)[0] - target) ** 2).mean()
        loss.backward()
        optimiser.step()

    assert float(loss.detach()) < 1e-3


def test_equal_seeds_make_equal_networks():
    for build in MECHANISMS.values():
        torch.manual_seed(5)
        first = build()
        torch.manual_seed(5)
        second = build()

        assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))


def test_pooling_reads_nothing_from_a_masked_end():
    mechanism, series = LstmPooledAttention(C, 1, hidden=8), torch.randn(2, T, C)
    observed = lengths_to_mask(torch.tensor([5, 5]), T)
    changed = series.clone()
    changed[:, 5:] = 99.0

    torch.testing.assert_close(mechanism(series, observed), mechanism(changed, observed))


def test_an_lstm_behind_input_attention_begins_with_a_memory_as_long_as_the_series():
    torch.manual_seed(0)
    lstm = InputAttentionLstm(64, 1, 1, hidden=32).lstm

    forget = torch.sigmoid(lstm.bias_ih_l0 + lstm.bias_hh_l0)[32:64]

    assert forget.min() >= 0.5
    assert forget.max() > 1 - 1 / 32


class TestBahdanau:
    def decoder(self):
        torch.manual_seed(0)
        return BahdanauGru(C, 4, hidden=8, layers=2, dropout=0.0)

    def test_a_step_looks_where_something_stands_and_nowhere_else(self):
        mechanism, lengths = self.decoder(), torch.tensor([9, 4, 1])
        outputs, state = mechanism.encode(torch.randn(3, T, C), lengths)

        state, said, weights = mechanism.step(torch.randn(3, 4), state, outputs, lengths_to_mask(lengths, T))

        assert (weights[~lengths_to_mask(lengths, T)] == 0).all()
        torch.testing.assert_close(weights.sum(-1), torch.ones(3))
        assert weights[2, 0] == 1
        assert said.shape == (3, 16)

    def test_padding_does_not_move_what_is_encoded(self):
        mechanism, lengths = self.decoder(), torch.tensor([5, 5])
        inputs = torch.randn(2, T, C)
        changed = inputs.clone()
        changed[:, 5:] = 99.0

        for one, other in zip(mechanism.encode(inputs, lengths), mechanism.encode(changed, lengths), strict=True):
            torch.testing.assert_close(one, other)

    def test_the_query_is_the_previous_top_state(self):
        mechanism = self.decoder()
        outputs, state = mechanism.encode(torch.randn(2, T, C))
        moved = state.clone()
        moved[0] += 1.0  # a lower layer

        same = mechanism.step(torch.zeros(2, 4), moved, outputs, None)[-1]

        torch.testing.assert_close(same, mechanism.step(torch.zeros(2, 4), state, outputs, None)[-1])

    def test_a_gradient_reaches_every_parameter(self):
        mechanism = self.decoder()
        outputs, state = mechanism.encode(torch.randn(2, T, C))
        for _ in range(2):
            state, said, _ = mechanism.step(torch.randn(2, 4), state, outputs, None)

        (said**2).sum().backward()

        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in mechanism.parameters())
