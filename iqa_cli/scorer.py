"""The Python interface: `iqa_cli.load("iqt")` gives a scorer of files, arrays and tensors, and a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor, nn

from iqa_cli.engine.crops import CropRule, mirrored, windows
from iqa_cli.engine.device import choose_device
from iqa_cli.engine.executor import Executor
from iqa_cli.engine.maps import Maps, maps_of
from iqa_cli.engine.options import DEFAULT_CROPS, PRECISIONS
from iqa_cli.engine.pieces import Sample, check_size
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.images import match_sizes
from iqa_cli.images.given import check_batch, pixels_of
from iqa_cli.models.base import FullReference, Model
from iqa_cli.records import ScoreRange
from iqa_cli.registry import Spec, find_model
from iqa_cli.weights import Loaded, load_trained

Image = str | PathLike[str] | bytes | Pillow.Image | np.ndarray | Tensor


def load(
    name: str,
    *,
    weights: str | PathLike[str] | None = None,
    device: str = "auto",
    precision: str = "fp32",
    crops: int | str | None = DEFAULT_CROPS,
    crop_seed: int | None = None,
    offline: bool = False,
    config: Any = None,
) -> Scorer:
    """A trained model, or a classical one, ready to score.

    Args:
        name: a model of `iqa models`.
        weights: a weight file instead of the default weights (`~` is your home); no network is touched for it.
        device: auto, cpu, cuda or cuda:N; `Scorer.to` moves it later.
        precision: fp32 or bf16, of trained models; classical ones are always computed in full.
        crops: how many crops a crop-based model averages; "all" (or None) for a full cover.
        crop_seed: random crops instead of the even grid.
        offline: never download.
        config: of a classical model, `iqa_cli.models.luma.ClassicConfig(luma=..., crop_border=...)`.

    Raises:
        UsageError: no such model, device, precision or number of crops.
        WeightsError: no trained weights; a model never scores with random ones.
    """
    spec = find_model(name)
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r}: choose {' or '.join(PRECISIONS)}")
    if spec.trained and config is not None:
        raise UsageError(f"{spec.name} takes its configuration from its weights: config is for classical models")
    place, rule = choose_device(device), CropRule.of(crops, crop_seed)
    if not spec.trained:
        return Scorer(Executor(spec, spec.build(config), device=place, rule=rule))
    loaded = load_trained(spec, Path(weights).expanduser() if weights else None, offline)
    executor = Executor(
        spec,
        loaded.model,
        device=place,
        rule=rule,
        precision=precision,
        range=loaded.range,
        percentiles=loaded.percentiles,
    )
    return Scorer(executor, replace(loaded, model=executor.model))


class Scorer(nn.Module):
    """One model: `score` for files and arrays, `forward` for batches of tensors, with gradients.

    As a loss for restoration: `loss = -scorer(reference, output.clamp(0, 1)).mean()` where higher is better.
    Its weights are frozen; gradients reach the images. Inside a network it moves with it (`.to`, `.half`), but
    its tensors are none of the network's: they are in no `state_dict()`, no `parameters()`, no checkpoint.

    Attributes:
        spec: the model, as the registry declares it.
        loaded: what is known of its weights; None for a classical model.
    """

    def __init__(self, executor: Executor, loaded: Loaded | None = None):
        super().__init__()
        self.spec: Spec = executor.spec
        self.loaded = loaded
        # The model is no submodule: a judge must not be saved, counted or trained with what it judges.
        self._executor = executor

    @property
    def model(self) -> Model:
        """The model itself, on its device."""
        return self._executor.model

    @property
    def range(self) -> ScoreRange:
        """Where scores lie, and which end is the good one."""
        return self._executor.range

    @property
    def higher_is_better(self) -> bool:
        """Direction of the score."""
        return self.range.higher_is_better

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self._executor.device

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Scorer:
        """What `.to`, `.half`, `.cuda` ... do to a module; here to the model, too."""
        self.model._apply(fn, recurse)
        return super()._apply(fn, recurse)

    def train(self, mode: bool = True) -> Scorer:
        """Stay in eval mode: inside a training loop, too, a judge must not change."""
        return super().train(False)

    def forward(self, *images: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W tensors in [0, 1]: `(reference, distorted)`, or one batch alone.

        A crop-based model averages over the crops that `score` takes. Equal images have an infinite PSNR, with a
        gradient of 0.

        Raises:
            ImageError: not such tensors, too small, or the two differ in shape.
            UsageError: too few or too many batches for this model.
        """
        self._check_count(images)
        for batch in images:
            check_batch(batch)
        check_size(self.spec, self.model, *images[0].shape[-2:])
        if images[0].shape != images[-1].shape:
            reference, distorted = (tuple(batch.shape) for batch in images)
            raise ImageError(f"reference {reference} and distorted {distorted} differ in shape")
        if self.spec.trained:
            images = tuple(batch.to(self._executor.dtype) for batch in images)
        with self._executor.arithmetic():
            return self._scores(images)

    def score(self, *images: Image) -> float:
        """The score of `(reference, distorted)`, or of one image for a no-reference model.

        Each is a path (`~` is your home), the bytes of a file, a Pillow image, an H x W x 3 array (uint8, or float
        in [0, 1]), or a 3 x H x W tensor alike. Grey and transparent images are taken from files and from Pillow;
        of arrays and tensors RGB alone. Equal images have an infinite PSNR.

        Raises:
            ImageError: an image cannot be read, is too small, or the two differ in size.
            UsageError: too few or too many images for this model.
        """
        (score,) = self._executor.score([self._sample(images)])
        if score.status == "error":
            raise ImageError(score.details["reason"])
        return score.value if score.value is not None else float("inf" if score.status == "infinite" else "nan")

    def meaning(self, score: float) -> dict[str, Any]:
        """What a finite score means.

        Returns:
            `label`, the nearest level in words (ITU-R BT.500), of a model that scores 1..5; `percentile` and
            `percentile_of` ("better than 83 % of BIQ2021") where its weights tell.
        """
        return self._executor.meaning(score)

    def maps(self, *images: Image) -> Maps:
        """Where the model looked in the last of `images`, and how good it found each crop: H x W float32 arrays.

        The images are those that `score` takes.

        Raises:
            ImageError: as `score`, or the memory does not suffice for a map.
            UsageError: too few or too many images, or a model that cannot show where it looks.
        """
        return maps_of(self._executor, self._sample(images))

    def _sample(self, images: tuple[Image, ...]) -> Sample:
        self._check_count(images)
        pixels = [pixels_of(image) for image in images]
        if not self.spec.full_reference:
            return Sample(pixels[0])
        reference, distorted, _ = match_sizes(pixels[0], pixels[1])
        return Sample(distorted, reference)

    def _scores(self, images: tuple[Tensor, ...]) -> Tensor:
        if self.spec.crop is None:
            return self.model(*images)
        crops = [self._crops(batch) for batch in images]
        *references, distorted = (batch.flatten(0, 1) for batch in crops)
        encoded = [cast(FullReference, self.model).encode(batch) for batch in references]
        outputs = self.model.outputs(*encoded, distorted)
        return self.model.pool(outputs.unflatten(0, crops[0].shape[:2]).transpose(0, 1))

    def _check_count(self, images: tuple) -> None:
        wanted = "(reference, distorted)" if self.spec.full_reference else "one image"
        if len(images) != 1 + self.spec.full_reference:
            raise UsageError(f"{self.spec.name} takes {wanted}, not {len(images)} images")

    def _crops(self, images: Tensor) -> Tensor:
        """B x 3 x H x W to B x M x 3 x crop x crop; small images are reflected first."""
        size = cast(int, self.spec.crop)
        for dim in (-2, -1):
            if images.shape[dim] < size:
                index = torch.from_numpy(mirrored(images.shape[dim], size)).to(images.device)
                images = images.index_select(dim, index)
        height, width = images.shape[-2:]
        corners = windows(height, width, size, self._executor.rule)
        return torch.stack([images[..., top : top + size, left : left + size] for top, left in corners], dim=1)
