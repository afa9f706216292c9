"""How positions are scored, and how scores become weights: every score and the one mask of the mechanisms beside this file.

An attention does three things: it **scores** each position (a time step, a past day, a symbol), turns the scores into **weights** that sum
to 1, and **mixes** what stands at the positions by these weights. The mechanisms differ in what is scored against what:

- ``DenseScore``: each position from all positions' values; nobody asks (selection of inputs).
- ``AdditiveScore``: a key per position, alone (pooling) or against a query (Bahdanau), through a small tanh network.
- ``DotProductAttention``: key · query / √D, no weights of its own.
- ``MultiHeadAttention``: the same on ``H`` learnt projections side by side.

Letters: B batch, T positions, J queries, C channels, D width, H heads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def masked_softmax(scores: Tensor, observed: Tensor | None = None, dim: int = -1) -> Tensor:
    """Return weights that sum to 1 along ``dim``; a position that is not observed gets exactly 0.

    Where nothing at all is observed there is nothing to prefer: the weights are uniform, never NaN.

    Args:
        scores: ``(..., L)`` any real numbers.
        observed: True where a position may be attended, broadcastable to ``scores``; None for everywhere.
        dim: The dimension of the positions.
    """
    if observed is not None:
        scores = scores.masked_fill(~observed, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, dim)


def lengths_to_mask(lengths: Tensor, positions: int) -> Tensor:
    """Return ``(B, T)``, True for the first ``lengths`` positions of each row: the mask of sequences padded at their end."""
    return torch.arange(positions, device=lengths.device) < lengths.unsqueeze(-1)


class DenseScore(nn.Module):
    """Scores every position from the values at all positions, channel by channel with the same weights."""

    def __init__(self, positions: int) -> None:
        super().__init__()
        self.dense = nn.Linear(positions, positions)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return scores ``(B, T, C)`` of inputs ``(B, T, C)``."""
        return self.dense(inputs.transpose(1, 2)).transpose(1, 2)


class AdditiveScore(nn.Module):
    """``v · tanh(W_k key + W_q query)`` (Bahdanau et al. 2015); without a query ``v · tanh(W_k key)``."""

    def __init__(self, key_width: int, hidden: int, query_width: int = 0) -> None:
        """Build the small network; ``query_width`` 0 makes it score keys alone."""
        super().__init__()
        self.key = nn.Linear(key_width, hidden)
        self.query = nn.Linear(query_width, hidden, bias=False) if query_width else None
        self.vector = nn.Linear(hidden, 1, bias=False)

    def forward(self, keys: Tensor, query: Tensor | None = None) -> Tensor:
        """Return scores ``(B, T)`` of keys ``(B, T, D_k)`` for one query ``(B, D_q)``.

        Raises:
            ValueError: A query is missing or one too many.
        """
        if (query is None) != (self.query is None):
            raise ValueError(f"query {'missing' if query is None else 'given'}; expected {'one' if self.query is not None else 'none'}")
        hidden = self.key(keys)
        if self.query is not None and query is not None:
            hidden = hidden + self.query(query).unsqueeze(1)
        return self.vector(torch.tanh(hidden)).squeeze(-1)


def scaled_dot_product(query: Tensor, keys: Tensor) -> Tensor:
    """Return scores ``(…, J, T)`` of queries ``(…, J, D)`` and keys ``(…, T, D)``: products over √D (Vaswani et al. 2017)."""
    return query @ keys.transpose(-1, -2) / query.shape[-1] ** 0.5


class DotProductAttention(nn.Module):
    """One head that compares the query with the memory as they are: nothing to learn here, all of it in what is compared."""

    def __init__(self, dropout: float = 0.0) -> None:
        """Mix, in training, without a share ``dropout`` of the weights."""
        super().__init__()
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, memory: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mix ``(B, J, D)`` and the weights ``(B, 1, J, T)``, before dropout, so that they sum to 1.

        Args:
            query: ``(B, J, D)``.
            memory: ``(B, T, D)``.
            observed: ``(B, T)`` bool; None for all.
        """
        mask = None if observed is None else observed[:, None]
        weights = masked_softmax(scaled_dot_product(query, memory), mask)
        return self.dropout(weights) @ memory, weights.unsqueeze(1)


class MultiHeadAttention(nn.Module):
    """``H`` dot products side by side, each on projections of its own, so that heads may look at different positions."""

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        """Build the projections.

        Raises:
            ValueError: The heads do not divide the width.
        """
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} cannot be cut into {heads} heads; expected a divisor")
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, memory: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mix ``(B, J, D)`` and the weights ``(B, H, J, T)``, before dropout, so that they sum to 1.

        Args:
            query: ``(B, J, D)``.
            memory: ``(B, T, D)``.
            observed: ``(B, T)`` bool; None for all.
        """
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer, x in self._parts(query, memory))  # (B, H, ·, D/H)
        mask = None if observed is None else observed[:, None, None]
        weights = masked_softmax(scaled_dot_product(q, k), mask)
        mixed = self.dropout(weights) @ v  # (B, H, J, D/H)
        return self.out(mixed.transpose(1, 2).flatten(2)), weights

    def _parts(self, query: Tensor, memory: Tensor) -> tuple[tuple[nn.Linear, Tensor], ...]:
        return (self.query, query), (self.key, memory), (self.value, memory)
