"""Convolutional trunks as ONNX nodes, by what their own `forward` does with their layers."""

import operator
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import fx, nn

from iqa_cli.exporting.graph import Graph


def convolved(g: Graph, module: nn.Module, x: str) -> str:
    """What a module of convolutions, pools and activations makes of a map; in eval mode, BatchNorm folded.

    Raises:
        NotImplementedError: it holds a layer that is none of these.
    """
    if emit := _layer(module):
        return emit(g, module, x)
    known: dict[str, Any] = {}
    tracer = _Tracer()
    for node in tracer.trace(module).nodes:
        given = fx.node.map_arg(node.args, lambda argument: known[argument.name])
        if node.op == "placeholder":
            known[node.name] = x
        elif node.op == "call_module":
            known[node.name] = convolved(g, module.get_submodule(cast(str, node.target)), *given)
        elif node.op == "call_function" and node.target in FUNCTIONS:
            known[node.name] = FUNCTIONS[cast(Callable, node.target)](g, *given, **node.kwargs)
        elif node.op == "output":
            return given[0]
        else:
            raise NotImplementedError(f"{type(module).__name__}: {node.op} {node.target}")
    raise NotImplementedError(type(module).__name__)


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return _layer(module) is not None


def _layer(module: nn.Module) -> Callable[[Graph, Any, str], str] | None:
    return next((emit for kind, emit in LAYERS.items() if isinstance(module, kind)), None)


def _convolution(g: Graph, conv: nn.Conv2d, x: str) -> str:
    bias = [] if conv.bias is None else [conv.bias]
    how: dict[str, Any] = {"pads": _pads(conv)}
    if type(conv).__name__ == "Conv2dSame":  # timm's: TensorFlow's padding, which the size of the image decides
        how = {"auto_pad": "SAME_UPPER"}
    sizes = {"kernel_shape": list(conv.kernel_size), "strides": list(conv.stride), "dilations": list(conv.dilation)}
    return g("Conv", x, conv.weight, *bias, group=conv.groups, **sizes, **how)


def _max_pool(g: Graph, pool: nn.MaxPool2d, x: str) -> str:
    return g("MaxPool", x, pads=_pads(pool), ceil_mode=int(pool.ceil_mode), **_kernel(pool))


def _mean_pool(g: Graph, pool: nn.AvgPool2d, x: str) -> str:
    pads = {"pads": _pads(pool), "count_include_pad": int(pool.count_include_pad)}
    return g("AveragePool", x, ceil_mode=int(pool.ceil_mode), **pads, **_kernel(pool))


def _kernel(pool: Any) -> dict[str, list[int]]:
    return {"kernel_shape": _pair(pool.kernel_size), "strides": _pair(pool.stride)}


def _pads(layer: Any) -> list[int]:
    return _pair(layer.padding) * 2


def _pair(value: int | tuple[int, int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


# A subclass stands before what it derives from.
LAYERS: dict[type[nn.Module], Callable[[Graph, Any, str], str]] = {
    nn.Conv2d: _convolution,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _mean_pool,
    nn.ReLU6: lambda g, layer, x: g("Clip", x, 0.0, 6.0),
    nn.ReLU: lambda g, layer, x: g("Relu", x),
    nn.Identity: lambda g, layer, x: x,
}
FUNCTIONS: dict[Any, Callable[..., str]] = {
    operator.add: lambda g, a, b: g("Add", a, b),
    operator.iadd: lambda g, a, b: g("Add", a, b),
    operator.mul: lambda g, a, b: g("Mul", a, b),
    torch.cat: lambda g, parts, dim=0: g("Concat", *parts, axis=dim),
}
