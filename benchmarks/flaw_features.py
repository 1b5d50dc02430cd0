"""Features of the cells of examples, computed once and kept, for `benchmarks/train_flaws.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flaw_examples import PARTS, Photographs, examples, photographs
from pair_examples import pair_examples
from torch import Tensor

from iqa_cli.executing.executor import Executor
from iqa_cli.models.iqt import IQTLite
from iqa_cli.models.triq import TRIQLite
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained

MODELS = ("triq-lite", "iqt-lite")  # of photographs alone, and of pairs
EACH, AT_ONCE = 1000, 8
Batch = tuple[Tensor, Tensor]  # cells N x features x h x w, labels N x flaws


def cells_of(name: str, part: str, shard: int, folders: dict[str, Path], cache: Path) -> list[Batch]:
    """Features of the cells of a thousand examples, float16, and their labels, by eights."""
    file = cache / f"{name}-{part}-{shard}.pt"
    if file.is_file():
        return torch.load(file)
    spec = find_model(name)
    model: Any = Executor(spec, load_trained(spec).model, device=torch.device("cpu")).model
    found = photographs(folders["photos"], folders["biq2021"], part)
    # To learn from, half precision does; what is calibrated on and chosen by is computed as scores are.
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=part == "train"):
        of = _of_pairs if spec.full_reference else _alone
        batches = [(cells.half(), labels) for cells, labels in of(model, found, list(PARTS).index(part), shard)]
    torch.save(batches, file)
    return batches


def _alone(model: TRIQLite, found: Photographs, part: int, shard: int) -> Iterator[Batch]:
    drawn = examples(found, EACH, np.random.default_rng([part, shard]))
    for group in zip(*[drawn] * AT_ONCE, strict=True):
        yield model.cells(_tensor([image for image, _ in group])), _labels([labels for _, labels in group])


def _of_pairs(model: IQTLite, found: Photographs, part: int, shard: int) -> Iterator[Batch]:
    drawn = pair_examples(found, EACH, np.random.default_rng([len(PARTS) + part, shard]))
    for group in zip(*[drawn] * AT_ONCE, strict=True):
        references = {id(reference): reference for reference, _, _ in group}  # several images share one
        places = [list(references).index(id(reference)) for reference, _, _ in group]
        encoded = tuple(part[places] for part in model.encode(_tensor(list(references.values()))))
        distorted = model.encode(_tensor([image for _, image, _ in group]))
        yield model.cells(*model.described(encoded, distorted)), _labels([labels for _, _, labels in group])


def _tensor(images: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


def _labels(labels: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(labels))
