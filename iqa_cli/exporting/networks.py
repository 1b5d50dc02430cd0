"""Which graph belongs to which model."""

from collections.abc import Callable

from iqa_cli.exporting.iqt_graph import iqt, iqt_lite
from iqa_cli.exporting.triq_graph import triq, triq_lite
from iqa_cli.exporting.trunks import Outputs
from iqa_cli.models.iqt import IQT, IQTLite
from iqa_cli.models.triq import TRIQ, TRIQLite

# By the class of a model: a function of a graph, a model, and images B x 3 x H x W in [0, 1]. The `Spec` of one that
# has an entry says `exports`.
NETWORKS: dict[type, Callable[..., Outputs]] = {IQT: iqt, IQTLite: iqt_lite, TRIQ: triq, TRIQLite: triq_lite}
