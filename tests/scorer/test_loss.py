"""A scorer as a loss: scores of batches with gradients, and what a batch must be."""

import pytest
import torch
from imagery import blurred, unit

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.registry import SPECS
from iqa_cli.scorer import load

every_model = pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])


@pytest.mark.parametrize("name", ["psnr", "iqt-c"])
def test_images_of_two_sizes_are_refused(name, untrained, photo, batch):
    scorer = untrained(name)
    with pytest.raises(ImageError, match=r"40x32.*32x32"):
        scorer.score(photo(32, 32), photo(32, 40))
    with pytest.raises(ImageError, match="differ in shape"):
        scorer(batch(32, 32), batch(32, 40))


@every_model
def test_forward_gives_what_score_gives(spec, untrained, photo, batch):
    scorer, side = untrained(spec.name), max(spec.minimum, 48)
    height = 270 if spec.crop else side  # more than one crop, and reflected to the other side
    pieces = [photo(height, side, number) for number in range(2)]
    worse = [blurred(piece) for piece in pieces]
    inputs = [torch.stack([unit(piece) for piece in kind]) for kind in (pieces, worse)][-1 - spec.full_reference :]
    asked = zip(pieces, worse, strict=True) if spec.full_reference else [(piece,) for piece in worse]
    with torch.no_grad():
        scores = scorer(*inputs)
    assert scores.shape == (2,)
    assert scores.tolist() == pytest.approx([scorer.score(*images) for images in asked], abs=1e-4)


@every_model
def test_forward_refuses_what_is_too_small(spec, untrained):
    if spec.minimum > 1:
        images = (1 + spec.full_reference) * [torch.zeros(1, 3, spec.minimum - 1, spec.minimum)]
        with pytest.raises(ImageError, match=f"needs {spec.minimum} px"):
            untrained(spec.name)(*images)


@pytest.mark.parametrize("name", ["ms-ssim", "iqt-c", "triq"])
def test_a_small_step_along_the_gradient_raises_the_score(name, untrained, batch):
    scorer, side = untrained(name), max(untrained(name).spec.minimum, 64)
    reference = batch(side, side)
    distorted = torch.nn.functional.avg_pool2d(reference, 5, 1, 2).requires_grad_()
    images = (reference, distorted)[-1 - scorer.spec.full_reference :]
    loss = -scorer(*images).mean()
    loss.backward()
    with torch.no_grad():
        distorted -= 1e-3 * distorted.grad / distorted.grad.abs().max()
        distorted.clamp_(0, 1)
        assert -scorer(*images).mean() < loss


def test_what_was_loaded_in_inference_mode_is_a_loss_outside_of_it(batch):
    with torch.inference_mode():
        scorer = load("triq-lite", device="cpu", offline=True)
    images = batch(64, 64).requires_grad_()
    scorer(images).sum().backward()
    assert images.grad.isfinite().all() and images.grad.any()


def test_equal_images_have_a_psnr_without_end_and_a_gradient_with_one(untrained, batch):
    reference = batch(24, 24, 2)
    distorted = (reference + torch.tensor([0.0, 0.01])[:, None, None, None]).clamp(0, 1).requires_grad_()
    scores = untrained("psnr")(reference, distorted)
    assert scores[0] == float("inf") and scores[1].isfinite()
    (-scores.mean()).backward()
    assert distorted.grad.isfinite().all()
    assert (distorted.grad[0] == 0).all() and (distorted.grad[1] != 0).any()


@every_model
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda x: (255 * x).byte(), "uint8 samples: give floats in"),
        (lambda x: 255 * x, r"float32 samples run from .* to 2\d\d.*: give floats clipped to \[0, 1\]"),
        (lambda x: 2 * x - 1, "samples run from -"),
        (lambda x: x / 0, "samples run from"),
        (lambda x: x[0], "shape .* is not RGB: give B x 3 x H x W"),
        (lambda x: x[:, :1], "is not RGB"),
        (lambda x: x.permute(0, 2, 3, 1), "is not RGB"),
    ],
    ids=["uint8", "0..255", "-1..1", "nan", "no batch", "grey", "channels last"],
)
def test_a_batch_is_taken_as_strictly_as_a_single_image(spec, untrained, batch, change, complaint):
    good = batch(max(spec.minimum, 48), max(spec.minimum, 48))
    images = (good, change(good))[-1 - spec.full_reference :]
    with pytest.raises(ImageError, match=complaint) as refused:
        untrained(spec.name)(*images)
    assert "\n" not in str(refused.value)


def test_what_is_no_tensor_is_no_batch(untrained, photo):
    with pytest.raises(UsageError, match="ndarray is no batch here: give tensors, or take score"):
        untrained("psnr")(photo(20, 20), photo(20, 20))
