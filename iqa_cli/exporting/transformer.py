"""The Transformer pieces of `iqa_cli.models.layers` as ONNX nodes, with the attention matrices beside them."""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from torch import Tensor, nn

from iqa_cli.exporting.graph import Graph
from iqa_cli.models.layers import Attention, DecoderLayer, EncoderLayer, FeedForward, Tokens


def linear(g: Graph, layer: nn.Linear, x: str) -> str:
    """`layer` along the last axis."""
    y = g("MatMul", x, layer.weight.T)
    return y if layer.bias is None else g("Add", y, layer.bias)


def normed(g: Graph, layer: nn.LayerNorm, x: str) -> str:
    """LayerNorm along the last axis."""
    return g("LayerNormalization", x, layer.weight, layer.bias, axis=-1, epsilon=layer.eps)


def forwarded(g: Graph, layer: FeedForward, x: str) -> str:
    """Two linear layers with an activation between them."""
    hidden = linear(g, layer.first, x)
    return linear(g, layer.second, ACTIVATIONS[layer.activation](g, hidden))


def _gelu(g: Graph, x: str) -> str:
    return g("Mul", g("Mul", x, g("Add", g("Erf", g("Mul", x, 0.5**0.5)), 1.0)), 0.5)


def _gelu_tanh(g: Graph, x: str) -> str:
    inner = g("Add", x, g("Mul", g("Mul", g("Mul", x, x), x), 0.044715))
    return g("Mul", g("Mul", x, g("Add", g("Tanh", g("Mul", inner, (2 / np.pi) ** 0.5)), 1.0)), 0.5)


ACTIVATIONS = {"relu": lambda g, x: g("Relu", x), "gelu": _gelu, "gelu-tanh": _gelu_tanh}


def attended(
    g: Graph, layer: Attention, queries: str, memory: str, matrices: list[str], unseen: np.ndarray | None = None
) -> str:
    """Multi-head attention; its matrix (B, heads, N, M) is appended to `matrices`. `unseen` masks (N, M)."""
    q = _split(g, layer, linear(g, layer.query, queries), [0, 2, 1, 3])
    k = _split(g, layer, linear(g, layer.key, memory), [0, 2, 3, 1])
    v = _split(g, layer, linear(g, layer.value, memory), [0, 2, 1, 3])
    products = g("Mul", g("MatMul", q, k), layer.head_dim**-0.5)
    if unseen is not None:
        products = g("Add", products, np.where(unseen, -np.inf, 0.0))
    matrices.append(g("Softmax", products, axis=-1))
    mixed = g("Transpose", g("MatMul", matrices[-1], v), perm=[0, 2, 1, 3])
    return linear(g, layer.out, g.reshape(mixed, 0, 0, layer.heads * layer.head_dim))


def _split(g: Graph, layer: Attention, x: str, order: list[int]) -> str:
    return g("Transpose", g.reshape(x, 0, 0, layer.heads, layer.head_dim), perm=order)


def encoded(g: Graph, layers: Iterable[nn.Module], x: str, matrices: list[str]) -> str:
    """Tokens through the layers of an encoder."""
    for layer in cast(Iterable[EncoderLayer], layers):
        x = normed(g, layer.norm1, g("Add", x, attended(g, layer.attention, x, x, matrices)))
        x = normed(g, layer.norm2, g("Add", x, forwarded(g, layer.ffn, x)))
    return x


def decoded(g: Graph, layers: nn.ModuleList, x: str, memory: str, length: int, matrices: list[str]) -> str:
    """`length` tokens through the layers of a decoder: the quality token alone, (B, 1, dim)."""
    for number, layer in enumerate(cast(Sequence[DecoderLayer], layers), start=1):
        last = number == len(layers)  # its other tokens are never read
        own = g.part(x, 0, 1, axis=1) if last else x
        unseen = np.triu(np.ones((1 if last else length, length), bool), 1) if layer.causal else None
        own = normed(g, layer.norm1, g("Add", own, attended(g, layer.attention, own, x, matrices, unseen)))
        own = normed(g, layer.norm2, g("Add", own, attended(g, layer.cross_attention, own, memory, matrices)))
        x = normed(g, layer.norm3, g("Add", own, forwarded(g, layer.ffn, own)))
    return x


def tokens(g: Graph, layer: Tokens, features: str, table: Tensor | str | None) -> str:
    """A map (B, dim, h, w) as tokens (B, 1 + h * w, dim), the quality token first.

    `table` has a position for each token; None where no place has one but the quality token.
    """
    dim = layer.quality.shape[-1]
    x = g("Transpose", g.reshape(features, 0, dim, -1), perm=[0, 2, 1])
    quality = layer.quality if table is not None else layer.quality + layer.positions
    shape = g("Concat", g.size(x, 0), g.constant([1, dim]), axis=0)
    x = g("Concat", g("Expand", quality, shape), x, axis=1)
    return x if table is None else g("Add", x, table)


def mean_row(g: Graph, matrices: Sequence[str]) -> str:
    """What the quality token attends to (B, N), the mean over layers and heads; itself left out."""
    rows = [g.part(g.part(matrix, 0, 1, axis=2), 1, None, axis=3) for matrix in matrices]
    means = [g("ReduceMean", row, axes=[1, 2], keepdims=0) for row in rows]
    return g("Mul", g("Sum", *means), 1 / len(means))


def rollout(g: Graph, matrices: Sequence[str]) -> str:
    """What reaches the quality token (B, N) through self-attention layers and their residual paths."""
    count = g("Shape", matrices[0], start=3, end=4)
    places = g.range(count)
    identity = g("Cast", g("Equal", g("Unsqueeze", places, [0]), g("Unsqueeze", places, [1])), to=1)  # float32
    row = None
    for matrix in reversed(matrices):
        layer = g("Add", g("ReduceMean", matrix, axes=[1], keepdims=0), identity)
        layer = g("Div", layer, g("ReduceSum", layer, [2], keepdims=1))
        row = g.part(layer, 0, 1, axis=1) if row is None else g("MatMul", row, layer)
    return g.part(g("Squeeze", cast(str, row), [1]), 1, None, axis=1)
