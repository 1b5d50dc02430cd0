"""Batches as a function of the step number, so that a resumed run sees what an unbroken one would."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from iqa_cli.distortions import DISTORTIONS, distort, expected_score
from iqa_cli.training.pictures import fits
from iqa_cli.training.recipe import Recipe, Stage

# An undistorted picture got 4.6 in KADID-10k, the mildest distortions 4.61: identity must stand above them.
PRISTINE_SCORE = 4.8
PRISTINE_SHARE = 0.03


@dataclass
class Batch:
    """uint8 images and their scores (1..5).

    distorted: N x 3 x h x w; reference: N / versions x 3 x h x w, or None; score: (N,).
    """

    distorted: Tensor
    score: Tensor
    reference: Tensor | None = None


class Batches(Dataset):
    """Batch number `step` of a recipe, made on the fly: `batches[step]`."""

    def __init__(self, recipe: Recipe, photographs: list[np.ndarray], rated: list[np.ndarray], scores: list[float]):
        self.recipe, self.photographs, self.rated, self.scores = recipe, photographs, rated, scores

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> Batch:
        stage, _ = self.recipe.stage_at(step)
        rng = np.random.default_rng([self.recipe.seed, step])
        if stage.kind == "synthetic":
            return synthetic_batch(self.photographs, stage, rng)
        return self._rated_batch(stage, rng)

    def _rated_batch(self, stage: Stage, rng: np.random.Generator) -> Batch:
        fitting = [i for i, image in enumerate(self.rated) if fits(image, stage)]
        chosen = rng.choice(fitting, size=stage.references, replace=False)
        crops = [random_crop(self.rated[i], stage.crop, rng) for i in chosen]
        crops = [c[:, ::-1] if rng.random() < 0.5 else c for c in crops]
        rated = Batch(to_tensor(crops), torch.tensor([self.scores[i] for i in chosen]))
        if not stage.distorted:
            return rated
        large = [photograph for photograph in self.photographs if fits(photograph, stage)]
        synthetic = synthetic_batch(large, replace(stage, references=stage.distorted, versions=1), rng)
        return Batch(torch.cat([rated.distorted, synthetic.distorted]), torch.cat([rated.score, synthetic.score]))


def synthetic_batch(photographs: list[np.ndarray], stage: Stage, rng: np.random.Generator) -> Batch:
    """`stage.references` random crops, each in `stage.versions` distortions of random type and level."""
    references, distorted, scores = [], [], []
    for _ in range(stage.references):
        photograph = photographs[rng.integers(len(photographs))]
        # Distort a little more than the crop, so that block grids do not always start at its corner.
        margin = min(8, min(photograph.shape[:2]) - stage.crop)
        patch = turn(random_crop(photograph, stage.crop + margin, rng), rng)
        pixels = patch.astype(np.float32) / 255
        top, left = rng.integers(margin + 1, size=2)
        for _version in range(stage.versions):
            window = np.s_[top : top + stage.crop, left : left + stage.crop]
            if rng.random() < PRISTINE_SHARE:
                result, score = patch, PRISTINE_SCORE
            else:
                kind, level = int(rng.integers(1, len(DISTORTIONS) + 1)), float(rng.uniform(1, 5))
                result, score = to_uint8(distort(pixels, kind, level, rng)), expected_score(kind, level)
            distorted.append(result[window])
            scores.append(score)
        references.append(patch[window])
    return Batch(to_tensor(distorted), torch.tensor(scores), to_tensor(references))


def random_crop(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A size x size window at a random place; the whole image when size is 0."""
    if not size:
        return image
    top, left = (rng.integers(side - size + 1) for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def turn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One of the eight flips and quarter turns."""
    image = np.rot90(image, rng.integers(4))
    return image[:, ::-1] if rng.random() < 0.5 else image


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """[0, 1] floats as the 8-bit values a file would hold."""
    return np.rint(pixels * 255).astype(np.uint8)


def to_tensor(images: list[np.ndarray]) -> Tensor:
    """H x W x 3 arrays of one size to one N x 3 x H x W tensor, laid out channels last."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
