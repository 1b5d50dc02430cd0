"""An ONNX graph under construction, in the notation of the models: `g("Relu", x)` adds a node and names its output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iqa_cli.errors import MissingExtraError

if TYPE_CHECKING:
    from onnx import GraphProto
    from torch import Tensor

OPSET = 17  # the first with LayerNormalization: ONNX Runtime 1.12 and later, in browsers too
EXTRA = "onnx"

Operand = Any  # the name of a value, or what becomes a constant: a number, an array, a tensor


class Graph:
    """Nodes and constants in the order they are added.

    Raises:
        MissingExtraError: the package onnx is not installed.
    """

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingExtraError("an ONNX file", EXTRA, error) from error
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def __call__(self, operator: str, *operands: Operand, **attributes: Any) -> str:
        """Add a node with one output, and give that output's name."""
        return self.many(operator, 1, *operands, **attributes)[0]

    def many(self, operator: str, count: int, *operands: Operand, **attributes: Any) -> list[str]:
        """Add a node with `count` outputs, and give their names."""
        outputs = [f"{operator.lower()}_{len(self._nodes)}" + f"_{k}" * (count > 1) for k in range(count)]
        inputs = [operand if isinstance(operand, str) else self.constant(operand) for operand in operands]
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, outputs, **attributes))
        return outputs

    def constant(self, value: Operand) -> str:
        """The name of a constant; integers become int64, as ONNX has sizes, real numbers float32."""
        array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
        array = np.ascontiguousarray(array, np.int64 if array.dtype.kind in "iu" else np.float32).reshape(array.shape)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._names:
            self._names[key] = f"constant_{len(self._constants)}"
            self._constants.append(self._onnx.numpy_helper.from_array(array, self._names[key]))
        return self._names[key]

    def size(self, x: str, axis: int) -> str:
        """The length of an axis, counted from the front, as a vector of one."""
        return self("Shape", x, start=axis, end=axis + 1)

    def reshape(self, x: str, *lengths: int | str) -> str:
        """`x` in another shape; a length is a number, 0 for as it is, -1 for the rest, or a vector of one."""
        if all(isinstance(length, int) for length in lengths):
            return self("Reshape", x, list(lengths))
        parts = [length if isinstance(length, str) else self.constant([length]) for length in lengths]
        return self("Reshape", x, self("Concat", *parts, axis=0))

    def part(self, x: str, first: Operand, last: Operand, axis: int) -> str:
        """`x[first:last]` along an axis; vectors of one, or numbers; None for the end."""
        ends = [[value] if isinstance(value, int) else value for value in (first, 2**62 if last is None else last)]
        return self("Slice", x, *ends, [axis])

    def range(self, count: str) -> str:
        """0, 1, ..., up to a vector of one, left out: int64."""
        return self("Range", 0, self("Squeeze", count, [0]), 1)

    def closed(self, inputs: list[Any], outputs: dict[str, tuple[str, list[Any]]], name: str) -> GraphProto:
        """The finished graph.

        Args:
            inputs: value infos of onnx.
            outputs: by the name that they shall have, the value and its shape; float32.
            name: of the graph.
        """
        make = self._onnx.helper
        self._nodes += [make.make_node("Identity", [value], [called]) for called, (value, _) in outputs.items()]
        infos = [
            make.make_tensor_value_info(called, self._onnx.TensorProto.FLOAT, shape)
            for called, (_, shape) in outputs.items()
        ]
        return make.make_graph(self._nodes, name, inputs, infos, self._constants)


def per_channel(tensor: Tensor) -> Tensor:
    """A vector that counts along the channels of B x C x H x W."""
    return tensor.reshape(1, -1, 1, 1)
