"""Which graph belongs to which model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iqa_cli.exporting.graph import Graph
from iqa_cli.exporting.iqt_graph import compare, compare_lite, encode, encode_lite
from iqa_cli.exporting.triq_graph import triq, triq_lite
from iqa_cli.exporting.trunks import Outputs
from iqa_cli.models.iqt import IQT, IQTLite
from iqa_cli.models.triq import TRIQ, TRIQLite


@dataclass(frozen=True)
class Pair:
    """A model with a reference.

    Attributes:
        encode: of a graph, a model and images B x 3 x H x W in [0, 1]: what is kept of them.
        compare: of a graph, a model and what is kept of reference and distorted images: what comes out.
    """

    encode: Callable[[Graph, Any, str], list[str]]
    compare: Callable[[Graph, Any, list[str], list[str]], Outputs]

    def __call__(self, g: Graph, model: Any, reference: str, distorted: str) -> Outputs:
        """All of it, of images B x 3 x H x W in [0, 1]."""
        return self.compare(g, model, *(self.encode(g, model, images) for images in (reference, distorted)))


# By the class of a model. The `Spec` of one that has an entry says `exports`.
NETWORKS: dict[type, Callable[..., Outputs]] = {
    IQT: Pair(encode, compare),
    IQTLite: Pair(encode_lite, compare_lite),
    TRIQ: triq,
    TRIQLite: triq_lite,
}
