"""Every form an image has in Python gives the same score, or is refused by name."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from imagery import blurred, png, unit
from PIL import Image

import iqa_cli
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.images import load_image
from iqa_cli.images.given import pixels_of


@pytest.mark.parametrize("name", ["ssim", "iqt-c", "triq"])
def test_a_path_bytes_arrays_and_tensors_give_the_same_score(name, untrained, photo, saved):
    scorer, pixels = untrained(name), photo(48, 64)
    pair = (pixels, blurred(pixels))[-1 - scorer.spec.full_reference :]
    forms = {
        "path": [saved(f"{number}.png", image) for number, image in enumerate(pair)],
        "Pillow": [Image.fromarray(image) for image in pair],
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


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((3, 20, 20), np.float32),
        torch.zeros(2, 3, 20, 20),
        torch.zeros(20, 20, 3),
        np.zeros((0, 20, 3), np.uint8),
    ],
    ids=lambda image: f"{type(image).__name__} {tuple(image.shape)}",
)
def test_what_is_no_image_is_refused(untrained, image):
    with pytest.raises(ImageError, match="is neither grey nor RGB nor RGBA: give H x W, H x W x 3 or") as refused:
        untrained("psnr").score(image, image)
    assert str(tuple(image.shape)) in str(refused.value)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_grey_is_taken_in_every_shape_as_its_file_would_be(photo, depth):
    grey = photo(24, 30)[..., 0]
    scaled = {np.uint8: grey, np.uint16: grey.astype(np.uint16) * 257, np.float32: grey / np.float32(255)}[depth]
    shown = pixels_of(Image.fromarray(grey))
    forms = [scaled, scaled[..., None]]
    if depth is not np.uint16:
        forms += [torch.from_numpy(scaled), torch.from_numpy(scaled)[None]]
    for form in forms:
        np.testing.assert_allclose(pixels_of(form), shown, atol=1e-6)
        assert pixels_of(form).flags["C_CONTIGUOUS"] and pixels_of(form).dtype == np.float32


def test_rgba_is_composited_over_white_as_its_file_would_be(photo):
    alpha = np.asarray(Image.linear_gradient("L").resize((30, 24)))
    pixels = np.dstack([photo(24, 30), alpha])
    shown = pixels_of(Image.fromarray(pixels))
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    for form in (pixels, pixels / 255, pixels.astype(np.uint16) * 257, tensor, tensor / 255):
        np.testing.assert_allclose(pixels_of(form), shown, atol=1e-6)


@pytest.mark.parametrize(
    "image",
    [
        np.full((20, 20, 3), 200.0),  # 0..255 as floats
        np.full((20, 20, 3), -1.0),  # [-1, 1]
        np.zeros((20, 20, 3), np.int64),
        np.full((20, 20, 3), np.nan),
    ],
    ids=["0..255", "-1..1", "int64", "nan"],
)
def test_samples_on_another_scale_are_refused(untrained, image):
    with pytest.raises(ImageError, match=r"samples run from .* give uint8, uint16, or floats clipped to \[0, 1\]"):
        untrained("psnr").score(image, image)


def test_an_output_in_bfloat16_can_be_scored(untrained):
    flat = torch.full((1, 3, 16, 16), 0.5, dtype=torch.bfloat16)
    assert untrained("psnr").score(torch.zeros(3, 16, 16), flat) == pytest.approx(-20 * np.log10(0.5))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_a_pillow_image_is_taken_as_its_file_would_be(photo, saved, mode):
    colour = Image.fromarray(photo(24, 30)).convert("L" if mode in ("1", "I;16") else "RGB")
    if mode in ("LA", "RGBA"):
        colour.putalpha(Image.linear_gradient("L").resize((30, 24)))
    image = colour.convert(mode) if mode != "I;16" else Image.fromarray(np.asarray(colour, np.uint16) * 257)
    path = saved("a.tif", np.zeros((1, 1, 3), np.uint8))
    image.save(path)
    assert np.allclose(pixels_of(image), load_image(path).pixels, atol=1.5 / 255)


def test_a_pillow_image_of_a_camera_is_turned_upright_whatever_else_its_metadata_hold(photo, tmp_path):
    orientation, unit_of_resolution = struct.pack("<HHII", 0x0112, 3, 1, 6), struct.pack("<HHII", 0x0128, 1, 1, 2)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + orientation + unit_of_resolution + bytes(4)  # a BYTE
    Image.fromarray(photo(24, 30)).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        assert pixels_of(image).shape == (30, 24, 3)
        assert np.array_equal(pixels_of(image), np.rot90(photo(24, 30).astype(np.float32) / 255, -1))


def test_a_pillow_image_whose_file_is_damaged_costs_one_line(photo, tmp_path):
    (tmp_path / "a.png").write_bytes(png(photo(64, 64))[:-2000])
    with Image.open(tmp_path / "a.png") as image, pytest.raises(ImageError, match="cannot be read") as refused:
        pixels_of(image)
    assert "\n" not in str(refused.value)


def test_a_tilde_is_the_home_folder(untrained, photo, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(png(photo(20, 20)))
    assert untrained("psnr").score("~/a.png", Path("~/a.png")) == float("inf")
    with pytest.raises(ImageError, match="no such file or folder; check the spelling"):
        untrained("psnr").score("~nobody here/a.png", "~/a.png")


def test_an_open_file_is_refused_with_what_to_give_instead(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"1\n2\n")
    with path.open("rb") as file, pytest.raises(UsageError, match=r"give a path, bytes.*its read\(\)"):
        iqa_cli.load("psnr").score(file, np.zeros((8, 8, 3)))
    with path.open("rb") as file, pytest.raises(UsageError, match="is no mask here"):
        iqa_cli.load("psnr").score(np.zeros((8, 8, 3)), np.zeros((8, 8, 3)), mask=file)


def test_arrays_that_differ_in_size_are_called_what_they_are():
    with pytest.raises(ImageError, match=r"^the distorted image is 8x8 but its reference is 9x8; "):
        iqa_cli.load("psnr").score(np.zeros((8, 9, 3)), np.zeros((8, 8, 3)))


def test_a_scorer_tells_its_model_weights_crops_and_device():
    assert repr(iqa_cli.load("psnr", device="cpu")) == "Scorer('psnr', device='cpu')"
    lite = repr(iqa_cli.load("iqt-lite", crops=3, device="cpu"))
    assert re.fullmatch(r"Scorer\('iqt-lite', weights='[\w.-]+', crops=3, device='cpu'\)", lite)


@pytest.mark.parametrize("form", ["path", "bytes", "Pillow"])
def test_a_mask_may_have_as_many_pixels_as_an_image_may(photo, saved, form):
    white = np.full((40, 40, 3), 255, np.uint8)
    mask = {"path": saved("mask.png", white), "bytes": png(white), "Pillow": Image.fromarray(white)}[form]
    pair = photo(40, 40), blurred(photo(40, 40))
    assert iqa_cli.load("psnr", max_pixels=1600, device="cpu").score(*pair, mask=mask) > 0
    with pytest.raises(ImageError, match=r"^mask .*over the limit of 1,599; raise it with max_pixels=1600"):
        iqa_cli.load("psnr", max_pixels=1599, device="cpu").score(*pair, mask=mask)
