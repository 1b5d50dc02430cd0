"""The Transformer pieces that IQT and TRIQ share: attention, feed-forward, post-LN layers, tokens.

Vaswani et al., "Attention Is All You Need" (2017), section 3; LayerNorm stands after each residual
sum, as both IQA papers draw it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from iqa_cli.models.numerics import at_least_single

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
}

# None for the fast path, which never holds the attention matrix; a list to compute the same by explicit matrices, each
# of which (B, heads, N, M) is appended to it. Of a thread: others go on by the fast path.
RECORD: ContextVar[list[Tensor] | None] = ContextVar("RECORD", default=None)


class Attention(nn.Module):
    """Multi-head attention from `queries` (B, N, dim) to `memory` (B, M, dim); gives (B, N, dim).

    Attributes:
        head_dim: width of one head; dim / heads unless a checkpoint was made otherwise.
    """

    def __init__(self, dim: int, heads: int, head_dim: int | None = None):
        super().__init__()
        self.heads = heads
        self.head_dim = head_dim or dim // heads
        inner = heads * self.head_dim
        self.query = nn.Linear(dim, inner)
        self.key = nn.Linear(dim, inner)
        self.value = nn.Linear(dim, inner)
        self.out = nn.Linear(inner, dim)

    def forward(self, queries: Tensor, memory: Tensor, causal: bool = False) -> Tensor:
        """Attend; with `causal`, token i sees the tokens up to i alone."""
        q, k, v = (self._split(f(x)) for f, x in
                   ((self.query, queries), (self.key, memory), (self.value, memory)))  # fmt: skip
        record = None if torch.compiler.is_compiling() else RECORD.get()  # which no compiler can trace
        if record is None:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        else:
            record.append(_weights(q, k, causal))
            mixed = record[-1] @ v
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)


def _weights(q: Tensor, k: Tensor, causal: bool) -> Tensor:
    """Attention weights (B, heads, N, M): each row sums to 1."""
    products = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    if causal:
        unseen = torch.ones(products.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        products = products.masked_fill(unseen, float("-inf"))
    return products.softmax(dim=-1)


class FeedForward(nn.Module):
    """Two linear layers with an activation between them: dim → hidden → out (dim unless given)."""

    def __init__(
        self,
        dim: int,
        hidden: int,
        activation: str,
        out: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.first = nn.Linear(dim, hidden, bias=bias)
        self.second = nn.Linear(hidden, out or dim, bias=bias)
        self.activation = activation
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Apply along the last axis."""
        return self.second(self.dropout(ACTIVATIONS[self.activation](self.first(x))))


class EncoderLayer(nn.Module):
    """x ← LN(x + SelfAttention(x)); x ← LN(x + FeedForward(x))."""

    def __init__(
        self,
        dim: int,
        heads: int,
        ffn: int,
        activation: str = "gelu",
        head_dim: int | None = None,
        dropout: float = 0.1,
        eps: float = 1e-5,
    ):
        super().__init__()
        self.attention = Attention(dim, heads, head_dim)
        self.norm1 = nn.LayerNorm(dim, eps=eps)
        self.ffn = FeedForward(dim, ffn, activation)
        self.norm2 = nn.LayerNorm(dim, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, N, dim) to tokens (B, N, dim)."""
        x = self.norm1(x + self.dropout(self.attention(x, x)))
        return self.norm2(x + self.dropout(self.ffn(x)))


class DecoderLayer(nn.Module):
    """x ← LN(x + SelfAttention(x)); x ← LN(x + CrossAttention(x, memory)); x ← LN(x + FeedForward(x))."""

    def __init__(
        self,
        dim: int,
        heads: int,
        ffn: int,
        activation: str = "gelu",
        head_dim: int | None = None,
        dropout: float = 0.1,
        eps: float = 1e-5,
        causal: bool = False,
    ):
        super().__init__()
        self.attention = Attention(dim, heads, head_dim)
        self.norm1 = nn.LayerNorm(dim, eps=eps)
        self.cross_attention = Attention(dim, heads, head_dim)
        self.norm2 = nn.LayerNorm(dim, eps=eps)
        self.ffn = FeedForward(dim, ffn, activation)
        self.norm3 = nn.LayerNorm(dim, eps=eps)
        self.dropout = nn.Dropout(dropout)
        self.causal = causal

    def forward(self, x: Tensor, memory: Tensor, first_only: bool = False) -> Tensor:
        """Tokens (B, N, dim), attending to the encoder's `memory` (B, M, dim), to tokens (B, N, dim).

        With `first_only` just the first token is computed, (B, 1, dim): where a last layer's others are
        never read, most of its work is saved, and nothing else changes.
        """
        own = x[:, :1] if first_only else x
        own = self.norm1(own + self.dropout(self.attention(own, x, causal=self.causal)))
        own = self.norm2(own + self.dropout(self.cross_attention(own, memory)))
        return self.norm3(own + self.dropout(self.ffn(own)))


class Tokens(nn.Module):
    """A feature map as a sequence: flatten row by row, prepend the quality token, add positions.

    The position table has `length` rows, the quality token's first. A shorter map takes the first rows; where
    the table is that of a `grid` x `grid` map, a smaller one takes its centre, so that neighbours stay neighbours.
    With a `length` of 1 no place has a position.
    """

    def __init__(self, length: int, dim: int, grid: int | None = None):
        super().__init__()
        self.grid = grid
        self.quality = nn.Parameter(torch.zeros(1, 1, dim))
        self.positions = nn.Parameter(torch.zeros(1, length, dim))
        nn.init.trunc_normal_(self.quality, std=0.02)
        nn.init.trunc_normal_(self.positions, std=0.02)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, dim, h, w) to tokens (B, 1 + h * w, dim)."""
        tokens = features.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.quality.expand(len(tokens), -1, -1).to(tokens.dtype), tokens], dim=1)
        return tokens + self._positions(*features.shape[-2:]).to(tokens.dtype)

    def _positions(self, height: int, width: int) -> Tensor:
        if self.positions.shape[1] == 1:
            return F.pad(self.positions, (0, 0, 0, height * width))
        if self.grid in (None, height) and self.grid in (None, width):
            return self.positions[:, : 1 + height * width]
        top, left = (self.grid - height) // 2, (self.grid - width) // 2
        table = self.positions[:, 1:].unflatten(1, (self.grid, self.grid))
        window = table[:, top : top + height, left : left + width].flatten(1, 2)
        return torch.cat([self.positions[:, :1], window], dim=1)


class Standardise(nn.BatchNorm2d):
    """Features in units of their spread, from their mean: in float32 or better, whatever the model was cast to."""

    def __init__(self, channels: int):
        super().__init__(channels, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to the same, in the same type."""
        mean, variance = cast(Tensor, self.running_mean), cast(Tensor, self.running_var)
        if mean.dtype == x.dtype:
            return super().forward(x)
        return F.batch_norm(x, mean.to(x.dtype), variance.to(x.dtype), eps=self.eps)


def mean_and_deviation(features: Tensor, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Mean and deviation of a map (B, C, H, W) over each cell of a grid: (B, C, *grid) each, in float32 at least."""
    features = at_least_single(features)
    mean = F.adaptive_avg_pool2d(features, grid)
    variance = F.adaptive_avg_pool2d(features * features, grid) - mean * mean
    return mean, variance.clamp_min(1e-6).sqrt()
