"""Kinds of model that none of those declared is: feature pyramids, scores without levels, crops without a reference."""

import numpy as np
import pytest
import torch
from torch import nn

from iqa_cli.executing.cache import EncodingCache, memory
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.base import FiveLevel, FullReference, NoReference, each, separate, stacked
from iqa_cli.options.crops import CropRule
from iqa_cli.records import ScoreRange
from iqa_cli.registry import Spec
from iqa_cli.scorer import Scorer
from iqa_cli.training.batches import Batch
from iqa_cli.training.objective import Objective

CPU = torch.device("cpu")
PYRAMID = Spec("pyramid", "Pyramid", "full-reference", "", "", ScoreRange(0, 1), minimum=4, paper="")
ALONE = Spec("alone", "Alone", "no-reference", "", "", ScoreRange(0, 1), minimum=4, paper="")


class Pyramid(FullReference):
    """One minus the mean difference over three scales; counts what it encodes."""

    def __init__(self):
        super().__init__()
        self.factor, self.encoded = nn.Parameter(torch.ones(())), 0

    def encode(self, images):
        self.encoded += len(images)
        return tuple(nn.functional.avg_pool2d(images, size) for size in (1, 2, 4))

    def compare(self, reference, distorted):
        scales = [(r - d).abs().mean(dim=(1, 2, 3)) for r, d in zip(reference, distorted, strict=True)]
        return 1 - self.factor * torch.stack(scales).mean(dim=0)


class Brightness(NoReference):
    """The mean of the image."""

    def outputs(self, images):
        return images.mean(dim=(1, 2, 3))


class Halves(FiveLevel):
    """Level 5 as probable as the image is bright, else level 1."""

    def logits(self, images):
        bright = images.mean(dim=(1, 2, 3)).clamp(1e-6, 1 - 1e-6)
        return torch.stack([(1 - bright).log(), *3 * [torch.full_like(bright, -1e9)], bright.log()], dim=1)


def executor(model, spec, **options):
    return Executor(spec, model, device=CPU, rule=CropRule(2), **options)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1)[None]


def test_a_model_may_encode_an_image_as_several_tensors():
    model, reference = Pyramid(), noise(16, 20)
    images = [noise(16, 20, seed) for seed in (1, 2, 3)]
    scores = executor(model, PYRAMID).score([Sample(image, reference, "r") for image in images])
    wanted = [model(tensor(reference), tensor(image)).item() for image in images]
    assert [score.value for score in scores] == pytest.approx(wanted, abs=1e-6)


def test_an_encoding_of_several_tensors_is_kept_for_those_that_share_it():
    work = executor(Pyramid(), PYRAMID)
    for _again in range(3):
        work.score([Sample(noise(16, 20, 1), noise(16, 20), "r"), Sample(noise(16, 20, 2), noise(16, 20, 9), "s")])
    assert work.model.encoded == 3 * 2 + 2
    kept = work.references.get(("r", None))
    assert [part.shape for part in kept] == [(3, 16, 20), (3, 8, 10), (3, 4, 5)]
    assert all(part.untyped_storage().nbytes() == part.nbytes for part in kept)  # no view into a batch
    assert work.references.size == 2 * sum(part.nbytes for part in kept)


def test_the_cache_counts_all_tensors_of_an_encoding():
    cache, pair = EncodingCache(capacity=5000), (torch.zeros(256), torch.zeros(256))
    assert memory(pair) == 2048
    for key in "abc":
        cache.put(key, pair)
    assert cache.size == 4096 and cache.get("a") is None


def test_encodings_of_either_form_are_taken_apart_and_put_together():
    both = torch.rand(2, 3, 4), torch.rand(2, 5)
    for encoding in (both, both[0]):
        again = stacked(separate(encoding, 2))
        assert all(torch.equal(*parts) for parts in zip(again, encoding, strict=True))
    assert torch.equal(each(lambda part: 2 * part, both)[1], 2 * both[1])


def test_a_model_of_feature_pyramids_learns():
    model = Pyramid()
    batch = Batch(
        (255 * torch.rand(4, 3, 8, 8)).byte(), torch.arange(1.0, 5), None, torch.zeros(2, 3, 8, 8).byte(), total=4
    )
    Objective(model, plcc=0.5)(batch, CPU).backward()
    assert model.factor.grad.isfinite() and model.factor.grad != 0


def test_a_model_without_a_reference_need_not_speak_of_levels():
    image = noise(16, 20)
    (score,) = executor(Brightness(), ALONE).score([Sample(image, image)])  # beside a model that needs the reference
    assert (score.value, score.details) == (pytest.approx(image.mean(), abs=1e-6), {})
    batch = Batch(torch.full((2, 3, 8, 8), 51).byte(), torch.tensor([1.0, 5.0]), total=2)
    assert Objective(Brightness())(batch, CPU).item() == pytest.approx((0.2**2 + 1.2**2) / 2)


@pytest.mark.parametrize(("kind", "ends"), [(Brightness, (0.0, 1.0)), (Halves, (1.0, 5.0))])
def test_a_model_without_a_reference_may_look_at_crops(kind, ends):
    spec = Spec("cut", "Cut", "no-reference", "", "", ScoreRange(*ends), minimum=4, paper="", crop=16)
    image = np.zeros((16, 32, 3), np.float32)
    image[:, 16:] = 1
    work = executor(kind(), spec)
    (score,) = work.score([Sample(image)])
    facts = {"crops": 2, "crop_std": sum(ends[1:]) / 2 - ends[0] / 2, "crop_min": ends[0], "crop_max": ends[1]}
    assert score.value == pytest.approx(sum(ends) / 2, abs=1e-4)
    assert {name: score.details[name] for name in facts} == pytest.approx(facts, abs=1e-4)
    assert Scorer(work)(tensor(image)).tolist() == pytest.approx([score.value], abs=1e-4)
