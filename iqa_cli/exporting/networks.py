"""The models as ONNX nodes, each as its `logits` or `compare` and its `attention` have it."""

from collections.abc import Callable, Iterator
from typing import Any

from iqa_cli.exporting.convolutions import convolved
from iqa_cli.exporting.graph import Graph, per_channel
from iqa_cli.exporting.grid_cells import Cells, block_maxima, pool_size, strides
from iqa_cli.exporting.transformer import encoded, forwarded, rollout, tokens
from iqa_cli.models.backbones import EfficientNetLite0
from iqa_cli.models.triq import NORMALISATIONS, TRIQ, TRIQLite

Outputs = dict[str, tuple[str, list[Any]]]  # by name, the value and its shape
Network = Callable[..., Outputs]


def triq(g: Graph, model: TRIQ, images: str) -> Outputs:
    """TRIQ, of B x 3 x H x W in [0, 1]."""
    c = model.config
    mean, std = (g.constant([[[v]] for v in values]) for values in NORMALISATIONS[c.normalisation])
    features = convolved(g, model.backbone, g("Div", g("Sub", images, mean), std))
    features = convolved(g, model.embed, features)
    sides = g.size(features, 2), g.size(features, 3)
    pool = pool_size(g, *sides, c.positions)
    grid = g("Div", sides[0], pool[0]), g("Div", sides[1], pool[1])
    count = g("Add", g("Mul", *grid), [1])
    table = g.part(g.constant(model.tokens.positions), 0, count, axis=1)
    matrices: list[str] = []
    x = tokens(g, model.tokens, block_maxima(g, features, c.dim, pool, grid), table)
    x = encoded(g, model.encoder, x, matrices)
    logits = forwarded(g, model.head, g("Squeeze", g.part(x, 0, 1, axis=1), [1]))
    return _levels(g, logits) | _attention(g, rollout(g, matrices), grid)


def triq_lite(g: Graph, model: TRIQLite, images: str) -> Outputs:
    """TRIQ-lite, of B x 3 x H x W in [0, 1]."""
    sides = strides(g, g.size(images, 2)), strides(g, g.size(images, 3))
    pool = pool_size(g, *sides, model.config.cells)
    grid = g("Div", sides[0], pool[0]), g("Div", sides[1], pool[1])
    described: list[str] = []
    for number, stage in enumerate(efficientnet(g, model.backbone, images)):
        if number in model.FINE:
            described += Cells(g, stage, grid).mean_and_deviation(g, stage)
        elif number in model.DEEP:
            described.append(Cells(g, stage, grid).mean(g, stage))
    x = standardised(g, model.standardise, g("Concat", *described, axis=1), 6.0)
    matrices: list[str] = []
    x = encoded(g, model.encoder, tokens(g, model.tokens, convolved(g, model.embed, x), None), matrices)
    quality, others = g("Squeeze", g.part(x, 0, 1, axis=1), [1]), g.part(x, 1, None, axis=1)
    mean = g("ReduceMean", others, axes=[1], keepdims=1)
    apart = g("Sub", others, mean)
    deviation = g("Sqrt", g("ReduceMean", g("Mul", apart, apart), axes=[1], keepdims=0))
    logits = forwarded(g, model.head, g("Concat", quality, g("Squeeze", mean, [1]), deviation, axis=1))
    return _levels(g, logits) | _attention(g, rollout(g, matrices), grid)


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


def _levels(g: Graph, logits: str) -> Outputs:
    """The score 1 to 5 and the probabilities of the levels."""
    probabilities = g("Softmax", logits, axis=-1)
    score = g("ReduceSum", g("Mul", probabilities, [1.0, 2.0, 3.0, 4.0, 5.0]), [1], keepdims=0)
    return {"score": (score, ["N"]), "probabilities": (probabilities, ["N", 5])}


def _attention(g: Graph, row: str, grid: tuple[str, str]) -> Outputs:
    """The attention of the quality token as a map over the grid."""
    return {"attention": (g.reshape(row, 0, *grid), ["N", "rows", "columns"])}


# A model without an entry cannot be exported.
NETWORKS: dict[type, Network] = {TRIQ: triq, TRIQLite: triq_lite}
