"""The Python interface: every kind of image in, the same score out, and gradients."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

import iqa_cli
from iqa_cli.errors import ImageError, UsageError, WeightsError
from iqa_cli.models.luma import ClassicConfig
from iqa_cli.registry import SPECS
from iqa_cli.weights import save_weights

every_model = pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def blurred(pixels):
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(2)))


def unit(pixels):
    """3 x H x W in [0, 1]."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)


@pytest.mark.parametrize("name", ["ssim", "iqt-c", "triq"])
def test_a_path_bytes_arrays_and_tensors_give_the_same_score(name, untrained, photo, saved):
    scorer, pixels = untrained(name), photo(48, 64)
    pair = (pixels, blurred(pixels))[-1 - scorer.spec.full_reference :]
    forms = {
        "path": [saved(f"{number}.png", image) for number, image in enumerate(pair)],
        "bytes": [png(image) for image in pair],
        "uint8": list(pair),
        "float32": [image.astype(np.float32) / 255 for image in pair],
        "float64": [image / 255 for image in pair],
        "tensor": [unit(image) for image in pair],
        "tensor with a batch of one": [unit(image)[None] for image in pair],
        "uint8 tensor": [torch.from_numpy(image).permute(2, 0, 1) for image in pair],
    }
    forms["Path"] = [Path(path) for path in forms["path"]]
    scores = {form: scorer.score(*images) for form, images in forms.items()}
    assert scores == pytest.approx(dict.fromkeys(forms, scores["path"]), abs=2e-6)


def test_an_output_in_bfloat16_can_be_scored(untrained):
    flat = torch.full((1, 3, 16, 16), 0.5, dtype=torch.bfloat16)
    assert untrained("psnr").score(torch.zeros(3, 16, 16), flat) == pytest.approx(-20 * np.log10(0.5))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((20, 20), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
        np.zeros((3, 20, 20), np.float32),
        torch.zeros(2, 3, 20, 20),
        torch.zeros(20, 20),
    ],
    ids=lambda image: f"{type(image).__name__} {tuple(image.shape)}",
)
def test_what_is_not_rgb_is_refused(untrained, image):
    with pytest.raises(ImageError, match="is not RGB"):
        untrained("psnr").score(image, image)


@pytest.mark.parametrize(
    "image",
    [
        np.full((20, 20, 3), 200.0),  # 0..255 as floats
        np.full((20, 20, 3), -1.0),  # [-1, 1]
        np.full((20, 20, 3), 40_000, np.uint16),
        np.full((20, 20, 3), np.nan),
    ],
    ids=["0..255", "-1..1", "uint16", "nan"],
)
def test_samples_on_another_scale_are_refused(untrained, image):
    with pytest.raises(ImageError, match=r"samples run from .* give uint8, or floats clipped to \[0, 1\]"):
        untrained("psnr").score(image, image)


@every_model
def test_the_wrong_number_of_images_is_refused(spec, untrained, photo, batch):
    scorer, least = untrained(spec.name), spec.minimum
    wanted = "(reference, distorted)" if spec.full_reference else "one image"
    for count in {0, 1, 2, 3} - {1 + spec.full_reference}:
        for ask, image in ((scorer.score, photo(least, least)), (scorer, batch(least, least))):
            with pytest.raises(UsageError) as refused:
                ask(*count * [image])
            assert str(refused.value) == f"{spec.name} takes {wanted}, not {count} images"


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


def test_scoring_pairs_one_after_the_other_keeps_none_of_them(untrained, photo):
    scorer = untrained("iqt-c")
    for number in range(3):
        scorer.score(photo(48, 48, number), blurred(photo(48, 48, number)))
    assert scorer._executor.references.size == 0


def test_a_scorer_stays_frozen_and_in_eval_mode_inside_a_model_that_trains(untrained):
    scorer = untrained("triq")
    network = torch.nn.ModuleDict({"judge": scorer, "restorer": torch.nn.Conv2d(3, 3, 3)}).train()
    assert network["restorer"].training
    assert not any(module.training for module in scorer.modules())
    assert not any(parameter.requires_grad for parameter in scorer.parameters())
    assert scorer.train() is scorer


def test_equal_images_have_an_infinite_psnr(untrained, photo):
    assert untrained("psnr").score(photo(16, 16), photo(16, 16)) == float("inf")


def test_a_classical_model_is_loaded_with_its_configuration(photo):
    pixels = photo(48, 48)
    bordered = iqa_cli.load("psnr", config=ClassicConfig(luma="bt601", crop_border=4), device="cpu")
    whole = iqa_cli.load("psnr", config=ClassicConfig(luma="bt601"), device="cpu")
    inner = [image[4:-4, 4:-4] for image in (pixels, blurred(pixels))]
    assert bordered.score(pixels, blurred(pixels)) == pytest.approx(whole.score(*inner))
    assert bordered.higher_is_better


def test_a_trained_model_is_loaded_from_a_file_with_what_the_file_says(untrained, photo, tmp_path):
    from iqa_cli.registry import find_model

    torch.manual_seed(0)
    spec = find_model("iqt-c")
    model = spec.build().eval()
    save_weights(tmp_path / "w.safetensors", "iqt-c", spec.default_config(), model.state_dict())
    scorer = iqa_cli.load("iqt-c", weights=tmp_path / "w.safetensors", device="cpu", crops=2)
    pair = photo(64, 64), blurred(photo(64, 64))
    assert scorer.score(*pair) == pytest.approx(untrained("iqt-c").score(*pair), abs=1e-5)
    assert scorer.loaded.name == "w.safetensors"
    more = iqa_cli.load("iqt-c", weights=tmp_path / "w.safetensors", device="cpu", crops=None)
    with torch.no_grad():
        assert more(*(unit(image)[None] for image in pair)).shape == (1,)


@pytest.mark.parametrize(
    ("name", "options", "error", "complaint"),
    [
        ("ssmi", {}, UsageError, "did you mean 'ssim'"),
        ("psnr", {"precision": "fp16"}, UsageError, "precision 'fp16'"),
        ("psnr", {"device": "tpu"}, UsageError, "tpu"),
        ("psnr", {"crops": 0}, UsageError, "0 crops"),
        ("iqt", {"weights": "none.safetensors"}, WeightsError, "none.safetensors"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_line(name, options, error, complaint):
    with pytest.raises(error, match=complaint) as refused:
        iqa_cli.load(name, **options)
    assert "\n" not in str(refused.value)


def test_torch_is_not_imported_before_a_model_is_asked_for():
    code = "import sys, iqa_cli, iqa_cli.registry, iqa_cli.app; print('torch' in sys.modules, end=' '); "
    code += "load = iqa_cli.load; print(load.__module__)"
    root = Path(__file__).parents[1]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert ended.stdout == "False iqa_cli.scorer\n", ended.stderr


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="'iqa_cli' has no attribute 'laod'"):
        iqa_cli.laod  # noqa: B018
