"""The Python interface: `iqa_cli.load("iqt")` gives a scorer of files, arrays and tensors, and a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Any, Unpack, cast, overload

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor, nn

from iqa_cli.engine.samples import Area, sample_of
from iqa_cli.engine.session import in_torch, open_executor
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.maps import Maps, maps_of
from iqa_cli.executing.onnx_executor import OnnxExecutor, open_onnx
from iqa_cli.executing.pieces import Sample, check_size
from iqa_cli.executing.scores import failed
from iqa_cli.explaining.explainers import explained
from iqa_cli.ground.python_words import in_python, speaks_python
from iqa_cli.images import ImagePolicy
from iqa_cli.images.given import check_batch, is_several, paired, stored_of
from iqa_cli.models.base import Model
from iqa_cli.options.engine_keywords import EngineKeywords, options_of, shows_engine_keywords
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import ScoreRange
from iqa_cli.registry import Spec, find_model
from iqa_cli.score_value import ScoreValue
from iqa_cli.weights import Loaded

Image = str | PathLike[str] | bytes | Pillow.Image | np.ndarray | Tensor


@speaks_python(model="name")
@shows_engine_keywords
def load(name: str, explain: bool = False, **engine: Unpack[EngineKeywords]) -> Scorer:
    """A trained model, or a classical one, ready to score.

    Args:
        name: a model of `iqa models`.
        explain: scores also tell which known flaws an image shows, and where: `ScoreValue.explanation`.
        crops: how many crops a crop-based model averages, on an even grid: "auto", the fewest that overlap by as much
            as the model needs (up to 20); a number; or "all" (also None), a cover in which they overlap by half.
        crop_seed: random crops instead of the even grid, 20 unless `crops` is a number.
        luma: of PSNR, SSIM and their kin: rgb (else), bt601 (studio-range Y), rgb2ycbcr (rounded as in MATLAB) or full.
        crop_border, protocol: of the same: pixels cut off all around; a published convention, such as basicsr-y4.
        colour: "convert" the colours of files to sRGB, by profile or tags; or "ignore" both (`icc=False` of old).
        max_pixels: refuse larger files.
        raw, frame: "develop" raw photographs, or take the "preview" inside; "first" of several pictures, or N from 0.
        on_size_mismatch: error; crop both to the common top left; or resize the distorted image.
        view_size: px of the longer side that a screen shows: larger images are averaged down to it, of a pair both;
            tensors that are called, not scored, stay as they are.
        weights: a weight file instead of the default weights (`~` is your home); no network is touched for it.
        offline: never download.
        device: auto, cpu, cuda or cuda:N; `Scorer.to` moves it later.
        precision: fp32 or bf16, of trained models; classical ones are always computed in full.
        batch_size: crops scored at once; by their size when left out.
        threads: of torch while `score` is at work, on a CPU; one a core when left out, or fewer if torch was told so.
        engine: torch; or onnx, by which `score` has ONNX Runtime compute on the CPU (tensors and maps stay with torch).

    Raises:
        UsageError: no such model, device, precision or number of crops; a luma rule of a model that has none.
        WeightsError: no trained weights; a model never scores with random ones. Or other weights than can be explained.
    """
    spec = find_model(name)
    options = options_of(engine, [spec])
    with torch.inference_mode(False):  # a tensor made within it can be no part of a loss, ever
        executor, loaded = open_executor(spec, options, explain=explain and bool(explained([spec], options.engine)))
    judge = open_onnx(spec, options, partial(in_torch, spec, options)) if options.in_onnx(spec) else None
    loaded = loaded and replace(loaded, model=executor.model)
    return Scorer(executor, loaded, options.policy, options.on_size_mismatch, judge, options.view_size)


class Scorer(nn.Module):
    """One model: `score` for files and arrays, `forward` for batches of tensors, with gradients.

    As a loss for restoration: `loss = -scorer(reference, output.clamp(0, 1)).mean()` where higher is better.
    Its weights are frozen; gradients reach the images. Inside a network it moves with it (`.to`, `.half`), but
    its tensors are none of the network's: they are in no `state_dict()`, no `parameters()`, no checkpoint.

    Attributes:
        spec: the model, as the registry declares it.
        loaded: what is known of its weights; None for a classical model.
    """

    def __init__(
        self,
        executor: Executor,
        loaded: Loaded | None = None,
        policy: ImagePolicy = ImagePolicy(),
        size_rule: str = EngineOptions.on_size_mismatch,
        judge: Executor | OnnxExecutor | None = None,
        view_size: int | None = EngineOptions.view_size,
    ):
        super().__init__()
        self._policy, self._size_rule, self._view_size = policy, size_rule, view_size
        self.spec: Spec = executor.spec
        self.loaded = loaded
        # The model is no submodule: a judge must not be saved, counted or trained with what it judges.
        self._executor = executor
        self._judge = judge or executor  # what `score` asks

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

    def extra_repr(self) -> str:
        """What `print` tells of it: model, weights, crops and device."""
        told = [repr(self.spec.name)]
        if self.loaded:
            told.append(f"weights={self.loaded.name!r}")
        if self.spec.crop:
            told.append(f"crops={self._executor.rule.count or 'all'!r}")
        return ", ".join([*told, f"device={str(self.device)!r}"])

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
            return self._executor.of_tensors(images)

    @overload
    def score(self, *images: Image, mask: Any = None, box: Any = None) -> ScoreValue: ...  # type: ignore[overload-overlap]

    @overload
    def score(self, *images: Image | Iterable[Image], mask: Any = None, box: Any = None) -> list[ScoreValue]: ...

    @speaks_python(model="iqa_cli.load")
    def score(
        self, *images: Image | Iterable[Image], mask: Any = None, box: Sequence[int] | str | None = None
    ) -> ScoreValue | list[ScoreValue]:
        """The score of `(reference, distorted)`, or of one image for a no-reference model.

        Each is a path (`~` is your home), the bytes of a file, a Pillow image, an array (H x W x 3 RGB, H x W grey or
        H x W x 4 RGBA, which is composited over white; uint8, uint16, or float in [0, 1]), or a tensor alike with
        its channels first. OpenCV's arrays are BGR: turn them first, `image[..., ::-1]`.

        Or a list or a generator of these: then a list of scores is given, and an image that cannot be scored has `nan`
        in its place, with its `error`. One reference stands for all distorted images, several are paired in order.

        Args:
            mask: how much each pixel counts: a picture in grey, white where it counts, or an H x W array or tensor.
            box: x, y, w, h in pixels: what lies in it is scored as if the images had been cut.

        Returns:
            A float that has `details`, `label`, `probabilities`, `percentile` and `crops`, or a list of them. Equal
            images have an infinite PSNR.

        Raises:
            ImageError: an image alone, or a pair, cannot be read, is too small, or sizes differ; a box is not inside.
            UsageError: too few or too many images for this model, or they do not pair; a mask that it does not take.
        """
        self._check_count(images)
        area = Area.of(self.spec, mask, box, self._policy)
        if any(map(is_several, images)):
            return [self._value(area, *pair) for pair in self._pairs(*images)]
        score = self._value(area, *cast(Sequence[Image], images))
        if score.status == "error":
            raise ImageError(score.error)
        return score

    def _value(self, area: Area, *images: Image) -> ScoreValue:
        try:
            (score,) = self._judge.score([self._sample(images, area)])
        except ImageError as error:
            score = failed(in_python(str(error)))
        return ScoreValue.of(score)

    def _pairs(self, *images: Any) -> Iterable[tuple[Any, ...]]:
        """What is scored one by one; a reference of all is read once."""
        if not self.spec.full_reference:
            return ((image,) for image in images[0])
        reference, distorted = images
        return paired(reference if is_several(reference) else stored_of(reference, self._policy), distorted)

    def meaning(self, score: float) -> dict[str, Any]:
        """What a finite score means.

        Returns:
            `label`, the nearest level in words (ITU-R BT.500), of a model that scores 1..5; `percentile` and
            `percentile_of` ("better than 83 % of BIQ2021") where its weights tell.
        """
        return self._executor.meaning(score)

    @speaks_python(model="iqa_cli.load")
    def maps(self, *images: Image, mask: Any = None, box: Sequence[int] | str | None = None) -> Maps:
        """Where the model looked in the last of `images`, and how good it found each crop: H x W float32 arrays.

        Images, mask and box are those that `score` takes; of a box the maps have its size.

        Raises:
            ImageError: as `score`, or the memory does not suffice for a map.
            UsageError: too few or too many images, or a model that cannot show where it looks.
        """
        self._check_count(images)
        return maps_of(self._executor, self._sample(images, Area.of(self.spec, mask, box, self._policy)))

    def _sample(self, images: Sequence[Image], area: Area) -> Sample:
        return sample_of(images, self._policy, self._size_rule, area, self._view_size)

    def _check_count(self, images: tuple) -> None:
        wanted = "(reference, distorted)" if self.spec.full_reference else "one image"
        if len(images) != 1 + self.spec.full_reference:
            raise UsageError(f"{self.spec.name} takes {wanted}, not {len(images)} images")
