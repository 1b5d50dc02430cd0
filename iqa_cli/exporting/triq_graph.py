"""TRIQ and TRIQ-lite as ONNX nodes, as `logits` and `attention` of `iqa_cli.models.triq` have them."""

from iqa_cli.exporting.convolutions import convolved
from iqa_cli.exporting.graph import Graph
from iqa_cli.exporting.grid_cells import Cells, block_maxima, pool_size, strides
from iqa_cli.exporting.transformer import encoded, forwarded, rollout, tokens
from iqa_cli.exporting.trunks import Outputs, attention_map, efficientnet, levels, standardised
from iqa_cli.models.triq import NORMALISATIONS, TRIQ, TRIQLite


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
    return levels(g, logits) | attention_map(g, rollout(g, matrices), grid)


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
    return levels(g, logits) | attention_map(g, rollout(g, matrices), grid)
