"""Which models can be explained, and their heads, ready to read the features of the weights they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.explaining.explanation import explanation
from iqa_cli.explaining.stitching import stitched
from iqa_cli.ground.json_text import json_value
from iqa_cli.registry import Spec
from iqa_cli.weights.fetching import check, locate
from iqa_cli.weights.loading import Loaded
from iqa_cli.weights.state_dicts import read_checkpoint
from iqa_cli.weights.weight_list import Weight, catalogue

if TYPE_CHECKING:
    from torch import Tensor

    from iqa_cli.explaining.evidence import Evidence


@dataclass(frozen=True, eq=False)
class Explainer:
    """A head over the features of one model.

    Attributes:
        head: the module, in eval mode.
        weight: the entry of its file.
    """

    head: Evidence
    weight: Weight

    def traces(self, cells: Tensor) -> list[Tensor]:
        """What is kept of the cells, B x features x h x w, of each of B pieces: dim x h x w, on the CPU."""
        return list(self.head.to(cells.device).seen(cells).cpu())

    def explanation(
        self, traces: Sequence[tuple[tuple[int, int] | None, Tensor]], size: int | None, shape: tuple[int, int]
    ) -> dict[str, Any]:
        """What is told of an image: see `iqa_cli.explaining.explanation.explanation`.

        It is judged once, by the cells of all its pieces together.

        Args:
            traces: in its pieces, dim x h x w each, and the top left corners of these; None where it was seen whole.
            size: px of a crop a side; None as above.
            shape: of the image, height and width in px.
        """
        import torch

        with torch.inference_mode():
            together = torch.cat([part for _, part in traces], dim=1)[None].to(self.head.slope.device)
            image, local = (logits[0].cpu().numpy() for logits in self.head.calibrated(together))
        if size is not None:
            cells = zip(traces, np.split(local, len(traces), axis=1), strict=True)
            local = stitched([(corner or (0, 0), part) for (corner, _), part in cells], size, *shape)
        return explanation(self.head.config.flaws, image, local)

    def to_document(self) -> dict[str, Any]:
        """What a reader must know of it."""
        return {"weights": self.weight.name, "sha256": self.weight.sha256, "flaws": list(self.head.config.flaws)}


def weight_for(model: str) -> Weight | None:
    """The head that explains a model; None where there is none."""
    return next((weight for weight in catalogue() if weight.model == model and weight.explains), None)


def explained(specs: Iterable[Spec], engine: str = "torch") -> tuple[str, ...]:
    """The names of those that can be explained.

    Raises:
        UsageError: there is none, and the message names the models that can; or an engine that gives scores alone.
    """
    if engine != "torch":
        raise UsageError(f"--explain reads the features that torch computes: leave out --engine {engine}")
    found = tuple(spec.name for spec in specs if weight_for(spec.name))
    if not found:
        able = ", ".join(dict.fromkeys(weight.model for weight in catalogue() if weight.explains))
        raise UsageError(f"--explain: none of these models can say why; these can: {able}")
    return found


def load_explainer(spec: Spec, loaded: Loaded, offline: bool = False) -> Explainer | None:
    """The head for a model as it is loaded; None where the model cannot be explained.

    Raises:
        WeightsError: the head was trained on the features of other weights, or its file is damaged.
    """
    weight = weight_for(spec.name)
    if weight is None:
        return None
    if weight.explains != loaded.sha256:
        raise WeightsError(
            f"--explain: {weight.name} knows the features of the default weights of {spec.name} alone, not those of "
            f"{loaded.path}: leave out --weights, or --explain"
        )
    path = locate(weight, offline)
    if check(weight) != "ok":
        raise WeightsError(f"{path} is damaged: install the package again")
    return Explainer(read_head(path), weight)


def read_head(path: Path) -> Evidence:
    """The head in a file of `benchmarks/train_flaws.py`, in eval mode. Raises WeightsError where it holds none."""
    import torch

    from iqa_cli.explaining.evidence import Evidence, EvidenceConfig

    tensors, metadata = read_checkpoint(path)
    try:
        facts = json_value(metadata["iqa.config"])
        with torch.device("meta"):  # shapes alone: no time goes into a random start
            head = Evidence(EvidenceConfig(**{**facts, "flaws": tuple(facts["flaws"])}))
        head.load_state_dict(tensors, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{path} holds no head that tells flaws: see benchmarks/train_flaws.py") from error
    return head.eval().requires_grad_(False)
