"""IQT, IQT-C and IQT-lite as ONNX nodes, as `compare` and `attention` of `iqa_cli.models.iqt` have them."""

import numpy as np

from iqa_cli.exporting.convolutions import convolved
from iqa_cli.exporting.graph import Graph
from iqa_cli.exporting.grid_cells import Cells
from iqa_cli.exporting.transformer import decoded, encoded, forwarded, mean_row, tokens
from iqa_cli.exporting.trunks import Outputs, attention_map, efficientnet, inception, standardised
from iqa_cli.models.iqt import CELL, IQT, IQTLite, feature_size


def encode(g: Graph, model: IQT, images: str) -> list[str]:
    """What IQT or IQT-C keeps of crops B x 3 x crop x crop in [0, 1]."""
    return [inception(g, model.backbone, images)]


def compare(g: Graph, model: IQT, reference: list[str], distorted: list[str]) -> Outputs:
    """IQT or IQT-C, of what it keeps of both."""
    c = model.config
    difference = convolved(g, model.embed_difference, g("Sub", *reference, *distorted))
    own = convolved(g, model.embed_reference, *reference)
    return _compared(g, model, difference, own, feature_size(c.crop), c.scale, c.offset)


def encode_lite(g: Graph, model: IQTLite, images: str) -> list[str]:
    """What IQT-lite keeps of crops B x 3 x crop x crop in [0, 1]."""
    wanted = (*model.FINE, *model.EVEN, *model.DEEP)
    return [images, *(x for number, x in enumerate(efficientnet(g, model.backbone, images)) if number in wanted)]


def compare_lite(g: Graph, model: IQTLite, reference: list[str], distorted: list[str]) -> Outputs:
    """IQT-lite, of what it keeps of both."""
    of_reference, of_difference = _described(g, model, reference, distorted)
    difference = convolved(g, model.embed_difference, standardised(g, model.standardise_difference, of_difference, 8.0))
    own = convolved(g, model.embed_reference, standardised(g, model.standardise_reference, of_reference, 8.0))
    return _compared(g, model, difference, own, model.config.crop // CELL, 4.0, 1.0)


def _compared(
    g: Graph, model: IQT | IQTLite, difference: str, own: str, side: int, scale: float, offset: float
) -> Outputs:
    """Scores and attention from the embedded maps of the difference and of the reference, `side` cells a side."""
    matrices: list[str] = []
    of_difference = tokens(g, model.tokens_difference, difference, model.tokens_difference.positions)
    memory = encoded(g, model.encoder, of_difference, matrices)
    x = tokens(g, model.tokens_reference, own, model.tokens_reference.positions)
    x = decoded(g, model.decoder, x, memory, side**2 + 1, matrices)
    output = g("Squeeze", forwarded(g, model.head, x), [1, 2])
    score = g("Add", g("Mul", output, scale), offset)
    grid = g.constant([side])
    return {"score": (score, ["N"])} | attention_map(g, mean_row(g, matrices), (grid, grid))


def _described(g: Graph, model: IQTLite, reference: list[str], distorted: list[str]) -> tuple[str, str]:
    """The reference and the difference in each cell, B x channels x h x w both: `IQTLite.described`."""
    side = model.config.crop // CELL
    grid = g.constant([side])
    fine, even = 1 + len(model.FINE), 1 + len(model.FINE) + len(model.EVEN)
    of_reference: list[str] = []
    of_difference: list[str] = []
    for number, (r, d) in enumerate(zip(reference, distorted, strict=True)):
        apart = g("Sub", r, d)
        if number < fine:
            cells = Cells(g, r, (grid, grid))
            own, other = cells.mean_and_deviation(g, r), cells.mean_and_deviation(g, d)
            root = g("Sqrt", g("Add", cells.mean(g, g("Mul", apart, apart)), 1e-6))
            of_reference += own
            of_difference += [*(g("Sub", *pair) for pair in zip(own, other, strict=True)), root]
        elif number < even:
            of_reference.append(r)
            of_difference += [apart, g("Abs", apart)]
        else:
            of_reference.append(_repeated(g, r, model.config.crop, side))
            of_difference.append(_repeated(g, apart, model.config.crop, side))
    return g("Concat", *of_reference, axis=1), g("Concat", *of_difference, axis=1)


def _repeated(g: Graph, x: str, crop: int, side: int) -> str:
    """A map of stride 32 brought to `side` cells a side by repeating its values."""
    nearest = np.arange(side) * -(-crop // (2 * CELL)) // side
    return g("Gather", g("Gather", x, nearest, axis=2), nearest, axis=3)
