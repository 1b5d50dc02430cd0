"""A model in training, judged on held-out pictures."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from iqa_cli.models.base import FullReference, mean_level
from iqa_cli.registry import find_model
from iqa_cli.training import objective, validation
from iqa_cli.training.batches import Batch
from iqa_cli.training.checkpoint import Average
from iqa_cli.training.data import Data
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.training.sampling import evenly

RATED_FOR_ONE = 10  # a rated photograph is one prediction, a synthetic one 125
CROPS = 5  # of a rated image with a reference, while training; `iqa score` takes more


@torch.no_grad()
def evaluate(
    model: nn.Module,
    average: Average | None,
    stage: Stage,
    data: Data,
    recipe: Recipe,
    most: int | None = None,
) -> validation.Agreement:
    """How a model (with the averaged weights, if given) agrees with the labels of held-out pictures.

    `stage` says of which kind; `most` limits the photographs for a glance.
    """
    judge = deepcopy(model)
    if average:
        average.copy_to(judge)
    judge.eval()
    device = next(judge.parameters()).device

    def predict(batch: Batch) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            predicted = objective.predict(judge, batch, device)
        return predicted if isinstance(judge, FullReference) else mean_level(predicted.float().softmax(-1))

    if stage.kind == "synthetic":
        fitting = [p for p in data.photographs_held_out if p.fits(stage.crop)]
        return validation.agreement(validation.synthetic_pairs(evenly(fitting, most), stage.crop), predict)
    examples = evenly(data.rated_held_out, most and most * RATED_FOR_ONE)
    crop = find_model(recipe.model).crop or 0
    return validation.agreement(validation.rated_images(examples, crop, CROPS), predict)
