"""Learning against being fooled: pictures that please the model as it is now, with the score that they deserve.

Whoever optimises a picture, or a network, for a model's score finds pictures that no distortion makes. Here the model
meets them while it learns: pairs of its own batches are kept, their distorted images taken up its score by its
gradient, a few steps each time it sees them, and labelled by what metrics say of the change.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from iqa_cli.models.base import FullReference, Model
from iqa_cli.training.batches import Batch
from iqa_cli.training.objective import to_unit
from iqa_cli.training.parallel import Process
from iqa_cli.training.recipe_parts import Fooled
from iqa_cli.training.synthesis import PRISTINE_SCORE
from iqa_cli.training.teachers import Teachers, measure

DOWN = 1 / 7  # the share that goes down the score: it must not learn that whatever is optimised is bad
PENALTY = 0.1 / 12  # levels a step up: metrics too may miss what a gradient draws
MOMENTS = (0.9, 0.999)  # Adam's, Kingma and Ba, ICLR 2015
TINY = 1e-8
EMPTY = -1  # steps of a place in the store that waits for a pair
OWN = 7  # parts these random numbers from those of the batches


class OptimisedPairs:
    """One process's store of pairs whose distorted images are on their way up (some: down) the model's score.

    Args:
        teachers: the metrics that say what became of a picture.
        seed: the recipe's; random numbers are functions of it, the step and the process.
    """

    def __init__(self, teachers: Teachers, seed: int, process: Process = Process()):
        self.teachers, self.seed, self.process = teachers, seed, process
        self.store: dict[str, Tensor] = {}  # each by place in the store

    def next(self, keys: Fooled, model: Model, batch: Batch, step: int, device: torch.device) -> Batch:
        """Some pairs of the store, taken further up the score of `model`, each beside the image that it began as.

        Empty places are filled with pairs of `batch`, that of the step. Leaves the model in eval mode.

        Returns:
            for each pair two versions, the optimised one first.
        """
        self.process.share_buffers(model)  # a checkpoint has the first one's
        rng = np.random.default_rng([self.seed, step, self.process.rank, OWN])
        self._fill(keys, batch, rng)
        there = (self.store["steps"] != EMPTY).nonzero()[:, 0]
        places = there[torch.from_numpy(rng.permutation(len(there))[: keys.pairs])]
        pairs = {name: values[places] for name, values in self.store.items()}
        optimise(pairs, cast(FullReference, model), keys.steps, device)
        for name in ("image", "mean", "square", "steps"):
            self.store[name][places] = pairs[name]
        self.store["steps"][places[pairs["steps"] >= keys.longest]] = EMPTY
        shown = eight_bits(pairs["image"])
        return Batch(
            torch.stack([shown, pairs["distorted"]], dim=1).flatten(0, 1),
            torch.stack([self.label(pairs, shown), pairs["score"]], dim=1).flatten(),
            reference=pairs["reference"],
            total=2 * len(places) * self.process.world,
            weight=keys.weight,
        )

    def label(self, pairs: dict[str, Tensor], shown: Tensor) -> Tensor:
        """Scores (N,) of optimised images (N x 3 x h x w uint8): those they began with, moved by what metrics say.

        What is optimised upwards loses a little more with every step.
        """
        change = self._said(pairs["reference"], shown) - pairs["said"]
        penalty = PENALTY * pairs["steps"] * (pairs["sign"] > 0)
        return (pairs["score"] + change - penalty).clamp(1, PRISTINE_SCORE)

    def clear(self) -> None:
        """Begin anew, as at the start of a stage."""
        self.store = {}

    def state_dict(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return self.store

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        """From a checkpoint."""
        self.store = saved

    def _fill(self, keys: Fooled, batch: Batch, rng: np.random.Generator) -> None:
        """Pairs of the batch, chosen at random, for the empty places, as far as they go."""
        reference = cast(Tensor, batch.reference)
        if not self.store:
            image = torch.zeros(keys.kept, *reference.shape[1:])
            numbers = {name: torch.zeros(keys.kept) for name in ("score", "said", "sign", "rate")}
            images = {name: torch.zeros_like(image) for name in ("image", "mean", "square")}
            stored = {name: torch.zeros_like(image, dtype=torch.uint8) for name in ("reference", "distorted")}
            self.store = {**stored, **images, **numbers, "steps": torch.full((keys.kept,), EMPTY)}
        places = (self.store["steps"] == EMPTY).nonzero()[:, 0][: len(batch.score)]
        if not len(places):
            return
        rows = torch.from_numpy(rng.permutation(len(batch.score))[: len(places)])
        distorted = batch.distorted[rows]
        against = reference[rows // (len(batch.score) // len(reference))]
        new = {
            "reference": against,
            "distorted": distorted,
            "image": distorted.float() / 255,
            "score": batch.score[rows],
            "said": self._said(against, distorted),
            "sign": torch.from_numpy(np.where(rng.random(len(places)) < DOWN, -1.0, 1.0)).float(),
            "rate": torch.from_numpy(rng.uniform(*keys.rate, len(places))).float(),
        }
        for name, values in self.store.items():
            values[places] = new.get(name, torch.zeros_like(values[places]))

    def _said(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """What the metrics make of pairs of uint8 images, on people's scale, (N,)."""
        first, second = ((images.float() / 255).contiguous() for images in (reference, distorted))
        measured = measure(first, second, self.teachers.metrics)
        return torch.tensor([self.teachers.consensus(values) for values in measured])


def optimise(pairs: dict[str, Tensor], model: FullReference, steps: int, device: torch.device) -> None:
    """Take so many further steps of Adam with the images of pairs, in float32, in place of those in the dictionary.

    Args:
        pairs: `reference` N x 3 x h x w uint8; `image`, and Adam's `mean` and `square`, of the same shape, samples in
            [0, 1]; by pair (N,) the `steps` so far, the `rate`, and the `sign`, -1 to go down the score.
    """
    model.eval()
    image, mean, square = (pairs[name].to(device) for name in ("image", "mean", "square"))
    sign, rate, count = (pairs[name].to(device)[:, None, None, None] for name in ("sign", "rate", "steps"))
    with torch.no_grad():
        reference = model.encode(to_unit(pairs["reference"], device))
    for _ in range(steps):
        seen = image.contiguous(memory_format=torch.channels_last).requires_grad_()
        score = model.compare(reference, model.encode(seen))
        (gradient,) = torch.autograd.grad(score.sum(), seen)  # of the pixels alone: the weights get none
        gradient = gradient * sign
        count = count + 1
        mean, square = (
            moment.lerp(new, 1 - keep)
            for moment, new, keep in zip((mean, square), (gradient, gradient**2), MOMENTS, strict=True)
        )
        first, second = (m / (1 - keep**count) for m, keep in zip((mean, square), MOMENTS, strict=True))
        image = (image + rate * first / (second.sqrt() + TINY)).clamp(0, 1)
    moved = {"image": image, "mean": mean, "square": square, "steps": count[:, 0, 0, 0]}
    pairs.update({name: values.detach().cpu() for name, values in moved.items()})


def eight_bits(images: Tensor) -> Tensor:
    """Images in [0, 1] as they would be stored, uint8."""
    return (images * 255).round().to(torch.uint8)
