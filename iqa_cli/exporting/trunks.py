"""What several networks have in common as ONNX nodes: trunks with the maps on the way, and the forms of outputs."""

from collections.abc import Iterator
from typing import Any

from iqa_cli.exporting.convolutions import convolved
from iqa_cli.exporting.graph import Graph, per_channel
from iqa_cli.models.backbones import EfficientNetLite0, InceptionResNetV2Prefix

Outputs = dict[str, tuple[str, list[Any]]]  # by name, the value and its shape


def efficientnet(g: Graph, trunk: EfficientNetLite0, images: str) -> Iterator[str]:
    """The maps of the stem and of each stage."""
    x = g("Div", g("Sub", g("Mul", images, 255.0), 127.0), 128.0)
    x = convolved(g, trunk.bn1, convolved(g, trunk.conv_stem, x))
    yield x
    for stage in trunk.blocks:
        x = convolved(g, stage, x)
        yield x


def standardised(g: Graph, norm: Any, x: str, limit: float) -> str:
    """BatchNorm without weights in eval mode, held within +-limit."""
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    shift = -norm.running_mean.double() * scale
    x = g("Add", g("Mul", x, per_channel(scale)), per_channel(shift))
    return g("Clip", x, -limit, limit)


def levels(g: Graph, logits: str) -> Outputs:
    """The score 1 to 5 and the probabilities of the levels."""
    probabilities = g("Softmax", logits, axis=-1)
    score = g("ReduceSum", g("Mul", probabilities, [1.0, 2.0, 3.0, 4.0, 5.0]), [1], keepdims=0)
    return {"score": (score, ["N"]), "probabilities": (probabilities, ["N", 5])}


def attention_map(g: Graph, row: str, grid: tuple[str, str]) -> Outputs:
    """The attention of the quality token as a map over the grid."""
    return {"attention": (g.reshape(row, 0, *grid), ["N", "rows", "columns"])}


def inception(g: Graph, trunk: InceptionResNetV2Prefix, images: str) -> str:
    """The six maps that IQT looks at, concatenated."""
    x = convolved(g, trunk.stem, g("Sub", g("Mul", images, 2.0), 1.0))
    x = convolved(g, trunk.mixed_5b, x)
    maps = [x]
    for number, block in enumerate(trunk.block35, start=1):
        x = convolved(g, block, x)
        if number % 2 == 0:
            maps.append(x)
    return g("Concat", *maps, axis=1)
