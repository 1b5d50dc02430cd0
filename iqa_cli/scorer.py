"""The Python interface: `iqa_cli.load("iqt")` gives a scorer of files, arrays and tensors, and a loss."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from iqa_cli.engine.crops import CropRule, mirrored, windows
from iqa_cli.engine.device import choose_device
from iqa_cli.engine.executor import Executor, Sample, check_size
from iqa_cli.engine.options import PRECISIONS
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.images import ImagePolicy, load_image, match_sizes
from iqa_cli.registry import Spec, find_model
from iqa_cli.weights import Loaded, load_trained

Image = str | PathLike | bytes | np.ndarray | Tensor


def load(
    name: str,
    *,
    weights: str | PathLike | None = None,
    device: str = "auto",
    precision: str = "fp32",
    crops: int | None = 20,
    seed: int | None = None,
    offline: bool = False,
    config: Any = None,
) -> Scorer:
    """A trained model, or a classical one, ready to score.

    Args:
        name: a model of `iqa models`.
        weights: a weight file instead of the default weights; no network is touched for it.
        device: auto, cpu, cuda or cuda:N.
        precision: fp32 or bf16.
        crops: how many crops a crop-based model averages; None for a full cover.
        seed: random crops instead of the even grid.
        offline: never download.
        config: of a classical model, `iqa_cli.models.luma.ClassicConfig(luma=..., crop_border=...)`.

    Raises:
        UsageError: no such model, device or precision.
        WeightsError: no trained weights; a model never scores with random ones.
    """
    spec = find_model(name)
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r}: choose {' or '.join(PRECISIONS)}")
    if spec.trained and config is not None:
        raise UsageError(f"{spec.name} takes its configuration from its weights: config is for classical models")
    loaded = load_trained(spec, Path(weights) if weights else None, offline) if spec.trained else None
    model = loaded.model if loaded else spec.build(config)
    executor = Executor(spec, model, device=choose_device(device), rule=CropRule(crops, seed), precision=precision)
    return Scorer(executor, loaded)


class Scorer(nn.Module):
    """One model: `score` for files and arrays, `forward` for batches of tensors, with gradients.

    As a loss for restoration: `loss = -scorer(reference, output).mean()` where higher is better.
    Parameters are frozen; gradients reach the images.
    """

    def __init__(self, executor: Executor, loaded: Loaded | None = None):
        super().__init__()
        self.spec: Spec = executor.spec
        self.model = executor.model
        self.loaded = loaded
        self._executor = executor

    @property
    def higher_is_better(self) -> bool:
        """Direction of the score."""
        return (self.loaded or self.spec).range.higher_is_better

    def train(self, mode: bool = True) -> Scorer:
        """Stay in eval mode: inside a training loop, too, a judge must not change."""
        return super().train(False)

    def forward(self, *images: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W tensors in [0, 1]: `(reference, distorted)`, or one batch alone.

        A crop-based model averages over the crops that `score` takes.

        Raises:
            ImageError: the images are too small, or the two differ in shape.
            UsageError: too few or too many batches for this model.
        """
        self._check_count(images)
        check_size(self.spec, self.model, *images[0].shape[-2:])
        if images[0].shape != images[-1].shape:
            reference, distorted = (tuple(batch.shape) for batch in images)
            raise ImageError(f"reference {reference} and distorted {distorted} differ in shape")
        if self.spec.crop is None:
            return self.model(*images)
        crops = [self._crops(batch) for batch in images]
        *references, distorted = (batch.flatten(0, 1) for batch in crops)
        outputs = self.model.outputs(*[self.model.encode(batch) for batch in references], distorted)
        return self.model.pool(outputs.unflatten(0, crops[0].shape[:2]).transpose(0, 1))

    def score(self, *images: Image) -> float:
        """The score of `(reference, distorted)`, or of one image for a no-reference model.

        Each is a path, the bytes of a file, an H x W x 3 array (uint8, or float in [0, 1]), or a
        3 x H x W tensor in [0, 1]. Equal images have an infinite PSNR.

        Raises:
            ImageError: an image cannot be read, is too small, or the two differ in size.
            UsageError: too few or too many images for this model.
        """
        self._check_count(images)
        pixels = [_pixels(image) for image in images]
        if self.spec.full_reference:
            reference, distorted, _ = match_sizes(*pixels)
            sample = Sample(distorted, reference)
        else:
            sample = Sample(pixels[0])
        (score,) = self._executor.score([sample])
        if score.status == "error":
            raise ImageError(score.details["reason"])
        return score.value if score.value is not None else float("inf" if score.status == "infinite" else "nan")

    def _check_count(self, images: tuple) -> None:
        wanted = "(reference, distorted)" if self.spec.full_reference else "one image"
        if len(images) != 1 + self.spec.full_reference:
            raise UsageError(f"{self.spec.name} takes {wanted}, not {len(images)} images")

    def _crops(self, images: Tensor) -> Tensor:
        """B x 3 x H x W to B x M x 3 x crop x crop; small images are reflected first."""
        size = self.spec.crop
        for dim in (-2, -1):
            if images.shape[dim] < size:
                index = torch.from_numpy(mirrored(images.shape[dim], size)).to(images.device)
                images = images.index_select(dim, index)
        corners = windows(*images.shape[-2:], size, self._executor.rule)
        return torch.stack([images[..., top : top + size, left : left + size] for top, left in corners], dim=1)


def _pixels(image: Image) -> np.ndarray:
    """H x W x 3 float32 in [0, 1]."""
    if isinstance(image, str | PathLike | bytes):
        return load_image(image, ImagePolicy()).pixels
    if isinstance(image, Tensor):
        image = image.detach().cpu().squeeze(0).movedim(0, -1)
        image = (image.float() if image.is_floating_point() else image).numpy()  # NumPy has no bfloat16
    if not isinstance(image, np.ndarray):
        raise UsageError(f"{type(image).__name__} is no image here: give a path, bytes, an array or a tensor")
    if image.ndim != 3 or image.shape[-1] != 3:
        raise ImageError(f"an image of shape {image.shape} is not RGB: give H x W x 3 arrays or 3 x H x W tensors")
    if image.dtype == np.uint8:
        return np.divide(image, np.float32(255), dtype=np.float32)
    low, high = image.min(), image.max()
    if not (low >= 0 and high <= 1):  # NaN fails too
        raise ImageError(f"{image.dtype} samples run from {low} to {high}: give uint8, or floats clipped to [0, 1]")
    return np.ascontiguousarray(image, dtype=np.float32)
