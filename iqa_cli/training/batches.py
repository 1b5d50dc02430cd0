"""Batches as a function of the step number, so that a resumed run sees what an unbroken one would."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from iqa_cli.training.cells import DistortionCell, cell_spread
from iqa_cli.training.examples import Example, level_distribution
from iqa_cli.training.gather import Data
from iqa_cli.training.picture_files import Picture, Shelf, batch_at
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.training.synthesis import (
    PRISTINE_SCORE,
    Version,
    degrade,
    mosaic,
    random_crop,
    to_tensor,
    turn,
    unlabelled,
    versions_of,
)
from iqa_cli.training.teachers import Teachers, measure

DISTORTED = -1  # the source of photographs distorted on the fly among rated ones


@dataclass
class Batch:
    """uint8 images and what people said of them.

    distorted: N x 3 x h x w; reference: N / versions x 3 x h x w, or None; score: (N,) in 1..5;
    distribution: N x 5 over the levels 1..5, or None; source: (N,), a number for each source of opinions, whose
    scores can be compared, or None where there is one; total: images in the whole batch, of which these are one
    process's part; weight: of their loss, beside that of other batches of the step; distil: weight of the
    distillation loss beside the labels'; labelled: whether scores were given, else they are 0.
    """

    distorted: Tensor
    score: Tensor
    distribution: Tensor | None = None
    reference: Tensor | None = None
    source: Tensor | None = None
    total: int = 0
    weight: float = 1.0
    distil: float = 0.0
    labelled: bool = True

    def part(self, number: int, parts: int) -> "Batch":
        """Part `number` of `parts` of about equal size; references stay with their versions."""
        if parts == 1:
            return self
        versions = len(self.score) // len(self.reference) if self.reference is not None else 1
        wanted = np.array_split(np.arange(len(self.score) // versions), parts)[number]
        rows = (torch.from_numpy(wanted)[:, None] * versions + torch.arange(versions)).flatten()
        distribution, source = (None if t is None else t[rows] for t in (self.distribution, self.source))
        reference = None if self.reference is None else self.reference[torch.from_numpy(wanted)]
        return replace(
            self,
            distorted=self.distorted[rows],
            score=self.score[rows],
            distribution=distribution,
            reference=reference,
            source=source,
        )


class Batches(Dataset):
    """Batch number `step` of a recipe, made on the fly: `batches[step]`.

    Every picture of a batch has random numbers of its own, so that process `rank` of `world` makes its
    part alone and all together make what one process would.
    """

    def __init__(self, recipe: Recipe, data: Data, rank: int = 0, world: int = 1):
        self.recipe, self.data, self.rank, self.world = recipe, data, rank, world
        self.read = Shelf()
        self.sources = {name: number for number, name in enumerate(sorted({e.source for e in data.rated}))}

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> Batch:
        number, stage_step = self.recipe.stage_at(step)
        stage = self.recipe.stages[number]
        if stage.kind == "synthetic":
            made = [self._photograph(stage, self._rng(step, n)) for n in range(stage.batch)]
            return self._synthetic(made[self.rank :: self.world], stage, stage.batch)
        if stage.kind == "distilled":
            return self._distilled(number, step, stage)
        fitting = self._fitting[number]
        sizes = [() if stage.crop else example.image.size for example in fitting]
        chosen = batch_at(stage_step, sizes, stage.batch, [self.recipe.seed, number])
        tasks = [(fitting[i], self._rng(step, n)) for n, i in enumerate(chosen)]
        if len(tasks) < self.world:  # too few of one size to share: each process takes all, the mean stays
            tasks = [task for task in tasks for _ in range(self.world)]
        joined = [self._photograph(stage, self._rng(step, len(tasks) + n)) for n in range(stage.distorted)]
        total = len(tasks) + len(joined)
        own = tasks[self.rank :: self.world]
        sources = torch.tensor([self.sources[example.source] for example, _ in own])
        batch = replace(_rated([self._crop(*task, stage) for task in own], sources, total), distil=stage.distil)
        if not joined[self.rank :: self.world]:
            return batch
        return _join(batch, self._synthetic(joined[self.rank :: self.world], replace(stage, versions=1), total))

    def _distilled(self, number: int, step: int, stage: Stage) -> Batch:
        """Crops of photographs and rated images alike, without labels."""
        pictures = [*self._photographs[stage.crop], *(example.image for example in self._fitting[number])]
        crops: list[np.ndarray] = []
        for n in range(self.rank, stage.batch, self.world):
            rng = self._rng(step, n)
            picture = self.read(pictures[rng.integers(len(pictures))])
            crops += (unlabelled(picture, stage, rng) for _ in range(stage.versions))
        total = stage.batch * stage.versions
        return Batch(to_tensor(crops), torch.zeros(len(crops)), total=total, distil=stage.distil, labelled=False)

    @cached_property
    def _fitting(self) -> list[list[Example]]:
        """By stage, the rated images that hold its crop."""
        return [[e for e in self.data.rated if e.image.fits(stage.crop)] for stage in self.recipe.stages]

    @cached_property
    def _photographs(self) -> dict[int, list[Picture]]:
        """By crop, the photographs that hold it."""
        return {s.crop: [p for p in self.data.photographs if p.fits(s.crop)] for s in self.recipe.stages}

    def _rng(self, step: int, n: int) -> np.random.Generator:
        return np.random.default_rng([self.recipe.seed, step, n])

    def _photograph(self, stage: Stage, rng: np.random.Generator) -> tuple[Picture, np.random.Generator]:
        photographs = self._photographs[stage.crop]
        return photographs[rng.integers(len(photographs))], rng

    def _synthetic(self, tasks: list[tuple[Picture, np.random.Generator]], stage: Stage, photographs: int) -> Batch:
        made = [versions_of(self.read(picture), stage, rng) for picture, rng in tasks]
        versions = [version for _, own in made for version in own]
        reference, distorted = to_tensor([r for r, _ in made]), to_tensor([v.pixels for v in versions])
        score = torch.tensor(self._scores(reference.repeat_interleave(stage.versions, dim=0), distorted, versions))
        distribution = level_distribution(score, self.data.spread)
        return Batch(distorted, score, distribution, reference, total=photographs * stage.versions)

    def _scores(self, reference: Tensor, distorted: Tensor, versions: list[Version]) -> list[float]:
        """The mean human scores, each moved by where metrics place its image, within its cell and among all."""
        if not self.data.teachers or not (self.recipe.content or self.recipe.consensus):
            return [version.score for version in versions]
        first, second = ((images.float() / 255).contiguous() for images in (reference, distorted))
        measured = measure(first, second, self.data.teachers.metrics)
        return [
            version.score if version.cell is None else self._taught(version.score, version.cell, values)
            for version, values in zip(versions, measured, strict=True)
        ]

    def _taught(self, score: float, cell: DistortionCell, measured: np.ndarray) -> float:
        content, consensus = (
            shares[cell[0] - 1] if shares else 0.0
            for shares in cast(list[tuple[float, ...]], [self.recipe.content, self.recipe.consensus])
        )
        teachers = cast(Teachers, self.data.teachers)
        score += content * teachers.deviation(measured, *cell) * cell_spread(*cell)
        score += consensus * (teachers.consensus(measured) - score)
        return float(np.clip(score, 1, PRISTINE_SCORE))

    def _crop(
        self, example: Example, rng: np.random.Generator, stage: Stage
    ) -> tuple[np.ndarray, np.ndarray | None, float, Tensor]:
        """Distorted crop, reference crop, score and label distribution of a rated image."""
        image = self.read(example.image)
        if example.reference:  # both in one array, so that they are cut and turned alike
            both = turn(random_crop(np.dstack([self.read(example.reference), image]), stage.crop, rng), rng)
            return both[..., 3:], both[..., :3], example.score, example.distribution
        crop, score, distribution = mosaic(image, stage.crop, stage.grid, rng), example.score, example.distribution
        if rng.random() < stage.degraded:
            crop, score = degrade(crop, score, rng, stage.degraded_types)
            distribution = level_distribution(torch.tensor([score]), self.data.spread)[0]
        return (crop[:, ::-1] if rng.random() < 0.5 else crop), None, score, distribution


def _rated(crops: list[tuple], sources: Tensor, total: int) -> Batch:
    distorted, reference, score, distribution = zip(*crops, strict=True)
    paired = reference[0] is not None
    return Batch(
        to_tensor(list(distorted)),
        torch.tensor(score),
        torch.stack(distribution),
        to_tensor(list(reference)) if paired else None,
        sources,
        total,
    )


def _join(rated: Batch, synthetic: Batch) -> Batch:
    """Rated and distorted photographs in one batch, none with a reference; the latter are a source of their own."""
    known = cast(Tensor, rated.source)
    source = torch.cat([known, torch.full_like(synthetic.score, DISTORTED, dtype=known.dtype)])
    distorted, score, distribution = (
        torch.cat(cast(tuple[Tensor, Tensor], pair))
        for pair in (
            (rated.distorted, synthetic.distorted),
            (rated.score, synthetic.score),
            (rated.distribution, synthetic.distribution),
        )
    )
    return replace(rated, distorted=distorted, score=score, distribution=distribution, source=source)
